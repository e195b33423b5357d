import type { Container, Pod } from "../objects.ts";
import { failsToPull, readWait, type WaitingPod } from "../plan/restart.ts";
import { imagesFrom } from "./images.ts";

/** What a pod waits for. A sidecar runs beside the others, and does none of their work. */
export function waitOf({ spec, status = {} }: Pod): WaitingPod["waits"] {
  const inits = status.initContainerStatuses ?? [];
  const containers = status.containerStatuses ?? [];
  const sidecars = new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const workers = [...inits.filter(({ name }) => !sidecars.has(name)), ...containers];
  return readWait({
    reasons: reasonsOf(status),
    running: workers.some(({ state }) => state?.running !== undefined),
    unscheduled: (status.conditions ?? []).some(({ type, status: holds }) => type === "PodScheduled" && holds === "False"),
  });
}

const reasonsOf = ({ initContainerStatuses: inits = [], containerStatuses: containers = [] }: NonNullable<Pod["status"]>): string[] =>
  [...inits, ...containers].flatMap(({ state }) => state?.waiting?.reason ?? []);

/** An init container that runs as long as its pod does (core/v1 ContainerRestartPolicy). */
const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === "Always";

/** Pods that have not started and have an image of one of these registries. */
export function waitingPods(hosts: readonly string[], pods: readonly Pod[], context: string | undefined): WaitingPod[] {
  return pods
    .filter(({ metadata, status }) => status?.phase === "Pending" && !metadata.deletionTimestamp)
    .map((pod): WaitingPod => {
      const { metadata, spec } = pod;
      const { name, namespace = "", uid = "", ownerReferences = [] } = metadata;
      return {
        to: { kind: "pod", namespace, name, ...(context !== undefined && { context }) },
        uid,
        account: spec.serviceAccountName ?? "default",
        repositories: [...new Set(imagesFrom(hosts, [pod]).map(({ repository }) => repository))],
        names: (spec.imagePullSecrets ?? []).flatMap((reference) => reference.name ?? []),
        waits: waitOf(pod),
        fails: failsToPull(reasonsOf(pod.status ?? {})),
        owner: ownerReferences.find(({ controller }) => controller === true)?.kind,
      };
    })
    .filter(({ repositories }) => repositories.length > 0);
}
