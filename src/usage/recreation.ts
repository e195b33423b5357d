import { isRecreatable, kinds, type TargetKind } from "../kinds.ts";
import type { ContainerStatus, KubeObjects, Pod } from "../objects.ts";

/** The obstacles to recreating an object whose list can't be changed. */
export type Recreation = {
  /** Why it is never recreated, regardless of the flags: `is being deleted`. */
  readonly never?: string;
  /** What ends or is lost, so that --force is required: `is running and would be stopped`. */
  readonly loses?: string;
};

/** Returns the obstacles to recreating a target; undefined if its list can be changed. Only a pod is recreated. */
export function readRecreation(kind: TargetKind, object: KubeObjects[TargetKind]): Recreation | undefined {
  if (kinds[kind].pullSecretList.takesEffect !== "recreate") return undefined;
  if (object.metadata.deletionTimestamp) return { never: "is being deleted" };
  return isRecreatable(kind) ? podObstacles(object as Pod) : {};
}

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
  if (status.phase === "Succeeded" || status.phase === "Failed") return { never: "has ended and would run again" };
  const sidecars = sidecarsOf(pod);
  if (statusesOf(pod).some((one) => isRunning(one) && !sidecars.has(one.name))) return { loses: "is running and would be stopped" };
  if (!statusesOf(pod).some((one) => isRunning(one) || hasRun(one))) return {};
  const volatile = (spec.volumes ?? []).filter(({ emptyDir, ephemeral }) => emptyDir ?? ephemeral).map(({ name }) => name);
  if (volatile.length === 0) return (status.containerStatuses ?? []).some(hasRun) ? { loses: "has run and would lose its logs" } : {};
  return { loses: `has started and would lose the data in its volume${volatile.length === 1 ? "" : "s"} ${volatile.join(", ")}` };
}

/** Returns the names of a pod's sidecars: init containers that run as long as the pod (core/v1 ContainerRestartPolicy). */
export const sidecarsOf = ({ spec }: Pod): ReadonlySet<string> =>
  new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));
