import { type CliError, isForbidden } from "../errors.ts";
import { kinds } from "../kinds.ts";
import type { ClusterScope, Place } from "../scope/cluster-scopes.ts";
import { byKey, inStep } from "../scope/pages-by-namespace.ts";
import { type NamespaceState, namesOf, type ReadOptions, readNamespace, waiting } from "./namespace-state.ts";
import { among, firstMissing, kindOf, once, picksOf, type TargetObject, type TargetPick } from "./targets.ts";

/** Reads the state of one namespace. A second `read` asks the cluster again. */
export type NamespaceReader = { readonly place: Place; read(): Promise<NamespaceState> };

/** From this many namespaces on, lists of the whole cluster are read in step instead of asking in each. */
const many = 16;

/** The readers of the namespaces of a run, in the order of the clusters and of their namespaces. */
export async function* readersOf(clusterScopes: readonly ClusterScope[], options: ReadOptions): AsyncGenerator<NamespaceReader> {
  for (const clusterScope of clusterScopes) {
    if (clusterScope.error) yield lost(clusterScope, clusterScope.error);
    else if (clusterScope.open && clusterScope.namespaces.length >= many) yield* joined(clusterScope, options);
    else yield* apart(clusterScope, options);
  }
}

function lost({ context, cluster }: ClusterScope, error: CliError): NamespaceReader {
  return { place: { context, namespace: "", cluster }, read: () => Promise.reject(error) };
}

function* apart({ context, cluster, namespaces }: ClusterScope, options: ReadOptions): Generator<NamespaceReader> {
  for (const namespace of namespaces) {
    const place = { context, namespace, cluster };
    yield { place, read: () => readNamespace(place, options) };
  }
}

/** Reads each list once, page by page. Where the whole cluster may not be listed, each namespace is asked. */
async function* joined(clusterScope: ClusterScope, options: ReadOptions): AsyncGenerator<NamespaceReader> {
  const { context, cluster, namespaces } = clusterScope;
  const read = stepReader(clusterScope, options);
  for (const [index, namespace] of byKey(namespaces).entries()) {
    const place = { context, namespace, cluster };
    try {
      yield reader(await read(place), options);
    } catch (error) {
      if (index > 0 || !isForbidden(error)) throw error;
      return yield* apart({ ...clusterScope, namespaces: byKey(namespaces) }, options);
    }
  }
}

function stepReader({ cluster }: ClusterScope, options: ReadOptions): (place: Place) => Promise<NamespaceState> {
  const { secret, targets, pods } = options;
  const secrets = inStep(cluster.pages("secret", options.existing ? { metadataOnly: true } : { fields: `metadata.name=${secret}` }));
  const chosen = picksOf(targets).map((pick) => pickInStep(cluster, pick));
  const podsOf = pods === "none" ? async () => [] : inStep(cluster.pages("pod", { fields: pods === "waiting" ? waiting : undefined }));
  // In many namespaces the Secrets that other names in lists refer to are not read, since each needs a request
  const accountsOf = options.warns && hasTemplates(picksOf(targets)) ? inStep(cluster.pages("serviceaccount")) : undefined;
  return async (place) => {
    const { namespace } = place;
    const [found, objects, all, accounts] = await Promise.all([
      secrets(namespace),
      Promise.all(chosen.map((of) => of(place))),
      podsOf(namespace),
      accountsOf?.(namespace),
    ]);
    const read = once(objects.flat());
    const [secret, existing] = options.existing ? [undefined, namesOf(found)] : [found[0], undefined];
    return { place, secret, targets: read, objects: read, pods: all, warningObjects: accounts ?? [], existing };
  };
}

/** Whether ServiceAccounts count that are not chosen themselves. */
const hasTemplates = (picks: readonly TargetPick[]): boolean =>
  picks.some(({ kind }) => "podSpec" in kinds[kind]) && !picks.some(isEveryAccount);

const isEveryAccount = ({ kind, globs, selector }: TargetPick): boolean =>
  !("podSpec" in kinds[kind]) && globs.includes("*") && selector === undefined;

function pickInStep(cluster: ClusterScope["cluster"], pick: TargetPick): (place: Place) => Promise<readonly TargetObject[]> {
  const { kind, names, globs, selector } = pick;
  const [only, ...others] = names;
  const fields = globs.length === 0 && others.length === 0 ? `metadata.name=${only}` : undefined;
  const listed = inStep<TargetObject>(cluster.pages(kind, { labels: selector, fields }));
  return async (place) => among(pick, await listed(place.namespace));
}

/** What was read in step is looked at once; whoever needs it again asks anew, and so does who misses something in it. */
function reader(state: NamespaceState, options: ReadOptions): NamespaceReader {
  const { place } = state;
  let first = isWhole(state, options) ? state : undefined;
  return {
    place,
    read: async () => {
      const seen = first;
      first = undefined;
      return seen ?? readNamespace(place, options);
    },
  };
}

function isWhole({ targets }: NamespaceState, options: ReadOptions): boolean {
  const { picks } = options.targets;
  const found = picks.map(({ kind }) => targets.filter((object) => kindOf(object) === kind));
  return firstMissing(picks, found, options) === undefined;
}
