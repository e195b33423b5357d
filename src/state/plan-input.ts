import { kinds, nameOf, type Ref } from "../kinds.ts";
import { buildKeyring } from "../kubelet/keyring.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Pod, Secret, ServiceAccount } from "../objects.ts";
import type { DeleteFacts, Needing } from "../plan/delete.ts";
import { type Drift, driftOf } from "../plan/drift.ts";
import { keysOf } from "../plan/existing-secret.ts";
import type { PlanInput } from "../plan/namespace.ts";
import { accountOf, namesIn, readTarget } from "../plan/references.ts";
import { type Account, annotation, type Lister, type WarningInputs } from "../plan/target-warnings.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import type { Place } from "../scope/cluster-scopes.ts";
import { isOurs } from "../secret/entry.ts";
import { readExisting } from "./existing-secret.ts";
import { imagesFrom, imagesOf } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList, isYounger, namesOf, pullingPods, topOf } from "./pods.ts";
import { isOver, kindOf, specOf, type TargetObject, targetOf } from "./targets.ts";

/** A Secret, and the registry that it is for; `others` are more hosts whose images its pods may wait for. */
type Asked = {
  readonly name: string;
  readonly host: string;
  readonly others?: readonly string[];
  readonly fieldManager: string;
  readonly now: Date;
};

/** A place as a plan sees it, and the login in its Secret, which no plan sees. */
export function planInputOf(
  state: NamespaceState,
  { name, host, others = [], fieldManager, now }: Asked,
): { readonly facts: PlanInput; readonly login: Login | undefined } {
  const { secret, targets, pods } = state;
  const { context } = state.place;
  const read = secret && readExisting(secret, host, fieldManager);
  const hosts = [...(read ? keysOf(host, read.existing) : [host]), ...others];
  const warningInputs = warningInputsOf(state, hosts);
  const facts: PlanInput = {
    to: secretIn(state.place, name),
    existing: read?.existing,
    targets: targets.map((target) => ({ ...targetOf(target, context), drift: driftIn(target, fieldManager) })),
    pods: pullingPods(hosts, pods, { context, now, isAuthored: isAuthoredBy(warningInputs.listers) }),
    warningInputs,
  };
  return { facts, login: read?.login };
}

/** The Secret of a name in a place. */
export const secretIn = ({ context, namespace }: Place, name: string): Ref<"secret"> => ({
  kind: "secret",
  name,
  namespace,
  context,
});

function driftIn(object: TargetObject, fieldManager: string): Drift | undefined {
  const { carries, kind } = kinds[kindOf(object)];
  return driftOf({ kind, metadata: object.metadata }, { carries, fieldManager });
}

/** The input of warnings: every object that was read in a namespace, not the targets alone. @param hosts those of the registry */
export function warningInputsOf(state: NamespaceState, hosts: readonly string[]): WarningInputs {
  const objects = [...state.objects, ...state.warningObjects];
  const accounts = new Map(objects.flatMap((object) => (object.kind === "ServiceAccount" ? [[object.metadata.name, object]] : [])));
  return {
    accounts: [...accounts.values()].map(asAccount),
    listers: [...objects.flatMap((object) => listerOf(object, hosts)), ...state.pods.flatMap((pod) => authorOf(pod, hosts, accounts))],
  };
}

const asAccount = (account: ServiceAccount): Account => ({
  name: account.metadata.name,
  names: readTarget("serviceaccount", account).names,
  mountableOnly: saysTrue.has(account.metadata.annotations?.[annotation] ?? ""),
});

/** Go's strconv.ParseBool, by which admission reads the annotation. */
const saysTrue = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** A template with a list of its own; what another makes from its own template is told by that one. */
function listerOf(object: TargetObject, hosts: readonly string[]): Lister[] {
  const spec = specOf(object);
  const names = namesIn(spec?.imagePullSecrets);
  if (!spec || names.length === 0 || targetOf(object).maker || isGone(object) || imagesFrom(hosts, [{ spec }]).length === 0) return [];
  return [{ of: { kind: object.kind, name: object.metadata.name }, account: accountOf(spec), names }];
}

/** What a pod comes from that has another list than its ServiceAccount, although it was made since that was written. */
function authorOf(pod: Pod, hosts: readonly string[], accounts: ReadonlyMap<string, ServiceAccount>): Lister[] {
  const account = accounts.get(accountOf(pod.spec));
  if (!account || !hasOwnList(pod, account) || !isYounger(pod, account)) return [];
  if (isGone(pod) || imagesFrom(hosts, [pod]).length === 0) return [];
  return [{ of: topOf(pod), account: account.metadata.name, names: namesIn(pod.spec.imagePullSecrets) }];
}

/** Tells the pods whose list comes from one of these, and not from their ServiceAccount. */
export function isAuthoredBy(listers: readonly Lister[]): (pod: Pod) => boolean {
  const known = new Set(listers.map(({ of }) => nameOf(of)));
  return (pod) => known.has(nameOf(topOf(pod)));
}

const isGone = (object: TargetObject): boolean => object.metadata.deletionTimestamp !== undefined || isOver(object);

/** A place as a deletion sees it. @param name the Secret's */
export function deletionFacts({ secret, targets, pods, place }: NamespaceState, name: string, fieldManager: string): DeleteFacts {
  const { context } = place;
  return {
    to: secretIn(place, name),
    existing: secret && readExisting(secret, "", fieldManager).existing,
    ours: secret !== undefined && isOurs(secret),
    targets: targets.map((target) => targetOf(target, context)),
    needing: secret ? needingOf(secret, pods) : [],
  };
}

/**
 * Pods that have not ended, name a Secret, and have an image that it has a login for; any image, where nobody can tell what is in it.
 * @param pods those of its namespace
 */
function needingOf(secret: Secret, pods: readonly Pod[]): Needing[] {
  const serves = servedBy(secret);
  return pods
    .filter((pod) => !isOver(pod) && !pod.metadata.deletionTimestamp && namesOf(pod).includes(secret.metadata.name))
    .filter((pod) => serves === "any" || imagesOf(pod).some(serves))
    .map((pod) => ({ name: pod.metadata.name, from: topOf({ kind: pod.kind, metadata: pod.metadata }) }));
}

function servedBy(secret: Secret): "any" | ((image: ImageRef) => boolean) {
  const named = { ...secret, name: secret.metadata.name };
  const reading = readPullSecret(named);
  // One of ours without a login is on its way out, or waits for its first
  if (!("entries" in reading) || (reading.entries.length === 0 && !isOurs(secret))) return "any";
  const keyring = buildKeyring([named]);
  return (image) => keyring.lookup(image).length > 0;
}
