import type { Cluster } from "../cluster/port.ts";
import { type CliError, type ErrorKind, isRefusal } from "../errors.ts";
import { includes, isOpen, type Scope } from "./scope.ts";

/** One namespace of one cluster: what every verb works on, one at a time. `context` is only there where a run is about several. */
export type Place = { readonly context: string | undefined; readonly namespace: string; readonly cluster: Cluster };

/** The namespaces of one cluster that a run is about, or why they cannot be told. Only their names are held. */
export type ClusterScope = {
  readonly context: string | undefined;
  readonly cluster: Cluster;
  readonly namespaces: readonly string[];
  /** Some of the cluster's namespaces, found by asking it. */
  readonly open: boolean;
  readonly error?: CliError;
};

export type ScopeTools = {
  /** The names of all contexts of the kubeconfig. */
  contexts(): Promise<readonly string[]>;
  cluster(context: string | undefined): Cluster;
  /** Whether the run writes: then `kube-*` is left out. */
  readonly writes: boolean;
};

/** Finds the namespaces of a scope, in all of its clusters at once. A cluster that cannot be asked does not stop the others. */
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

/** What keeps every request to a cluster from its answer. */
const noAnswer: ReadonlySet<ErrorKind> = new Set(["config", "unauthenticated", "unreachable", "timeout"]);

/** Finds out once that a cluster does not answer us, where nothing else has asked it: not in each of its namespaces. */
async function requireAnswer(cluster: Cluster): Promise<void> {
  try {
    await cluster.serverVersion();
  } catch (error) {
    // Who may not know the version may still be served
    if (!isRefusal(error) || noAnswer.has(error.kind)) throw error;
  }
}

async function clusterScopeOf(scope: Scope, context: string | undefined, tools: ScopeTools): Promise<ClusterScope> {
  const cluster = tools.cluster(context);
  const open = isOpen(scope);
  if (open) return { context, cluster, namespaces: await namesIn(cluster, scope, tools.writes), open };
  const names: readonly string[] =
    scope.namespaces === "current" ? [await cluster.namespace()] : (scope.namespaces as { names: readonly string[] }).names;
  return { context, cluster, namespaces: names.filter((name) => includes(scope, name, tools.writes)), open };
}

async function namesIn(cluster: Cluster, scope: Scope, writes: boolean): Promise<string[]> {
  const named = typeof scope.namespaces === "object" ? scope.namespaces.names : [];
  const names = new Set(named.filter((name) => includes(scope, name, writes)));
  for await (const page of cluster.pages("namespace", { labels: scope.selector, metadataOnly: true }))
    for (const { metadata } of page) {
      // One that is on its way out takes no more objects
      if (!metadata.deletionTimestamp && includes(scope, metadata.name, writes)) names.add(metadata.name);
    }
  return [...names];
}
