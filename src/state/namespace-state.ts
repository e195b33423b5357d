import { listAll } from "../cluster/port.ts";
import { keyOf, kinds, type Ref } from "../kinds.ts";
import type { KubeObject, Pod, Secret } from "../objects.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { together } from "../scope/concurrency.ts";
import { type ChoiceOptions, chosenTargets, type TargetObject } from "./targets.ts";
import { type NamedSecret, readOtherNames, readWarningObjects } from "./warning-reads.ts";

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
  /** Every object that was read for the targets. After a choice, `targets` contains only some of them. */
  readonly objects: readonly TargetObject[];
  readonly pods: readonly Pod[];
  /** ServiceAccounts and templates that were read only for warnings. */
  readonly warningObjects: readonly TargetObject[];
  /** The Secrets that other entries in the targets' lists refer to, only for warnings. Pending while a plan is created and executed. */
  readonly otherNames?: Promise<readonly NamedSecret[]> | undefined;
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
  const reading = chosenTargets(scope, options);
  // Runs concurrently with the other reads. An error is reported by the warning that awaits the result
  const otherNames = options.warns ? reading.then((objects) => readOtherNames(scope, secret, objects)) : undefined;
  otherNames?.catch(() => undefined);
  const [found, targets, all, secrets] = await together([
    own,
    reading,
    pods === "none" ? [] : listAll(cluster, "pod", { namespace, fields: pods === "waiting" ? waiting : undefined }),
    options.existing ? listAll(cluster, "secret", { namespace, metadataOnly: true }) : undefined,
  ]);
  return {
    scope,
    secret: found,
    targets,
    objects: targets,
    pods: all,
    warningObjects: options.warns ? await readWarningObjects(scope, secret, targets, all) : [],
    otherNames,
    existing: secrets && objectNames(secrets),
  };
}

/** Returns the names of objects. */
export const objectNames = (objects: readonly KubeObject[]): ReadonlySet<string> => new Set(objects.map(({ metadata }) => metadata.name));

/** The objects that were read, by the key of their reference. */
export type Seen = ReadonlyMap<string, KubeObject>;

/** Indexes the objects of one namespace by the key of the reference in a change. */
export function remember(objects: readonly (KubeObject | undefined)[], context: string | undefined): Seen {
  const kindNames = Object.keys(kinds) as Ref["kind"][];
  const kindOf = (object: KubeObject) => kindNames.find((kind) => "kind" in kinds[kind] && kinds[kind].kind === object.kind) ?? "secret";
  const key = (object: KubeObject) =>
    keyOf({ kind: kindOf(object), name: object.metadata.name, namespace: object.metadata.namespace, context });
  return new Map(objects.flatMap((object) => (object ? [[key(object), object] as const] : [])));
}
