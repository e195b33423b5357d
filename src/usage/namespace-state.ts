import { listAll } from "../kube/port.ts";
import type { KubeObject, Pod, Secret } from "../objects.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { awaitAll } from "../scope/concurrency.ts";
import { listCapped } from "../scope/pages-by-namespace.ts";
import { type ChoiceOptions, chosenTargets, type TargetObject } from "./targets.ts";

export type ReadOptions = ChoiceOptions & {
  readonly pods: "none" | "waiting" | "all";
  /** Whether the names of all Secrets are read instead of one Secret. */
  readonly existing?: boolean;
};

/** The objects that were read in one namespace for a command on one Secret. */
export type NamespaceState = {
  readonly scope: NamespaceScope;
  readonly secret: Secret | undefined;
  readonly targets: readonly TargetObject[];
  readonly pods: readonly Pod[];
  /** The names of all Secrets. */
  readonly existing?: ReadonlySet<string> | undefined;
  /** The lists that have more objects. */
  readonly cut: readonly ("targets" | "pods")[];
};

type Cuts = { readonly targets: Set<string>; readonly pods: Set<string> };

/** For each list of a capped read, the namespaces in which it has more objects. */
export const cutsOf = ({ isCapped }: ReadOptions): Cuts | undefined => (isCapped ? { targets: new Set(), pods: new Set() } : undefined);

export const cutIn = (cuts: Cuts | undefined, namespace: string): NamespaceState["cut"] =>
  (["targets", "pods"] as const).filter((list) => cuts?.[list].has(namespace));

/** Pods that have not started. */
export const waiting = "status.phase=Pending";

/**
 * Reads the Secret, the targets and the pods of one namespace concurrently.
 * @throws CliError notFound for a named target that doesn't exist
 */
export async function readNamespace(scope: NamespaceScope, options: ReadOptions): Promise<NamespaceState> {
  const { cluster, namespace } = scope;
  const { secret, pods } = options;
  const cuts = cutsOf(options);
  const own = options.existing ? undefined : cluster.get({ kind: "secret", name: secret, namespace });
  const [found, targets, all, secrets] = await awaitAll([
    own,
    chosenTargets(scope, options, cuts?.targets),
    pods === "none" ? [] : listCapped(cluster.pages("pod", { namespace, fields: pods === "waiting" ? waiting : undefined }), cuts?.pods),
    options.existing ? listAll(cluster, "secret", { namespace, metadataOnly: true }) : undefined,
  ]);
  return {
    scope,
    secret: found,
    targets,
    pods: all,
    existing: secrets && objectNames(secrets),
    cut: cutIn(cuts, namespace),
  };
}

export const objectNames = (objects: readonly KubeObject[]): ReadonlySet<string> => new Set(objects.map(({ metadata }) => metadata.name));
