import { absent } from "../errors.ts";
import { kubectl } from "../hint.ts";
import type { Cluster } from "../kube/port.ts";
import { mapConcurrently } from "./concurrency.ts";
import { limits, wideFrom } from "./limits.ts";
import { includes, isOpen, type Scope } from "./scope.ts";

/**
 * Returns the namespaces that a scope selects for writing, by name, with their uids. Namespaces that are being deleted accept no new
 * objects, and are not among them.
 * @throws CliError notFound for a named namespace that does not exist
 */
export async function selectNamespaces(scope: Scope, cluster: Pick<Cluster, "get" | "pages">): Promise<ReadonlyMap<string, string>> {
  const names = typeof scope.namespaces === "object" ? scope.namespaces.names.filter((name) => includes(scope, name, true)) : [];
  const found = isOpen(scope) ? await listNamespaces(cluster, scope.selector) : new Map<string, string>();
  const selected = new Map([...found].filter(([name]) => includes(scope, name, true)));
  const uids = await uidsOf(
    names.filter((name) => !selected.has(name)),
    cluster,
  );
  for (const name of names) {
    const uid = selected.get(name) ?? uids.get(name);
    if (uid === undefined) throw absent("namespaces", name, { ...kubectl("get namespaces"), namespace: "" });
    selected.set(name, uid);
  }
  return selected;
}

async function listNamespaces(cluster: Pick<Cluster, "pages">, selector: string | undefined): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const page of cluster.pages("namespace", { labels: selector, metadataOnly: true }))
    for (const { metadata } of page) if (!metadata.deletionTimestamp) found.set(metadata.name, metadata.uid ?? "");
  return found;
}

/** Returns the uids of those namespaces that exist and are not being deleted: from a list of all of them, if they are many. */
export async function uidsOf(names: readonly string[], cluster: Pick<Cluster, "get" | "pages">): Promise<ReadonlyMap<string, string>> {
  if (names.length >= wideFrom) {
    const all = await listNamespaces(cluster, undefined);
    return new Map(names.flatMap((name) => (all.has(name) ? [[name, all.get(name) ?? ""] as const] : [])));
  }
  const found = await mapConcurrently(names, limits.cluster, async (name) => (await cluster.get({ kind: "namespace", name }))?.metadata);
  return new Map(
    found.flatMap((metadata) => (metadata && !metadata.deletionTimestamp ? [[metadata.name, metadata.uid ?? ""] as const] : [])),
  );
}
