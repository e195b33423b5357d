import type { Owner, PodFacts } from "../check/facts.ts";
import { readWaiting } from "../kubelet/message.ts";
import type { ContainerStatus, Metadata, Pod, ServiceAccount } from "../objects.ts";
import { readTarget } from "../plan/references.ts";
import type { Maker } from "../plan/refusal.ts";
import { makesAnew } from "../plan/restart.ts";
import { madeBy } from "./controller.ts";
import { timesOf } from "./note.ts";

/** The names in a pod's own imagePullSecrets. */
export const namesOf = ({ spec }: Pod): string[] => (spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);

/** A pod, as far as the image of one of its containers is concerned. */
export function podFacts(pod: Pod, container: string, account: ServiceAccount | undefined): PodFacts {
  const status = statusesOf(pod).find(({ name }) => name === container);
  return {
    name: pod.metadata.name,
    container,
    pulled: (status?.imageID ?? "") !== "",
    own: hasOwn(pod, account),
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
export function hasOwn(pod: Pod, account: ServiceAccount | undefined): boolean {
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
