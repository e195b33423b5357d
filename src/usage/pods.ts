import type { PodFacts } from "../check/facts.ts";
import { isPullPod } from "../check/pull-pod.ts";
import type { Ref } from "../kinds.ts";
import { retryWithin } from "../kubelet/back-off.ts";
import { readWaiting } from "../kubelet/message.ts";
import type { Metadata, Pod, ServiceAccount } from "../objects.ts";
import { lastWrittenAt } from "../secret/owners.ts";
import { containersOf, imagesFrom, type NamedImage } from "./images.ts";
import { sidecarsOf, statusesOf } from "./recreation.ts";
import { accountOf, controllerOf, namesIn, type OwnerRef } from "./references.ts";
import { isOver } from "./targets.ts";

/** A pod with an image of the registry. */
export type PullingPod = {
  readonly to: Ref<"pod">;
  readonly uid: string;
  readonly account: string;
  /** The repositories of its images in that registry. */
  readonly repositories: readonly string[];
  /** Its own imagePullSecrets: copied from the ServiceAccount by admission, or written by its author. */
  readonly names: readonly string[];
  /** The author wrote the list. It is not a copy of an earlier list of the ServiceAccount. */
  readonly own?: true;
  /** What the pod waits for. `nothing`: it has started. */
  readonly waits: "image" | "node" | "other" | "nothing";
  /** Its node has failed to pull. */
  readonly fails: boolean;
  /** The maximum number of seconds until the node retries; absent if it has not failed. */
  readonly retries?: number;
  /** The controller of the pod; absent for a pod without one, which nothing recreates. */
  readonly owner?: OwnerRef;
  /** The Deployment that owns the controller. */
  readonly above?: OwnerRef;
};

/** Controllers that recreate a deleted pod and count no failure (apps/v1, core/v1). A Job counts a failure, and may have ended. */
export const recreatingControllers: ReadonlySet<string> = new Set(["ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet"]);

/**
 * Returns what a pending pod waits for: its image, a node, or something else. If a container other than a sidecar runs, the pod waits for
 * something else.
 */
export function waitOf(pod: Pod): PullingPod["waits"] {
  const { initContainerStatuses: inits = [], containerStatuses: containers = [], conditions = [] } = pod.status ?? {};
  if (conditions.some(({ type, status }) => type === "PodScheduled" && status === "False")) return "node";
  const sidecars = sidecarsOf(pod);
  const workers = [...inits.filter(({ name }) => !sidecars.has(name)), ...containers];
  if (workers.some(({ state }) => state?.running !== undefined)) return "other";
  const reasons = reasonsOf(pod);
  return reasons.length === 0 || failsToPull(reasons) ? "image" : "other";
}

const reasonsOf = ({ status: { initContainerStatuses: inits = [], containerStatuses: containers = [] } = {} }: Pod): string[] =>
  [...inits, ...containers].flatMap(({ state }) => state?.waiting?.reason ?? []);

/** Whether a reason is a failed pull. A reason with several words is the kubelet's error for a pull secret that it can't read. */
const failsToPull = (reasons: readonly string[]): boolean =>
  reasons.some((reason) => reason === "ErrImagePull" || reason === "ImagePullBackOff" || reason.includes(" "));

/** Returns whether a pod's node has failed to pull, and the maximum number of seconds until it retries. */
function failure(pod: Pod, now: Date): Pick<PullingPod, "fails" | "retries"> {
  const { metadata, status = {} } = pod;
  if (!failsToPull(reasonsOf(pod))) return { fails: false };
  const since = new Date(status.startTime ?? metadata.creationTimestamp ?? now);
  return { fails: true, retries: retryWithin(since, now) / 1000 };
}

/**
 * Returns the pods that have not ended and have an image of one of these hosts, without those that a check has created.
 * @param accounts the ServiceAccounts that were read, by name
 */
export function pullingPods(
  hosts: readonly string[],
  pods: readonly Pod[],
  { now, accounts }: { readonly now: Date; readonly accounts: ReadonlyMap<string, ServiceAccount> },
): PullingPod[] {
  return pods
    .filter((pod) => !pod.metadata.deletionTimestamp && !isOver(pod) && !isPullPod(pod))
    .map((pod): PullingPod => {
      const { metadata, spec, status = {} } = pod;
      const { name, namespace = "", uid = "" } = metadata;
      const { above, ...owner } = podControllerOf(metadata) ?? {};
      return {
        to: { kind: "pod", namespace, name },
        uid,
        account: accountOf(spec),
        repositories: [...new Set(imagesFrom(hosts, [pod]).map(({ repository }) => repository))],
        names: namesIn(spec.imagePullSecrets),
        own: wasWritten(pod, accounts.get(accountOf(spec))) || undefined,
        waits: status.phase === "Pending" ? waitOf(pod) : "nothing",
        ...failure(pod, now),
        owner: "kind" in owner ? owner : undefined,
        above,
      };
    })
    .filter(({ repositories }) => repositories.length > 0);
}

