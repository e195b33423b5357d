import { type Cluster, listAll } from "../cluster/port.ts";
import { unlessRefused } from "../errors.ts";
import { lastingKinds, type Ref, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { Pod, ServiceAccount } from "../objects.ts";
import { accountOf, isChangeable, namesIn, type Target } from "../plan/references.ts";
import { together } from "../scope/concurrency.ts";
import { hasOwnList, topOf } from "./pods.ts";
import { secretsOf } from "./pull-secrets.ts";
import { specOf, type TargetObject, targetOf } from "./targets.ts";

/** What is read for warnings alone, beside what a command is about. */
export type Beside = {
  /** ServiceAccounts that templates among the targets run as. */
  readonly accounts: readonly ServiceAccount[];
  /** What pods come from that seem to have a list of their own. */
  readonly templates: readonly TargetObject[];
};

/** The namespace of a cluster. */
type At = { readonly cluster: Cluster; readonly namespace: string };

/** Objects that are asked for one by one; more ServiceAccounts are a list, more templates are not looked at. */
const most = 5;

/** What was read of a place. */
type Read = { readonly targets: readonly TargetObject[]; readonly pods: readonly Pod[] };

/**
 * Reads what warnings need. Nothing is asked where ServiceAccounts alone are named, and their pods have the same list; what cannot be
 * read is not warned of.
 */
export async function besideOf(at: At, secret: string, { targets: objects, pods }: Read): Promise<Beside> {
  const targets = objects.map((object) => targetOf(object)).filter(isChangeable);
  const [accounts, templates] = await together([
    accountsOf(at, accountsWanted(targets, objects)),
    templatesOf(at, templatesWanted(secret, objects, pods).slice(0, most)),
  ]);
  return { accounts, templates };
}

/** ServiceAccounts that templates run as, and that are no targets themselves. */
function accountsWanted(targets: readonly Target[], objects: readonly TargetObject[]): string[] {
  const read = new Set(objects.filter((object) => !specOf(object)).map(({ metadata }) => metadata.name));
  return [...new Set(targets.flatMap(({ account }) => account ?? []))].filter((name) => !read.has(name));
}

/** What pods come from that do not have the list of their ServiceAccount, or what that was once: only the template itself tells. */
function templatesWanted(secret: string, objects: readonly TargetObject[], pods: readonly Pod[]): Ref<TargetKind>[] {
  const accounts = new Map(objects.flatMap((object) => (object.kind === "ServiceAccount" ? [[object.metadata.name, object]] : [])));
  const read = new Set(objects.map((object) => `${object.kind}/${object.metadata.name}`));
  const odd = pods.filter((pod) => {
    const account = accounts.get(accountOf(pod.spec));
    return account && hasOwnList(pod, account) && !namesIn(pod.spec.imagePullSecrets).includes(secret);
  });
  const makers = new Map(odd.map((pod) => topOf(pod)).map((maker) => [`${maker.kind}/${maker.name}`, maker]));
  return [...makers].flatMap(([key, { kind: called, name }]) => {
    const kind = targetKindCalled(called);
    return kind && !read.has(key) && lastingKinds.includes(kind) ? [{ kind, name }] : [];
  });
}

async function templatesOf({ cluster, namespace }: At, wanted: readonly Ref<TargetKind>[]): Promise<TargetObject[]> {
  const found = await together(
    wanted.map(({ kind, name }) => cluster.get({ kind, name, namespace }).catch(unlessRefused<TargetObject | undefined>(undefined))),
  );
  return found.flatMap((object) => object ?? []);
}

async function accountsOf({ cluster, namespace }: At, names: readonly string[]): Promise<ServiceAccount[]> {
  if (names.length > most) {
    const all = await listAll(cluster, "serviceaccount", { namespace }).catch(unlessRefused<ServiceAccount[]>([]));
    return all.filter(({ metadata }) => names.includes(metadata.name));
  }
  const one = (name: string) => cluster.get({ kind: "serviceaccount", namespace, name }).catch(unlessRefused(undefined));
  return (await together(names.map(one))).flatMap((account) => account ?? []);
}

/** The names that lead to no Secret at this moment; the empty one never leads to any. */
export async function leadNowhere({ cluster, namespace }: At, names: readonly string[]): Promise<string[]> {
  const secrets = secretsOf(cluster, namespace);
  const found = await together(names.map((name) => secrets.get(name)));
  return names.filter((_, index) => found[index] === undefined);
}
