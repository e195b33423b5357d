import { type ClusterScope, clusterWideOrEach, type NamespaceScope } from "../scope/cluster-scopes.ts";
import { wideFrom } from "../scope/limits.ts";
import { byKey, capped, readByNamespace } from "../scope/pages-by-namespace.ts";
import { cutIn, cutsOf, type NamespaceState, objectNames, type ReadOptions, readNamespace, waiting } from "./namespace-state.ts";
import { filterOf, firstMissing, kindOf, picked, picksOf, type TargetObject, type TargetPick, uniqueObjects } from "./targets.ts";

/** Reads the state of one namespace. A second `read` sends the requests again. */
export type NamespaceReader = { readonly scope: NamespaceScope; read(): Promise<NamespaceState> };

/** Yields the readers of a run's namespaces, in their order. */
export async function* readersOf(clusterScope: ClusterScope, options: ReadOptions): AsyncGenerator<NamespaceReader> {
  if (clusterScope.open && clusterScope.namespaces.length >= wideFrom) {
    const sorted = { ...clusterScope, namespaces: byKey(clusterScope.namespaces) };
    yield* clusterWideOrEach(sorted, readersFromClusterLists(sorted, options), readersPerNamespace(sorted, options));
  } else yield* readersPerNamespace(clusterScope, options);
}

function* readersPerNamespace({ cluster, namespaces }: ClusterScope, options: ReadOptions): Generator<NamespaceReader> {
  for (const namespace of namespaces) {
    const scope = { namespace, cluster };
    yield { scope, read: () => readNamespace(scope, options) };
  }
}

/**
 * Reads each list of the cluster once, page by page. Requires the namespaces in the order of {@link byKey}. The first `read` of a reader
 * returns the prefetched state, unless it lacks a target. Later reads send requests.
 */
async function* readersFromClusterLists(clusterScope: ClusterScope, options: ReadOptions): AsyncGenerator<NamespaceReader> {
  const { cluster, namespaces } = clusterScope;
  const readState = stateFromClusterLists(clusterScope, options);
  for (const namespace of namespaces) {
    const scope = { namespace, cluster };
    const prefetched = await readState(scope);
    let first = isWhole(prefetched, options) ? prefetched : undefined;
    const read = async () => {
      const state = first;
      first = undefined;
      return state ?? readNamespace(scope, options);
    };
    yield { scope, read };
  }
}

function isWhole({ targets }: NamespaceState, options: ReadOptions): boolean {
  const { picks } = options.targets;
  const found = picks.map(({ kind }) => targets.filter((object) => kindOf(object) === kind));
  return firstMissing(picks, found, options) === undefined;
}

/** A schedule may list ServiceAccounts only by the names in its file. A list can select one name. */
const byName = (pick: TargetPick): readonly TargetPick[] =>
  pick.globs.length > 0 ? [pick] : pick.names.map((name) => ({ ...pick, names: [name] }));

function stateFromClusterLists({ cluster }: ClusterScope, options: ReadOptions): (scope: NamespaceScope) => Promise<NamespaceState> {
  const { secret, targets, pods } = options;
  const picks = picksOf(targets).flatMap(byName);
  const cuts = cutsOf(options);
  const secretsIn = readByNamespace(
    cluster.pages("secret", options.existing ? { metadataOnly: true } : { fields: `metadata.name=${secret}` }),
  );
  const targetsIn = picks.map((pick) =>
    readByNamespace<TargetObject>(capped(picked(pick, cluster.pages(pick.kind, filterOf(pick))), cuts?.targets)),
  );
  const podPages = () => cluster.pages("pod", { fields: pods === "waiting" ? waiting : undefined });
  const podsIn = pods === "none" ? async () => [] : readByNamespace(capped(podPages(), cuts?.pods));
  return async (scope) => {
    const { namespace } = scope;
    const [secrets, objects, all] = await Promise.all([
      secretsIn(namespace),
      Promise.all(targetsIn.map((listIn) => listIn(namespace))),
      podsIn(namespace),
    ]);
    const names = options.existing ? { secret: undefined, existing: objectNames(secrets) } : { secret: secrets[0], existing: undefined };
    return { scope, ...names, targets: uniqueObjects(objects.flat()), pods: all, cut: cutIn(cuts, namespace) };
  };
}
