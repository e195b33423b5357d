import type { Owner, PodFacts } from "../check/facts.ts";
import { retryWithin } from "../kubelet/back-off.ts";
import { readWaiting } from "../kubelet/message.ts";
import type { Container, ContainerStatus, Metadata, Pod, ServiceAccount } from "../objects.ts";
import { accountOf, controllerOf, type Maker, namesIn, readTarget } from "../plan/references.ts";
import { makesAnew, type PullingPod } from "../plan/restart.ts";
import { imagesFrom } from "./images.ts";
import { timesOf } from "./note.ts";
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
        to: { kind: "pod", namespace, name, context },
        uid,
        account: accountOf(spec),
        repositories: [...new Set(imagesFrom(hosts, [pod]).map(({ repository }) => repository))],
        names: namesIn(spec.imagePullSecrets),
        own: isAuthored(pod) || undefined,
        waits: status.phase === "Pending" ? waitOf(pod) : "nothing",
        ...failure(pod, now),
        maker: "kind" in maker ? maker : undefined,
        above,
      };
    })
    .filter(({ repositories }) => repositories.length > 0);
}

/** What made a pod, and above that a Deployment, whose ReplicaSets have the hash of a template in their names (apps/v1). */
export type Controller = Maker & { readonly above?: Maker };

/** The label by which a Deployment tells the pods of its templates apart. */
const templateHash = "pod-template-hash";

/** What made a pod, as its metadata tells. */
function madeBy(metadata: Metadata): Controller | undefined {
  const maker = controllerOf(metadata);
  if (!maker) return undefined;
  const { kind, name } = maker;
  const hash = metadata.labels?.[templateHash];
  const isVersion = hash !== undefined && kind === "ReplicaSet" && name.endsWith(`-${hash}`);
  return { kind, name, ...(isVersion && { above: { kind: "Deployment", name: name.slice(0, -hash.length - 1) } }) };
}

/** What has the template that a pod comes from, as its metadata tells; the pod itself where nothing made it. */
export function topOf({ kind, metadata }: { readonly kind: string; readonly metadata: Metadata }): Maker {
  const { above, ...maker } = madeBy(metadata) ?? { kind, name: metadata.name };
  return above ?? maker;
}

/** The names in a pod's own imagePullSecrets. */
export const namesOf = ({ spec }: Pod): string[] => (spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);

/** A pod, as far as the image of one of its containers is concerned. */
export function podFacts(pod: Pod, container: string, account: ServiceAccount | undefined): PodFacts {
  const status = statusesOf(pod).find(({ name }) => name === container);
  return {
    name: pod.metadata.name,
    container,
    pulled: (status?.imageID ?? "") !== "",
    own: hasOwnList(pod, account),
    owner: ownerOf(pod),
    says: status?.state?.waiting ? readWaiting(status.state.waiting) : [],
  };
}

function statusesOf({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
}

/**
 * Whether a pod's author wrote its imagePullSecrets. Admission copies a ServiceAccount's list into a pod that has none; an older pod
 * has what the list was then, so names that are gone from it, or a list that has not changed since, tell of an author.
 */
export function hasOwnList(pod: Pod, account: ServiceAccount | undefined): boolean {
  const names = namesOf(pod);
  const listed = account ? readTarget("serviceaccount", account).names : [];
  if (names.length === 0 || String(names) === String(listed)) return false;
  const still = listed.filter((name) => names.includes(name));
  return isYounger(pod, account) || String(still) !== String(names);
}

/** Whether a pod was made after its ServiceAccount's list was written last, as far as that is recorded. */
export function isYounger({ metadata: { creationTimestamp: made } }: Pod, account: ServiceAccount | undefined): boolean {
  const changed = timesOf(account?.metadata.managedFields, "f:imagePullSecrets").at(-1);
  return changed !== undefined && typeof made === "string" && made > changed;
}

function ownerOf({ metadata }: Pod): Owner | undefined {
  const maker = madeBy(metadata);
  if (!maker) return undefined;
  const group = groupOf(metadata);
  // Others make Jobs too (`batch.volcano.sh`), which no command here means by that word
  const isOthers = maker.kind === "Job" && !["", "batch"].includes(group);
  const own = { ...asWorkload(maker), ...(isOthers && { kind: `job.${group}` }) };
  const remakes = makesAnew.has(maker.kind);
  return { ...own, remakes, template: maker.above ? asWorkload(maker.above) : remakes ? own : undefined };
}

/** The API group of a pod's controller. */
function groupOf({ ownerReferences = [] }: Metadata): string {
  const { apiVersion = "" } = ownerReferences.find(({ controller }) => controller === true) ?? {};
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

const asWorkload = ({ kind, name }: Maker) => ({ kind: kind.toLowerCase(), name });

/** What {@link readWait} looks at, of core/v1 PodStatus. */
export type PodWait = {
  readonly reasons: readonly string[];
  /** Of a container that is no sidecar. */
  readonly running: boolean;
  /** The condition PodScheduled is False. */
  readonly unscheduled: boolean;
};

/**
 * What a pod that has not started waits for: its image, a node, or something else. No container of it runs, but for sidecars.
 * A reason of several words is the kubelet's error for a pull secret that it cannot read.
 */
export function readWait({ reasons, running, unscheduled }: PodWait): PullingPod["waits"] {
  if (unscheduled) return "node";
  if (running) return "other";
  return reasons.length === 0 || failsToPull(reasons) ? "image" : "other";
}

/** Whether one of the reasons for which containers wait is a pull that failed. */
const failsToPull = (reasons: readonly string[]): boolean =>
  reasons.some((reason) => reason === "ErrImagePull" || reason === "ImagePullBackOff" || reason.includes(" "));