/** The label by which a Deployment distinguishes the pods of its templates. */
const templateHash = "pod-template-hash";

/**
 * Returns the controller of a pod, from its metadata. `above`: the Deployment that owns it, if it is a ReplicaSet with the hash of a
 * template in its name (apps/v1).
 */
function podControllerOf(metadata: Metadata): (OwnerRef & { readonly above: OwnerRef | undefined }) | undefined {
  const owner = controllerOf(metadata);
  if (!owner) return undefined;
  const { kind, name } = owner;
  const hash = metadata.labels?.[templateHash];
  const isVersion = hash !== undefined && kind === "ReplicaSet" && name.endsWith(`-${hash}`);
  return { kind, name, above: isVersion ? { kind: "Deployment", name: name.slice(0, -hash.length - 1) } : undefined };
}

/** Returns the object with the template of a pod, from its metadata; the pod itself if it has no controller. */
export function topOf({ kind, metadata }: { readonly kind: string; readonly metadata: Metadata }): OwnerRef {
  const { above, ...owner } = podControllerOf(metadata) ?? { kind, name: metadata.name };
  return above ?? owner;
}

export const pullSecretNames = ({ spec }: Pick<Pod, "spec">): string[] => (spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);

export function podFacts(pod: Pod, { text, container, volume }: NamedImage, account: ServiceAccount | undefined): PodFacts {
  const status = statusesOf(pod).find(({ name }) => name === container);
  const failures = status?.state?.waiting ? readWaiting(status.state.waiting) : [];
  return {
    name: pod.metadata.name,
    container,
    node: pod.spec.nodeName,
    // A container that restarts keeps the id of its image, also while its node fails to pull it again
    pulled: volume === undefined ? (status?.imageID ?? "") !== "" && failures.length === 0 : isMounted(pod, volume),
    pulledAt: isPulledAtStart(pod, container) && status?.image === text ? status.state?.running?.startedAt : undefined,
    own: hasOwnList(pod, account),
    owner: podOwner(pod),
    failures,
    saidAt: failures.length > 0 ? lastWrittenAt(pod.metadata, ["status", "containerStatuses"]) : undefined,
  };
}

/**
 * Whether the kubelet pulls the image of a container before each start. Then the status of the container, which only the kubelet writes,
 * proves a pull. An Event proves none: anyone who may create Events can write each reporter and message.
 */
const isPulledAtStart = (pod: Pod, container: string | undefined): boolean =>
  containersOf(pod).some(({ name, imagePullPolicy }) => name === container && imagePullPolicy === "Always");

/** Whether a container with an image volume has started. The kubelet pulls the image first. */
function isMounted(pod: Pod, volume: string): boolean {
  const mounting = containersOf(pod).filter(({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === volume));
  return statusesOf(pod).some(({ name, state }) => !state?.waiting && state && mounting.some((container) => container.name === name));
}

/**
 * Whether a pod's author wrote its imagePullSecrets. Admission copies a ServiceAccount's list into a pod that has none, so an older pod has
 * an older list. Names that are not in the current list, or a list that has not changed since, show that the author wrote it.
 */
export function hasOwnList(pod: Pod, account: ServiceAccount | undefined): boolean {
  const names = pullSecretNames(pod);
  const listed = namesIn(account?.imagePullSecrets);
  if (names.length === 0 || String(names) === String(listed)) return false;
  const still = listed.filter((name) => names.includes(name));
  return isYounger(pod, account) || String(still) !== String(names);
}

/** Whether a pod's author certainly wrote its list: another list than its ServiceAccount had when the pod was created. */
const wasWritten = (pod: Pod, account: ServiceAccount | undefined): boolean =>
  account !== undefined && hasOwnList(pod, account) && isYounger(pod, account);

/** Whether a pod was created after its ServiceAccount's list was last written, if managedFields records that. */
function isYounger({ metadata: { creationTimestamp: created } }: Pod, account: ServiceAccount | undefined): boolean {
  const changed = account && lastWrittenAt(account.metadata, ["imagePullSecrets"]);
  return changed !== undefined && typeof created === "string" && created > changed;
}

export function podOwner({ metadata }: Pod): PodFacts["owner"] {
  const owner = podControllerOf(metadata);
  if (!owner) return undefined;
  const group = groupOf(metadata);
  // Other APIs have Jobs too (`batch.volcano.sh`). The plugin's `job` means only batch/v1
  const isOthers = owner.kind === "Job" && !["", "batch"].includes(group);
  const own = isOthers ? { kind: `job.${group}`, name: owner.name } : asWorkload(owner);
  const template = owner.above ? asWorkload(owner.above) : recreatingControllers.has(owner.kind) ? own : undefined;
  return { ...own, template };
}

function groupOf({ ownerReferences = [] }: Metadata): string {
  const { apiVersion = "" } = ownerReferences.find(({ controller }) => controller === true) ?? {};
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

export const asWorkload = ({ kind, name }: OwnerRef) => ({ kind: kind.toLowerCase(), name });
