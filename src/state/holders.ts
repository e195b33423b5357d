import { isForbidden, unlessRefused } from "../errors.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { type Entry, entryFor, readEntries, sameLogin } from "../secret/entry.ts";
import { loginFor } from "./existing-secret.ts";
import { managed } from "./pull-secrets.ts";

/** A login that Secrets of a scope hold, and what they note of it. */
export type Holder = { readonly entry: Entry; readonly login: Login };

type Candidate = { readonly entry: Entry; count: number; read(): Promise<Holder | undefined> };

/** Different credentials that are tried before a new one is made. */
const most = 3;

/**
 * The credentials for a registry that Secrets of one name hold in a scope, the commonest first: where 999 namespaces share one, the
 * thousandth is to get that one. Only metadata is listed, and a Secret is read when its turn comes.
 */
export async function* holdersIn(clusterScopes: readonly ClusterScope[], name: string, of: Wanted): AsyncGenerator<Holder> {
  const asked = clusterScopes.filter(({ error }) => !error);
  const places = asked.reduce((sum, { namespaces }) => sum + namespaces.length, 0);
  const found: Candidate[] = [];
  let tried: Candidate | undefined;
  for await (const candidate of counted(asked, name, of, found)) {
    // No other can be commoner than what more than half of the places hold, so the list is only read on if that one will not do
    if (tried !== undefined || candidate.count <= places / 2) continue;
    tried = candidate;
    yield* holderOf(candidate);
  }
  const others = found.filter((candidate) => candidate !== tried).sort((a, b) => b.count - a.count);
  for (const candidate of others.slice(0, tried ? most - 1 : most)) yield* holderOf(candidate);
}

async function* holderOf({ read }: Candidate): AsyncGenerator<Holder> {
  const holder = await read();
  if (holder) yield holder;
}

/** The kind of credential, and the registry that it is for. */
export type Wanted = { readonly kind: string; readonly host: string };

/** Counts how many Secrets hold each credential, and gives the one that was counted last. */
async function* counted(clusterScopes: readonly ClusterScope[], name: string, of: Wanted, found: Candidate[]): AsyncGenerator<Candidate> {
  for (const clusterScope of clusterScopes) {
    for await (const { metadata } of meant(clusterScope, name)) {
      const { namespace = "" } = metadata;
      const entry = entryFor(readEntries({ metadata }), of.host);
      if (entry?.kind === of.kind) yield add(found, entry, () => readHolder(clusterScope, { name, namespace }, of.host));
    }
  }
}

/** The Secrets of the name in the namespaces that a run is about. */
async function* meant(clusterScope: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  const namespaces = new Set(clusterScope.namespaces);
  for await (const secret of clusterScope.open ? listed(clusterScope, name) : named(clusterScope, name))
    if (namespaces.has(secret.metadata.namespace ?? "")) yield secret;
}

/** Who may not list the Secrets of a whole cluster asks in each namespace. */
async function* listed(clusterScope: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  try {
    yield* noted(clusterScope, name);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    yield* named(clusterScope, name);
  }
}

/** One that may not be read here is told when its place comes. */
async function* named({ cluster, namespaces }: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  for (const namespace of namespaces) {
    const secret = await cluster.get({ kind: "secret", name, namespace }).catch(unlessRefused(undefined));
    if (secret) yield secret;
  }
}

/** The metadata of the Secrets of this plugin that have the name. */
async function* noted({ cluster }: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  for await (const page of cluster.pages("secret", { labels: managed, fields: `metadata.name=${name}`, metadataOnly: true })) yield* page;
}

async function readHolder({ cluster }: ClusterScope, at: { name: string; namespace: string }, host: string): Promise<Holder | undefined> {
  const secret = await cluster.get({ kind: "secret", ...at });
  const entry = secret && entryFor(readEntries(secret), host);
  const login = secret && loginFor(secret, host);
  return entry && login ? { entry, login } : undefined;
}

function add(found: Candidate[], entry: Entry, read: Candidate["read"]): Candidate {
  const before = found.find((one) => sameLogin(one.entry, entry));
  const candidate = before ?? { entry, count: 0, read };
  candidate.count++;
  if (!before) found.push(candidate);
  return candidate;
}
