import type { Login } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Ground } from "../fleet/places.ts";
import type { Secret } from "../objects.ts";
import { type Entry, entryFor, readEntries, sameLogin } from "../secret/entry.ts";
import { loginFor } from "./held.ts";
import { managed } from "./secrets.ts";

/** A login that Secrets of a scope hold, and what they note of it. */
export type Holder = { readonly entry: Entry; readonly login: Login };

type Candidate = { readonly entry: Entry; readonly count: number; read(): Promise<Holder | undefined> };

/** Different credentials that are tried before a new one is made. */
const most = 3;

/**
 * The credentials for a registry that Secrets of one name hold in a scope, the commonest first: where 999 namespaces share one, the
 * thousandth is to get that one. Only metadata is listed, and a Secret is read when its turn comes.
 */
export async function* holdersIn(grounds: readonly Ground[], name: string, of: Wanted): AsyncGenerator<Holder> {
  const found: Candidate[] = [];
  const asked = grounds.filter(({ error }) => !error);
  const places = asked.reduce((sum, { namespaces }) => sum + namespaces.length, 0);
  for (const ground of asked) await collect(ground, name, of, { found, places });
  for (const { read } of found.sort((a, b) => b.count - a.count).slice(0, most)) {
    const holder = await read();
    if (holder) yield holder;
  }
}

/** The kind of credential, and the registry that it is for. */
export type Wanted = { readonly kind: string; readonly host: string };

/** Counts the credentials of a cluster, until more than half of all places hold the same one: then no other can be commoner. */
async function collect(ground: Ground, name: string, of: Wanted, { found, places }: { found: Candidate[]; places: number }): Promise<void> {
  const meant = new Set(ground.namespaces);
  for await (const { metadata } of ground.open ? listed(ground, name) : named(ground, name)) {
    const { namespace = "" } = metadata;
    const entry = meant.has(namespace) ? entryFor(readEntries({ metadata }), of.host) : undefined;
    if (entry?.kind !== of.kind) continue;
    if (add(found, entry, () => readHolder(ground, { name, namespace }, of.host)) > places / 2) return;
  }
}

/** Who may not list the Secrets of a whole cluster asks in each namespace. */
async function* listed(ground: Ground, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  try {
    yield* noted(ground, name);
  } catch (error) {
    if (!(error instanceof CliError) || error.kind !== "forbidden") throw error;
    yield* named(ground, name);
  }
}

/** One that may not be read here is told when its place comes. */
async function* named({ cluster, namespaces }: Ground, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  for (const namespace of namespaces) {
    const secret = await cluster.get({ kind: "secret", name, namespace }).catch((error: unknown) => {
      if (!(error instanceof CliError) || error.kind === "cancelled") throw error;
      return undefined;
    });
    if (secret) yield secret;
  }
}

/** The metadata of the Secrets of this plugin that have the name. */
async function* noted({ cluster }: Ground, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  for await (const page of cluster.pages("secret", { labels: managed, fields: `metadata.name=${name}`, metadataOnly: true })) yield* page;
}

async function readHolder({ cluster }: Ground, at: { name: string; namespace: string }, host: string): Promise<Holder | undefined> {
  const secret = await cluster.get({ kind: "secret", ...at });
  const entry = secret && entryFor(readEntries(secret), host);
  const login = secret && loginFor(secret, host);
  return entry && login ? { entry, login } : undefined;
}

/** @returns how many hold it so far */
function add(found: Candidate[], entry: Entry, read: Candidate["read"]): number {
  const at = found.findIndex((one) => sameLogin(one.entry, entry));
  const before = found[at];
  const count = (before?.count ?? 0) + 1;
  if (before) found[at] = { ...before, count };
  else found.push({ entry, count, read });
  return count;
}
