import type { Pod } from "../objects.ts";
import { readWait, type WaitingPod } from "../plan/restart.ts";
import { imagesFrom } from "./images.ts";

/** What a pod waits for. */
export function waitOf({ status = {} }: Pod): WaitingPod["waits"] {
  const states = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(({ state = {} }) => state);
  return readWait({
    reasons: states.flatMap(({ waiting }) => waiting?.reason ?? []),
    running: states.some(({ running }) => running !== undefined),
    unscheduled: (status.conditions ?? []).some(({ type, status: holds }) => type === "PodScheduled" && holds === "False"),
  });
}

/** Pods that have not started and have an image of this registry. */
export function waitingPods(host: string, pods: readonly Pod[], context: string | undefined): WaitingPod[] {
  return pods
    .filter(({ metadata, status }) => status?.phase === "Pending" && !metadata.deletionTimestamp)
    .map((pod): WaitingPod => {
      const { metadata, spec } = pod;
      const { name, namespace = "", uid = "", ownerReferences = [] } = metadata;
      return {
        to: { kind: "pod", namespace, name, ...(context !== undefined && { context }) },
        uid,
        account: spec.serviceAccountName ?? "default",
        repositories: [...new Set(imagesFrom(host, [pod]).map(({ repository }) => repository))],
        names: (spec.imagePullSecrets ?? []).flatMap((reference) => reference.name ?? []),
        waits: waitOf(pod),
        owner: ownerReferences.find(({ controller }) => controller === true)?.kind,
      };
    })
    .filter(({ repositories }) => repositories.length > 0);
}
