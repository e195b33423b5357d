import type { CliError } from "../errors.ts";
import { kinds } from "../kinds.ts";
import { type ClusterScope, type NamespaceScope, wholeOrEach } from "../scope/cluster-scopes.ts";
import { byKey, inStep } from "../scope/pages-by-namespace.ts";
import { type NamespaceState, objectNames, type ReadOptions, readNamespace, waiting } from "./namespace-state.ts";
import { among, firstMissing, kindOf, picksOf, type TargetObject, type TargetPick, unique } from "./targets.ts";

/** Reads the state of one namespace. A second `read` sends the requests again. */
export type NamespaceReader = { readonly scope: NamespaceScope; read(): Promise<NamespaceState> };

/** The smallest number of namespaces for which cluster-wide lists are read page by page. */
const many = 16;

/** Yields the readers of a run's namespaces, in the order of the clusters and of their namespaces. */
export async function* readersOf(clusterScopes: readonly ClusterScope[], options: ReadOptions): AsyncGenerator<NamespaceReader> {
  for (const clusterScope of clusterScopes) {
    if (clusterScope.error) yield failingReader(clusterScope, clusterScope.error);
    else if (clusterScope.open && clusterScope.namespaces.length >= many) {
      const sorted = { ...clusterScope, namespaces: byKey(clusterScope.namespaces) };
      yield* wholeOrEach(sorted, readersInStep(sorted, options), readersPerNamespace(sorted, options));
    } else yield* readersPerNamespace(clusterScope, options);
  }
}

function failingReader({ context, cluster }: ClusterScope, error: CliError): NamespaceReader {
  return { scope: { context, namespace: "", cluster }, read: () => Promise.reject(error) };
}

function* readersPerNamespace({ context, cluster, namespaces }: ClusterScope, options: ReadOptions): Generator<NamespaceReader> {
  for (const namespace of namespaces) {
    const scope = { context, namespace, cluster };
    yield { scope, read: () => readNamespace(scope, options) };
  }
}

/** Reads each list of the cluster once, page by page. Requires the namespaces in the order of {@link byKey}. */
async function* readersInStep(clusterScope: ClusterScope, options: ReadOptions): AsyncGenerator<NamespaceReader> {
  const { context, cluster, namespaces } = clusterScope;
  const read = stateInStep(clusterScope, options);
  for (const namespace of namespaces) yield reader(await read({ context, namespace, cluster }), options);
}

function stateInStep({ cluster }: ClusterScope, options: ReadOptions): (scope: NamespaceScope) => Promise<NamespaceState> {
  const { secret, targets, pods } = options;
  const secrets = inStep(cluster.pages("secret", options.existing ? { metadataOnly: true } : { fields: `metadata.name=${secret}` }));
  const chosen = picksOf(targets).map((pick) => pickInStep(cluster, pick));
  const podsOf = pods === "none" ? async () => [] : inStep(cluster.pages("pod", { fields: pods === "waiting" ? waiting : undefined }));
  const accountsOf = options.warns && hasTemplates(picksOf(targets)) ? inStep(cluster.pages("serviceaccount")) : undefined;
  return async (scope) => {
    const { namespace } = scope;
    const [found, objects, all, accounts] = await Promise.all([
      secrets(namespace),
      Promise.all(chosen.map((of) => of(scope))),
      podsOf(namespace),
      accountsOf?.(namespace),
    ]);
    const read = unique(objects.flat());
    const [secret, existing] = options.existing ? [undefined, objectNames(found)] : [found[0], undefined];
    return { scope, secret, targets: read, objects: [...read, ...(accounts ?? [])], pods: all, existing, inStep: true };
  };
}

/** Whether the picks select templates and not all ServiceAccounts. */
const hasTemplates = (picks: readonly TargetPick[]): boolean =>
  picks.some(({ kind }) => "podSpec" in kinds[kind]) && !picks.some(isEveryAccount);

const isEveryAccount = ({ kind, globs, selector }: TargetPick): boolean =>
  !("podSpec" in kinds[kind]) && globs.includes("*") && selector === undefined;

function pickInStep(cluster: ClusterScope["cluster"], pick: TargetPick): (scope: NamespaceScope) => Promise<readonly TargetObject[]> {
  const { kind, names, globs, selector } = pick;
  const [only, ...others] = names;
  const fields = globs.length === 0 && others.length === 0 ? `metadata.name=${only}` : undefined;
  const listed = inStep<TargetObject>(cluster.pages(kind, { labels: selector, fields }));
  return async (scope) => among(pick, await listed(scope.namespace));
}

/** Returns a reader whose first `read` returns the prefetched state, unless it lacks a target. Later reads send requests. */
function reader(state: NamespaceState, options: ReadOptions): NamespaceReader {
  const { scope } = state;
  let first = isWhole(state, options) ? state : undefined;
  return {
    scope,
    read: async () => {
      const seen = first;
      first = undefined;
      return seen ?? readNamespace(scope, options);
    },
  };
}

function isWhole({ targets }: NamespaceState, options: ReadOptions): boolean {
  const { picks } = options.targets;
  const found = picks.map(({ kind }) => targets.filter((object) => kindOf(object) === kind));
  return firstMissing(picks, found, options) === undefined;
}
