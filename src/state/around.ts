import { nameOf } from "../kinds.ts";
import type { Pod, ServiceAccount } from "../objects.ts";
import { accountOf, namesIn, readTarget } from "../plan/references.ts";
import { type Account, type Around, annotation, type Lister } from "../plan/target-warnings.ts";
import { imagesFrom } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList, isYounger, topOf } from "./pods.ts";
import { isOver, specOf, type TargetObject, targetOf } from "./targets.ts";

/** What warnings look at: all that was read of a place, also where it is no target. @param hosts those of the registry */
export function aroundOf(state: NamespaceState, hosts: readonly string[]): Around {
  const objects = [...(state.also ?? state.targets), ...(state.beside?.templates ?? [])];
  const accounts = accountsIn(state);
  return {
    accounts: [...accounts.values()].map(asAccount),
    listers: [...objects.flatMap((object) => listerOf(object, hosts)), ...state.pods.flatMap((pod) => authorOf(pod, hosts, accounts))],
  };
}

/** The ServiceAccounts that were read, by name. */
function accountsIn({ targets, also = targets, beside }: NamespaceState): ReadonlyMap<string, ServiceAccount> {
  const read = also.filter((object) => object.kind === "ServiceAccount");
  return new Map([...read, ...(beside?.accounts ?? [])].map((account) => [account.metadata.name, account]));
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
export function comesFrom(listers: readonly Lister[]): (pod: Pod) => boolean {
  const known = new Set(listers.map(({ of }) => nameOf(of)));
  return (pod) => known.has(nameOf(topOf(pod)));
}

const isGone = (object: TargetObject): boolean => object.metadata.deletionTimestamp !== undefined || isOver(object);
