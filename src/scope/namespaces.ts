import { absent, asForbidden, CliError, unlessForbidden } from "../errors.ts";
import { kubectl } from "../hint.ts";
import type { Cluster } from "../kube/port.ts";
import type { Metadata } from "../objects.ts";
import { mapConcurrently } from "./concurrency.ts";
import { limits, wideFrom } from "./limits.ts";
import { includes, isOpen, type Scope } from "./scope.ts";

type Reader = Pick<Cluster, "get" | "pages">;

export type Selected = {
  /** Their uids, by name. */
  readonly uids: ReadonlyMap<string, string>;
  /** Those that are named although they are being deleted. */
  readonly ending: readonly string[];
  /** Those that are named and do not exist. */
  readonly missing: readonly string[];
};

/** The error for a named namespace that does not exist. */
export const missingNamespace = (name: string) => absent("namespaces", name, { ...kubectl("get namespaces"), namespace: "" });

/** Selects the namespaces of a scope for writing. A namespace that is being deleted accepts no new objects, so it is not among them. */
export async function selectNamespaces(scope: Scope, cluster: Reader): Promise<Selected> {
  const words = typeof scope.namespaces === "object" ? scope.namespaces.names : [];
  const names = new Set(words.filter((name) => includes(scope, name, true)));
  const listed = isOpen(scope) ? await listNamespaces(cluster, scope.selector) : new Map<string, Metadata>();
  const matching = [...listed.values()].filter(({ name }) => includes(scope, name, true));
  const rest = [...names].filter((name) => !listed.has(name));
  const named = await readNamespaces(rest, cluster);
  const missing = rest.filter((name) => !named.some((one) => one.name === name));
  const all = [...matching, ...named];
  const ending = all.flatMap(({ name, deletionTimestamp }) => (deletionTimestamp && names.has(name) ? name : []));
  return { uids: uidsIn(all), ending, missing };
}

const uidsIn = (found: readonly Metadata[]): ReadonlyMap<string, string> =>
  new Map(found.flatMap(({ name, uid = "", deletionTimestamp }) => (deletionTimestamp ? [] : [[name, uid] as const])));

async function listNamespaces(cluster: Pick<Cluster, "pages">, selector: string | undefined): Promise<Map<string, Metadata>> {
  const found = new Map<string, Metadata>();
  for await (const page of cluster.pages("namespace", { labels: selector, metadataOnly: true }))
    for (const { metadata } of page) found.set(metadata.name, withoutLabels(metadata));
  return found;
}

/** Returns the uids of those namespaces that exist and are not being deleted. */
export const uidsOf = async (names: readonly string[], cluster: Reader): Promise<ReadonlyMap<string, string>> =>
  uidsIn(await readNamespaces(names, cluster));

/** The same, also of those that are being deleted: their objects can be deleted. */
export const uidsOfAll = async (names: readonly string[], cluster: Reader): Promise<ReadonlyMap<string, string>> =>
  new Map((await readNamespaces(names, cluster)).map(({ name, uid = "" }) => [name, uid]));

/** The most namespaces that are read one by one. The policy of a schedule can hardly name more. */
export const mostRead = 1000;

/**
 * Returns the uid of each namespace, or why it may not be read. It is undefined if the namespace does not exist or is being deleted.
 * @param most how many are read one by one if they may not be read together
 */
export async function uidOfEach(
  names: readonly string[],
  cluster: Reader,
  most = mostRead,
): Promise<ReadonlyMap<string, string | CliError | undefined>> {
  const all = await uidsOf(names, cluster).catch(asForbidden);
  if (all instanceof CliError && names.length > most) return new Map(names.map((name) => [name, all]));
  const uidIn = async (name: string) => (all instanceof CliError ? await uidsOf([name], cluster) : all).get(name);
  return new Map(await mapConcurrently(names, limits.cluster, async (name) => [name, await uidIn(name).catch(asForbidden)] as const));
}

/** Reads those namespaces that exist, in the order of the names: from a list of all of them, if they are many and the run may list. */
async function readNamespaces(names: readonly string[], cluster: Reader): Promise<readonly Metadata[]> {
  if (names.length >= wideFrom) {
    const all = await listNamespaces(cluster, undefined).catch(unlessForbidden(undefined));
    if (all) return names.flatMap((name) => all.get(name) ?? []);
  }
  const found = await mapConcurrently(names, limits.cluster, (name) => cluster.get({ kind: "namespace", name }));
  return found.flatMap((one) => (one ? withoutLabels(one.metadata) : []));
}

/** Without labels and annotations: a tenant that may write those of its namespace can write a megabyte. */
const withoutLabels = ({ name, uid, deletionTimestamp }: Metadata): Metadata => ({ name, uid, deletionTimestamp });
