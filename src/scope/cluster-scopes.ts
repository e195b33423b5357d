import type { Cluster } from "../cluster/port.ts";
import { CliError, type ErrorKind, isForbidden, isRefusal } from "../errors.ts";
import { includes, isOpen, type Scope } from "./scope.ts";

/** One namespace of one cluster. Every verb processes namespaces one by one. `context` is set only if a run selects contexts. */
export type NamespaceScope = { readonly context: string | undefined; readonly namespace: string; readonly cluster: Cluster };

/** The namespaces of one cluster that a run selects, or the reason why they can't be determined. Contains only their names. */
export type ClusterScope = {
  readonly context: string | undefined;
  readonly cluster: Cluster;
  readonly namespaces: readonly string[];
  /** The namespaces were discovered by listing (-A, a pattern or a selector), not named. */
  readonly open: boolean;
  readonly error?: CliError;
};

/**
 * Yields the items of a cluster-wide list if the namespaces were discovered by listing, and otherwise those of each namespace. Also reads
 * each namespace if the cluster-wide list is forbidden, unless it has already yielded items.
 */
export async function* clusterWideOrEach<T>(
  { open }: ClusterScope,
  whole: AsyncIterable<T>,
  each: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<T> {
  if (!open) return yield* each;
  let isPartial = false;
  try {
    for await (const item of whole) {
      isPartial = true;
      yield item;
    }
  } catch (error) {
    if (isPartial || !isForbidden(error)) throw error;
    yield* each;
  }
}

/** Yields what `read` yields for each cluster. A cluster that can't be read yields one other item, and doesn't stop the others. */
export async function* eachCluster<T, E>(
  clusterScopes: readonly ClusterScope[],
  read: (clusterScope: ClusterScope) => AsyncIterable<T> | Iterable<T>,
  unreadable: (clusterScope: ClusterScope, error: CliError) => E,
): AsyncGenerator<T | E> {
  for (const clusterScope of clusterScopes) {
    try {
      if (clusterScope.error) throw clusterScope.error;
      yield* read(clusterScope);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      yield unreadable(clusterScope, error);
    }
  }
}

/** Whether a scope selects no namespace, and no cluster failed. */
export const selectsNone = (clusterScopes: readonly ClusterScope[]): boolean =>
  clusterScopes.every(({ namespaces, error }) => namespaces.length === 0 && !error);

export const noneMatches = () => new CliError("notFound", "no namespace matches", { hint: { kubectl: "get namespaces", args: [] } });

type ScopeTools = {
  /** Returns the names of all contexts of the kubeconfig. */
  contexts(): Promise<readonly string[]>;
  cluster(context: string | undefined): Cluster;
  /** Whether the run writes. Runs that write skip `kube-*`. */
  readonly writes: boolean;
};

/** Finds the namespaces of a scope in all its clusters concurrently. A cluster that can't be read does not stop the others. */
export async function clusterScopesOf(scope: Scope, tools: ScopeTools): Promise<ClusterScope[]> {
  const contexts = scope.contexts === "all" ? await tools.contexts() : scope.contexts;
  if (contexts === "current") return [await clusterScopeOf(scope, undefined, tools)];
  return Promise.all(
    contexts.map(async (context): Promise<ClusterScope> => {
      try {
        const clusterScope = await clusterScopeOf(scope, context, tools);
        if (contexts.length > 1 && !clusterScope.open) await requireAnswer(clusterScope.cluster);
        return clusterScope;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { context, cluster: tools.cluster(context), namespaces: [], open: false, error };
      }
    }),
  );
}

/** Errors that occur for every request to a cluster. */
const noAnswer: ReadonlySet<ErrorKind> = new Set(["config", "unauthenticated", "unreachable", "timeout"]);

/** Checks once per cluster that it responds, if no list request has shown that yet. Otherwise every namespace would report the error. */
async function requireAnswer(cluster: Cluster): Promise<void> {
  try {
    await cluster.serverVersion();
  } catch (error) {
    // Other requests may succeed even if reading the version is forbidden
    if (!isRefusal(error) || noAnswer.has(error.kind)) throw error;
  }
}

async function clusterScopeOf(scope: Scope, context: string | undefined, tools: ScopeTools): Promise<ClusterScope> {
  const cluster = tools.cluster(context);
  const open = isOpen(scope);
  const isIncluded = (name: string) => includes(scope, name, tools.writes);
  const names = new Set((await namedIn(scope, cluster)).filter(isIncluded));
  const pages = open ? cluster.pages("namespace", { labels: scope.selector, metadataOnly: true }) : [];
  for await (const page of pages)
    for (const { metadata } of page) {
      // A namespace that is being deleted accepts no new objects
      if (!metadata.deletionTimestamp && isIncluded(metadata.name)) names.add(metadata.name);
    }
  return { context, cluster, namespaces: [...names], open };
}

async function namedIn({ namespaces }: Scope, cluster: Cluster): Promise<readonly string[]> {
  if (namespaces === "all") return [];
  return namespaces === "current" ? [await cluster.namespace()] : namespaces.names;
}
