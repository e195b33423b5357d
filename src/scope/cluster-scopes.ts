import type { Trace } from "../env.ts";
import { CliError, isForbidden, isRefusal } from "../errors.ts";
import { kubectl } from "../hint.ts";
import type { Cluster } from "../kube/port.ts";
import { includes, isOpen, type Scope } from "./scope.ts";

/** One namespace. Every verb processes namespaces one by one. */
export type NamespaceScope = { readonly namespace: string; readonly cluster: Cluster };

/** The names of the namespaces that a run selects. */
export type ClusterScope = {
  readonly cluster: Cluster;
  readonly namespaces: readonly string[];
  /** The namespaces were discovered by listing (-A, a pattern or a selector), not named. */
  readonly open: boolean;
  readonly trace: Trace;
};

/**
 * Yields the items of a cluster-wide list if the namespaces were discovered by listing, and otherwise those of each namespace. Also reads
 * each namespace if the cluster-wide list is forbidden, unless it has already yielded items.
 */
export async function* clusterWideOrEach<T>(
  { open, trace }: Pick<ClusterScope, "open" | "trace">,
  whole: AsyncIterable<T>,
  each: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<T> {
  if (!open) return yield* each;
  trace(6, () => "Reading lists of all namespaces");
  let isPartial = false;
  try {
    for await (const item of whole) {
      isPartial = true;
      yield item;
    }
  } catch (error) {
    if (isPartial || !isForbidden(error)) throw error;
    trace(6, () => `Reading each namespace: ${error.message}`);
    yield* each;
  }
}

/** Yields items, and another item at the end if the cluster can't be read any more. */
export async function* untilUnreadable<T, E>(items: AsyncIterable<T>, unreadable: (error: CliError) => E): AsyncGenerator<T | E> {
  try {
    yield* items;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    yield unreadable(error);
  }
}

export const noneMatches = () =>
  new CliError("notFound", "no namespace matches", { hint: { ...kubectl("get namespaces"), namespace: "" } });

type ScopeTools = {
  cluster(): Cluster;
  readonly trace: Trace;
  /** Whether the run writes. Runs that write skip `kube-*`. */
  readonly writes: boolean;
};

/** Finds the namespaces of a scope. */
export async function clusterScopeOf(scope: Scope, tools: ScopeTools): Promise<ClusterScope> {
  const cluster = tools.cluster();
  const open = isOpen(scope);
  const isIncluded = (name: string) => includes(scope, name, tools.writes);
  const names = new Set((await namedIn(scope, cluster)).filter(isIncluded));
  const pages = open ? cluster.pages("namespace", { labels: scope.selector, metadataOnly: true }) : [];
  for await (const page of pages)
    for (const { metadata } of page) {
      // A namespace that is being deleted accepts no new objects
      if (!metadata.deletionTimestamp && isIncluded(metadata.name)) names.add(metadata.name);
    }
  return { cluster, namespaces: [...names], open, trace: tools.trace };
}

async function namedIn({ namespaces }: Scope, cluster: Cluster): Promise<readonly string[]> {
  if (namespaces === "all") return [];
  return namespaces === "current" ? [await cluster.namespace()] : namespaces.names;
}
