import type { RecreatableKind, Ref, TargetKind } from "../kinds.ts";
import type { ContainerStatus, Job, KubeObjects, Pod } from "../objects.ts";

/** What it would take to make an object anew whose list cannot be changed. */
export type Recreation = {
  /** Why it is not done, however it is asked: `has begun its work`. */
  readonly never?: string;
  /** What would end or be lost, so that it has to be said: `runs`. */
  readonly loses?: string;
};

type Row<K extends RecreatableKind> = {
  /** What speaks against it, by the object alone. */
  hinders(object: KubeObjects[K]): Recreation;
  /** The labels of the pods that it has made. */
  selects(object: KubeObjects[K]): string | undefined;
  /** The characters that a name may have. */
  readonly longest: number;
};

/** Every kind of object that has to be made anew. */
const rows: { readonly [K in RecreatableKind]: Row<K> } = {
  pod: {
    hinders: podHinders,
    selects: () => undefined,
    longest: 253,
  },
  "job.batch": {
    hinders: jobHinders,
    selects: ({ spec: { selector } }) =>
      Object.entries(selector?.matchLabels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    // The name is a label of its pods
    longest: 63,
  },
};

/** Whether something has to be made anew for its list to change. */
const isRecreatable = (to: Ref): to is Ref<RecreatableKind> => to.kind in rows;

/** What a target would take to be made anew; undefined for one whose list can be changed. */
export function readRecreation(kind: TargetKind, object: KubeObjects[TargetKind]): Recreation | undefined {
  const { name, deletionTimestamp } = object.metadata;
  const to: Ref = { kind, name };
  if (!isRecreatable(to)) return undefined;
  if (deletionTimestamp) return { never: "is being deleted" };
  return (rows[to.kind] as Row<RecreatableKind>).hinders(object as never);
}

/** The labels by which the pods are found that an object has made, as a selector; undefined for a pod itself. */
export const podsOf = <K extends RecreatableKind>(kind: K, object: KubeObjects[K]): string | undefined =>
  (rows[kind] as unknown as Row<K>).selects(object);

export const longestName = (kind: RecreatableKind): number => rows[kind].longest;

/** Whether a container of a pod has ever begun: it runs, or it has come to an end. */
export const hasBegun = ({ status = {} }: Pod): boolean =>
  status.phase === "Succeeded" || status.phase === "Failed" || statusesOf(status).some((one) => runs(one) || ran(one));

const statusesOf = (status: NonNullable<Pod["status"]>) => [
  ...(status.initContainerStatuses ?? []),
  ...(status.containerStatuses ?? []),
  ...(status.ephemeralContainerStatuses ?? []),
];

const runs = ({ state }: ContainerStatus): boolean => state?.running !== undefined;
const ran = ({ state, lastState, restartCount = 0 }: ContainerStatus): boolean =>
  state?.terminated !== undefined || lastState?.terminated !== undefined || restartCount > 0;

/** Where no container has ever begun there is nothing to lose. What an init container leaves is in the volumes alone. */
function podHinders(pod: Pod): Recreation {
  const { spec, status = {} } = pod;
  if (status.phase === "Succeeded" || status.phase === "Failed") return { never: ended };
  if (works(pod)) return { loses: "runs, and would be ended" };
  if (!hasBegun(pod)) return {};
  const volatile = (spec.volumes ?? []).filter(({ emptyDir, ephemeral }) => emptyDir ?? ephemeral).map(({ name }) => name);
  if (volatile.length === 0) return (status.containerStatuses ?? []).some(ran) ? { loses: "has run, and would lose its logs" } : {};
  return { loses: `has begun, and would lose what is in its volume${volatile.length === 1 ? "" : "s"} ${volatile.join(", ")}` };
}

const ended = "has come to its end, and would do its work again";

/** Whether a container runs; a sidecar runs beside the others, and does none of their work. */
function works({ spec, status = {} }: Pod): boolean {
  const sidecars = new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));
  return statusesOf(status).some((one) => runs(one) && !sidecars.has(one.name));
}

/** A Job counts what its pods have done. */
function jobHinders({ status = {} }: Job): Recreation {
  const { ready = 0, succeeded = 0, failed = 0, terminating = 0, conditions = [] } = status;
  const isOver = conditions.some(({ type, status: holds }) => (type === "Complete" || type === "Failed") && holds === "True");
  if (isOver) return { never: ended };
  return ready + succeeded + failed + terminating > 0 ? { never: begunWork } : {};
}

/** Why a Job is never made anew whose pods have done something. */
export const begunWork = "has begun its work, which would begin again";
