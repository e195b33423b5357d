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
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { isOurs } from "../secret/entry.ts";
import { readExisting } from "./existing-secret.ts";
import { imagesFrom, imagesOf } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList, isYounger, pullingPods, pullSecretNames, topOf } from "./pods.ts";
import { accountsIn, isOver, kindOf, specOf, type TargetObject, targetOf } from "./targets.ts";

/** A Secret and its registry. `others`: more hosts whose images its pods may wait for. */
type Asked = {
  readonly name: string;
  readonly host: string;
  readonly others?: readonly string[];
  readonly fieldManager: string;
  readonly now: Date;
};

/** Returns the input of a plan for one namespace, and separately the login in its Secret, which no plan gets. */
export function planInputOf(
  state: NamespaceState,
  { name, host, others = [], fieldManager, now }: Asked,
): { readonly facts: PlanInput; readonly login: Login | undefined } {
  const { secret, targets, pods } = state;
  const { context } = state.scope;
  const read = secret && readExisting(secret, host, fieldManager);
  const hosts = [...(read ? keysOf(host, read.existing) : [host]), ...others];
  const warningInputs = warningInputsOf(state, hosts);
  const facts: PlanInput = {
    to: secretIn(state.scope, name),
    existing: read?.existing,
    targets: targets.map((target) => ({ ...targetOf(target, context), drift: driftIn(target, fieldManager) })),
    pods: pullingPods(hosts, pods, { context, now, isAuthored: isAuthoredBy(warningInputs.listers) }),
    warningInputs,
  };
  return { facts, login: read?.login };
}

/** Returns the reference of a Secret in a namespace. */
export const secretIn = ({ context, namespace }: NamespaceScope, name: string): Ref<"secret"> => ({
  kind: "secret",
  name,
  namespace,
  context,
});

function driftIn(object: TargetObject, fieldManager: string): Drift | undefined {
  const { carries, kind } = kinds[kindOf(object)];
  return driftOf({ kind, metadata: object.metadata }, { carries, fieldManager });
}

/**
 * Returns the input of warnings from every object that was read in a namespace, including those that are not targets.
 * @param hosts the hosts of the registry
 */
export function warningInputsOf(state: NamespaceState, hosts: readonly string[]): WarningInputs {
  const objects = [...state.objects, ...state.warningObjects];
  const accounts = accountsIn(objects);
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

/** The values that Go's strconv.ParseBool reads as true. Admission reads the annotation with it. */
const saysTrue = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** Returns a template that has its own list. For an object that another object creates from a template, only that template is reported. */
function listerOf(object: TargetObject, hosts: readonly string[]): Lister[] {
  const spec = specOf(object);
  const names = namesIn(spec?.imagePullSecrets);
  if (!spec || names.length === 0 || targetOf(object).owner || hasEnded(object) || imagesFrom(hosts, [{ spec }]).length === 0) return [];
  return [{ of: { kind: object.kind, name: object.metadata.name }, account: accountOf(spec), names }];
}

/**
 * Returns the owner of a pod whose list differs from its ServiceAccount's, although the pod was created after the ServiceAccount's list was
 * last changed.
 */
function authorOf(pod: Pod, hosts: readonly string[], accounts: ReadonlyMap<string, ServiceAccount>): Lister[] {
  const account = accounts.get(accountOf(pod.spec));
  if (!account || !hasOwnList(pod, account) || !isYounger(pod, account)) return [];
  if (hasEnded(pod) || imagesFrom(hosts, [pod]).length === 0) return [];
  return [{ of: topOf(pod), account: account.metadata.name, names: namesIn(pod.spec.imagePullSecrets) }];
}

/** Returns a predicate for pods whose list comes from one of these templates and not from the ServiceAccount. */
export function isAuthoredBy(listers: readonly Lister[]): (pod: Pod) => boolean {
  const known = new Set(listers.map(({ of }) => nameOf(of)));
  return (pod) => known.has(nameOf(topOf(pod)));
}

const hasEnded = (object: TargetObject): boolean => object.metadata.deletionTimestamp !== undefined || isOver(object);

/** Returns the input for planning a deletion in one namespace. @param name the name of the Secret */
export function deletionFacts({ secret, targets, pods, scope }: NamespaceState, name: string, fieldManager: string): DeleteFacts {
  const { context } = scope;
  return {
    to: secretIn(scope, name),
    existing: secret && readExisting(secret, "", fieldManager).existing,
    ours: secret !== undefined && isOurs(secret),
    targets: targets.map((target) => targetOf(target, context)),
    needing: secret ? needingOf(secret, pods) : [],
  };
}

/**
 * Returns the pods that have not ended, name a Secret, and have an image that it has a login for. If the Secret can't be read, any image
 * counts.
 * @param pods the pods of its namespace
 */
function needingOf(secret: Secret, pods: readonly Pod[]): Needing[] {
  const serves = servedBy(secret);
  return pods
    .filter((pod) => !isOver(pod) && !pod.metadata.deletionTimestamp && pullSecretNames(pod).includes(secret.metadata.name))
    .filter((pod) => serves === "any" || imagesOf(pod).some(serves))
    .map((pod) => ({ name: pod.metadata.name, from: topOf({ kind: pod.kind, metadata: pod.metadata }) }));
}

function servedBy(secret: Secret): "any" | ((image: ImageRef) => boolean) {
  const named = { ...secret, name: secret.metadata.name };
  const reading = readPullSecret(named);
  // A Secret of this plugin without a login is being deleted, or waits for its first login
  if (!("entries" in reading) || (reading.entries.length === 0 && !isOurs(secret))) return "any";
  const keyring = buildKeyring([named]);
  return (image) => keyring.lookup(image).length > 0;
}
