import { unlessRefused } from "../errors.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { type ClusterScope, wholeOrEach } from "../scope/cluster-scopes.ts";
import { type Entry, entryFor, readEntries, sameLogin } from "../secret/entry.ts";
import { loginFor } from "./existing-secret.ts";
import { managed } from "./pull-secrets.ts";

/** A login that Secrets of a scope hold, and its annotation entry. */
export type Holder = { readonly entry: Entry; readonly login: Login };

type Candidate = { readonly entry: Entry; count: number; read(): Promise<Holder | undefined> };

/** The number of different credentials to try before a new one is created. */
const most = 3;

/**
 * Yields the credentials for a registry that Secrets of one name hold in a scope, the most frequent first. If 999 namespaces share a
 * credential, the next namespace gets the same one. Lists only metadata, and reads a Secret when its credential is tried.
 */
export async function* holdersIn(clusterScopes: readonly ClusterScope[], name: string, of: Wanted): AsyncGenerator<Holder> {
  const asked = clusterScopes.filter(({ error }) => !error);
  const namespaceCount = asked.reduce((sum, { namespaces }) => sum + namespaces.length, 0);
  const found: Candidate[] = [];
  let tried: Candidate | undefined;
  for await (const candidate of counted(asked, name, of, found)) {
    // No other credential can be more frequent than one that more than half of the namespaces hold. Continue the list only if the caller
    // rejects that one
    if (tried !== undefined || candidate.count <= namespaceCount / 2) continue;
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

/** The kind of credential, and its registry. */
export type Wanted = { readonly kind: string; readonly host: string };

/** Counts how many Secrets hold each credential, and yields the credential that was counted last. */
async function* counted(clusterScopes: readonly ClusterScope[], name: string, of: Wanted, found: Candidate[]): AsyncGenerator<Candidate> {
  for (const clusterScope of clusterScopes) {
    for await (const { metadata } of selected(clusterScope, name)) {
      const { namespace = "" } = metadata;
      const entry = entryFor(readEntries({ metadata }), of.host);
      if (entry?.kind === of.kind) yield add(found, entry, () => readHolder(clusterScope, { name, namespace }, of.host));
    }
  }
}

/** Yields the Secrets of this name in the namespaces of the run. */
async function* selected(clusterScope: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  const namespaces = new Set(clusterScope.namespaces);
  for await (const secret of wholeOrEach(clusterScope, noted(clusterScope, name), named(clusterScope, name)))
    if (namespaces.has(secret.metadata.namespace ?? "")) yield secret;
}

/** Reads the Secret in each namespace. A Secret that can't be read is reported when its namespace is processed. */
async function* named({ cluster, namespaces }: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  for (const namespace of namespaces) {
    const secret = await cluster.get({ kind: "secret", name, namespace }).catch(unlessRefused(undefined));
    if (secret) yield secret;
  }
}

/** Yields the metadata of this plugin's Secrets of this name. */
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
