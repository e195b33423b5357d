import { retryWithin } from "../kubelet/back-off.ts";
import type { Container, Pod } from "../objects.ts";
import { accountOf, namesIn } from "../plan/references.ts";
import { failsToPull, type PullingPod, readWait } from "../plan/restart.ts";
import { madeBy } from "./controller.ts";
import { imagesFrom } from "./images.ts";
import { isOver } from "./targets.ts";

/** What a pod waits for. A sidecar runs beside the others, and does none of their work. */
export function waitOf({ spec, status = {} }: Pod): PullingPod["waits"] {
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

/** Whether a pod's node has failed to pull, and when it tries again at the latest. */
function failure({ metadata, status = {} }: Pod, now: Date): Pick<PullingPod, "fails" | "retries"> {
  if (!failsToPull(reasonsOf(status))) return { fails: false };
  const since = new Date(status.startTime ?? metadata.creationTimestamp ?? now);
  return { fails: true, retries: retryWithin(since, now) / 1000 };
}

/** Where and when pods are looked at, and which of them have a list of their own. */
type Where = { readonly context: string | undefined; readonly now: Date; isAuthored(pod: Pod): boolean };

/** Pods that have not ended and have an image of one of these registries. */
export function pullingPods(hosts: readonly string[], pods: readonly Pod[], { context, now, isAuthored }: Where): PullingPod[] {
  return pods
    .filter((pod) => !pod.metadata.deletionTimestamp && !isOver(pod))
    .map((pod): PullingPod => {
      const { metadata, spec, status = {} } = pod;
      const { name, namespace = "", uid = "" } = metadata;
      const { above, ...maker } = madeBy(metadata) ?? {};
      return {
        to: { kind: "pod", namespace, name, ...(context !== undefined && { context }) },
        uid,
        account: accountOf(spec),
        repositories: [...new Set(imagesFrom(hosts, [pod]).map(({ repository }) => repository))],
        names: namesIn(spec.imagePullSecrets),
        ...(isAuthored(pod) && { own: true }),
        waits: status.phase === "Pending" ? waitOf(pod) : "nothing",
        ...failure(pod, now),
        ...("kind" in maker && { maker }),
        ...(above && { above }),
      };
    })
    .filter(({ repositories }) => repositories.length > 0);
}
