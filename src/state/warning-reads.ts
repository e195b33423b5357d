import { type Cluster, listAll } from "../cluster/port.ts";
import { CliError, unlessRefused } from "../errors.ts";
import { lastingKinds, type Ref, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { Pod, Secret, ServiceAccount } from "../objects.ts";
import { accountOf, isChangeable, namesIn, type Target } from "../plan/references.ts";
import { together } from "../scope/concurrency.ts";
import { hasOwnList, topOf } from "./pods.ts";
import { secretsOf } from "./pull-secrets.ts";
import { accountsIn, specOf, type TargetObject, targetOf } from "./targets.ts";

/** A namespace of a cluster. */
type At = { readonly cluster: Cluster; readonly namespace: string };

/** The maximum number of objects that are read one by one. More ServiceAccounts are listed. More templates and names are not read. */
const most = 5;

/**
 * Reads the ServiceAccounts of the targets' templates, and the templates of pods that seem to have a list of their own. Makes no request
 * if all targets are ServiceAccounts and their pods have the same list. An object that cannot be read causes no warning.
 */
export async function readWarningObjects(
  at: At,
  secret: string,
  objects: readonly TargetObject[],
  pods: readonly Pod[],
): Promise<TargetObject[]> {
  const targets = objects.map((object) => targetOf(object)).filter(isChangeable);
  const [accounts, templates] = await together([
    accountsOf(at, accountsWanted(targets, objects)),
    templatesOf(at, templatesWanted(secret, objects, pods).slice(0, most)),
  ]);
  return [...accounts, ...templates];
}

/** Returns the ServiceAccounts that templates run as and that are not targets themselves. */
function accountsWanted(targets: readonly Target[], objects: readonly TargetObject[]): string[] {
  const read = new Set(objects.filter((object) => !specOf(object)).map(({ metadata }) => metadata.name));
  return [...new Set(targets.flatMap(({ account }) => account ?? []))].filter((name) => !read.has(name));
}

/**
 * Returns the templates of pods whose list is not their ServiceAccount's, nor an earlier version of it: only the template shows where the
 * list comes from.
 */
function templatesWanted(secret: string, objects: readonly TargetObject[], pods: readonly Pod[]): Ref<TargetKind>[] {
  const accounts = accountsIn(objects);
  const read = new Set(objects.map((object) => `${object.kind}/${object.metadata.name}`));
  const odd = pods.filter((pod) => {
    const account = accounts.get(accountOf(pod.spec));
    return account && hasOwnList(pod, account) && !namesIn(pod.spec.imagePullSecrets).includes(secret);
  });
  const owners = new Map(odd.map((pod) => topOf(pod)).map((owner) => [`${owner.kind}/${owner.name}`, owner]));
  return [...owners].flatMap(([key, { kind: called, name }]) => {
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

/** The Secret that an entry in a list refers to; undefined if it doesn't exist. */
export type NamedSecret = { readonly name: string; readonly secret: Secret | undefined };

/** Reads the Secrets that other entries in the targets' lists refer to. Skips a Secret that can't be read. */
export async function readOtherNames(
  { cluster, namespace }: At,
  secret: string,
  objects: readonly TargetObject[],
): Promise<readonly NamedSecret[]> {
  const secrets = secretsOf(cluster, namespace);
  const targets = objects.map((object) => targetOf(object)).filter((target) => isChangeable(target) && !target.names.includes(secret));
  const names = [...new Set(targets.flatMap(({ names }) => names.filter((name) => name !== "")))];
  const one = async (name: string): Promise<NamedSecret[]> => {
    try {
      return [{ name, secret: await secrets.get(name) }];
    } catch (error) {
      if (error instanceof CliError) return [];
      throw error;
    }
  };
  return (await Promise.all(names.slice(0, most).map(one))).flat();
}
