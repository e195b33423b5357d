import type { RecreatableKind, TargetKind } from "../kinds.ts";
import type { ContainerStatus, Job, KubeObjects, Pod } from "../objects.ts";

/** The obstacles to recreating an object whose list can't be changed. */
export type Recreation = {
  /** Why it is never recreated, regardless of the flags: `is being deleted`. */
  readonly never?: string;
  /** What ends or is lost, so that --force is required: `is running and would be stopped`. */
  readonly loses?: string;
};

type Row<K extends RecreatableKind> = {
  /** Returns the obstacles, judged from the object alone. */
  obstacles(object: KubeObjects[K]): Recreation;
  /** Returns a selector for the pods that the object created. */
  selects(object: KubeObjects[K]): string | undefined;
  /** The maximum length of a name. */
  readonly longest: number;
};

/** Every kind of object that must be recreated to change its list. */
const rows: { readonly [K in RecreatableKind]: Row<K> } = {
  pod: {
    obstacles: podObstacles,
    selects: () => undefined,
    longest: 253,
  },
  "job.batch": {
    obstacles: jobObstacles,
    selects: ({ spec: { selector } }) =>
      Object.entries(selector?.matchLabels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    // The name is a label value of its pods
    longest: 63,
  },
};

/** Returns the obstacles to recreating a target; undefined if its list can be changed. */
export function readRecreation(kind: TargetKind, object: KubeObjects[TargetKind]): Recreation | undefined {
  if (!(kind in rows)) return undefined;
  if (object.metadata.deletionTimestamp) return { never: "is being deleted" };
  return (rows[kind as RecreatableKind] as Row<RecreatableKind>).obstacles(object as never);
}

/** Returns a label selector for the pods that an object created; undefined for a pod itself. */
export const podsOf = <K extends RecreatableKind>(kind: K, object: KubeObjects[K]): string | undefined =>
  (rows[kind] as unknown as Row<K>).selects(object);

export const longestName = (kind: RecreatableKind): number => rows[kind].longest;

/** Whether a container of a pod has ever started: it is running or has ended. */
export const hasStarted = (pod: Pod): boolean =>
  pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || statusesOf(pod).some((one) => isRunning(one) || hasRun(one));

/** Returns the statuses of all containers of a pod. */
export const statusesOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
  ...(status?.ephemeralContainerStatuses ?? []),
];

const isRunning = ({ state }: ContainerStatus): boolean => state?.running !== undefined;
const hasRun = ({ state, lastState, restartCount = 0 }: ContainerStatus): boolean =>
  state?.terminated !== undefined || lastState?.terminated !== undefined || restartCount > 0;

/**
 * Returns the obstacles to recreating a pod. If no container has ever started, nothing is lost. Init containers leave data only in volumes.
 */
function podObstacles(pod: Pod): Recreation {
  const { spec, status = {} } = pod;
  if (status.phase === "Succeeded" || status.phase === "Failed") return { never: endedReason };
  if (works(pod)) return { loses: "is running and would be stopped" };
  if (!hasStarted(pod)) return {};
  const volatile = (spec.volumes ?? []).filter(({ emptyDir, ephemeral }) => emptyDir ?? ephemeral).map(({ name }) => name);
  if (volatile.length === 0) return (status.containerStatuses ?? []).some(hasRun) ? { loses: "has run and would lose its logs" } : {};
  return { loses: `has started and would lose the data in its volume${volatile.length === 1 ? "" : "s"} ${volatile.join(", ")}` };
}

const endedReason = "has ended and would run again";

/** Returns the names of a pod's sidecars: init containers that run as long as the pod (core/v1 ContainerRestartPolicy). */
export const sidecarsOf = ({ spec }: Pod): ReadonlySet<string> =>
  new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));

/** Whether a container other than a sidecar is running. */
function works(pod: Pod): boolean {
  const sidecars = sidecarsOf(pod);
  return statusesOf(pod).some((one) => isRunning(one) && !sidecars.has(one.name));
}

/** Returns the obstacles to recreating a Job, from its counts of pods. */
function jobObstacles({ status = {} }: Job): Recreation {
  const { ready = 0, succeeded = 0, failed = 0, terminating = 0, conditions = [] } = status;
  const isOver = conditions.some(({ type, status: holds }) => (type === "Complete" || type === "Failed") && holds === "True");
  if (isOver) return { never: endedReason };
  return ready + succeeded + failed + terminating > 0 ? { never: jobStarted } : {};
}

/** Why a Job is never recreated after one of its pods has started. */
export const jobStarted = "has started and would run again";
