import { listAll } from "../cluster/port.ts";
import { unlessRefused } from "../errors.ts";
import { keyOf, lastingKinds, type Ref, type TargetKind, targetKindOf } from "../kinds.ts";
import type { KubeObject, Pod, Secret, ServiceAccount } from "../objects.ts";
import { accountOf, isChangeable, namesIn } from "../plan/references.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { awaitAll } from "../scope/concurrency.ts";
import { hasOwnList, topOf } from "./pods.ts";
import { accountsIn, type ChoiceOptions, chosenTargets, type TargetObject, targetOf } from "./targets.ts";

/** What a command reads in a namespace. */
export type ReadOptions = ChoiceOptions & {
  readonly pods: "none" | "waiting" | "all";
  /** Whether objects for warnings are read too. */
  readonly warns?: boolean;
  /** Whether the names of all Secrets are read instead of one Secret. */
  readonly existing?: boolean;
};

/** The objects that were read in one namespace for a command on one Secret. */
export type NamespaceState = {
  readonly scope: NamespaceScope;
  readonly secret: Secret | undefined;
  readonly targets: readonly TargetObject[];
  /** Every target that was read, and ServiceAccounts and templates that were read only for warnings. */
  readonly objects: readonly TargetObject[];
  readonly pods: readonly Pod[];
  /** Many namespaces were read together, so warnings that need requests in each namespace are omitted. */
  readonly fromClusterLists?: true;
  /** The names of all Secrets. */
  readonly existing?: ReadonlySet<string> | undefined;
};

/** Pods that have not started. */
export const waiting = "status.phase=Pending";

/**
 * Reads the Secret, the targets and the pods of one namespace concurrently.
 * @throws CliError notFound for a named target that doesn't exist
 */
export async function readNamespace(scope: NamespaceScope, options: ReadOptions): Promise<NamespaceState> {
  const { cluster, namespace } = scope;
  const { secret, pods } = options;
  const own = options.existing ? undefined : cluster.get({ kind: "secret", name: secret, namespace });
  const [found, targets, all, secrets] = await awaitAll([
    own,
    chosenTargets(scope, options),
    pods === "none" ? [] : listAll(cluster, "pod", { namespace, fields: pods === "waiting" ? waiting : undefined }),
    options.existing ? listAll(cluster, "secret", { namespace, metadataOnly: true }) : undefined,
  ]);
  return {
    scope,
    secret: found,
    targets,
    objects: [...targets, ...(options.warns ? await readWarningObjects(scope, secret, targets, all) : [])],
    pods: all,
    existing: secrets && objectNames(secrets),
  };
}

/** The maximum number of objects that are read one by one for warnings. More ServiceAccounts are listed. More templates are not read. */
const maxReads = 5;

/**
 * Reads the ServiceAccounts of the targets' templates, and the templates of pods that seem to have a list of their own. Makes no request
 * if all targets are ServiceAccounts and their pods have the same list. An object that cannot be read causes no warning.
 */
async function readWarningObjects(
  scope: NamespaceScope,
  secret: string,
  targets: readonly TargetObject[],
  pods: readonly Pod[],
): Promise<TargetObject[]> {
  const [accounts, templates] = await awaitAll([
    readAccounts(scope, accountsWanted(targets)),
    readTemplates(scope, templatesWanted(secret, targets, pods).slice(0, maxReads)),
  ]);
  return [...accounts, ...templates];
}

/** Returns the ServiceAccounts that templates run as and that are not targets themselves. */
function accountsWanted(objects: readonly TargetObject[]): string[] {
  const read = accountsIn(objects);
  const targets = objects.map((object) => targetOf(object)).filter(isChangeable);
  return [...new Set(targets.flatMap(({ account }) => account ?? []))].filter((name) => !read.has(name));
}

/**
 * Returns the templates of pods whose list is not their ServiceAccount's, nor an earlier version of it. Only the template shows where the
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
    const kind = targetKindOf(called);
    return kind && !read.has(key) && lastingKinds.includes(kind) ? [{ kind, name }] : [];
  });
}

async function readTemplates({ cluster, namespace }: NamespaceScope, wanted: readonly Ref<TargetKind>[]): Promise<TargetObject[]> {
  const found = await awaitAll(
    wanted.map(({ kind, name }) => cluster.get({ kind, name, namespace }).catch(unlessRefused<TargetObject | undefined>(undefined))),
  );
  return found.filter((object) => object !== undefined);
}

async function readAccounts({ cluster, namespace }: NamespaceScope, names: readonly string[]): Promise<ServiceAccount[]> {
  if (names.length > maxReads) {
    const all = await listAll(cluster, "serviceaccount", { namespace }).catch(unlessRefused<ServiceAccount[]>([]));
    return all.filter(({ metadata }) => names.includes(metadata.name));
  }
  const one = (name: string) => cluster.get({ kind: "serviceaccount", namespace, name }).catch(unlessRefused(undefined));
  return (await awaitAll(names.map(one))).filter((account) => account !== undefined);
}

export const objectNames = (objects: readonly KubeObject[]): ReadonlySet<string> => new Set(objects.map(({ metadata }) => metadata.name));

/** The objects that were read, by the key of their reference. */
export type ObjectsByKey = ReadonlyMap<string, KubeObject>;

/** Indexes Secrets and targets of one namespace by the key of the reference in a change. */
export const objectsByKey = (objects: readonly (KubeObject | undefined)[], context: string | undefined): ObjectsByKey =>
  new Map(
    objects.flatMap((object) => {
      if (!object) return [];
      const { name, namespace } = object.metadata;
      return [[keyOf({ kind: targetKindOf(object.kind) ?? "secret", name, namespace, context }), object]];
    }),
  );
