import type { Where } from "../cluster/port.ts";
import type { Login } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Ground } from "../fleet/places.ts";
import type { Ref } from "../kinds.ts";
import type { Metadata, Secret } from "../objects.ts";
import { readClaim } from "../secret/claim.ts";
import { type Entry, entryFor, readEntries } from "../secret/entry.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import { secretIn } from "./facts.ts";
import { loginFor } from "./held.ts";
import { managed } from "./secrets.ts";

/** A Secret, one of the logins that it notes, and what it really has inside for that registry. */
export type Noted = {
  readonly to: Ref<"secret">;
  readonly ground: Ground;
  readonly entry: Entry;
  readonly metadata: Metadata;
  readonly login: Login | undefined;
  readonly lapsed?: "dead" | "unnamed";
};

/** What Secrets note, and where nobody could be asked: what is held there nobody knows. */
export type NotedIn = {
  readonly noted: readonly Noted[];
  readonly unasked: readonly Unasked[];
  /** Those that some run has claimed, whatever they note. */
  readonly claimed: readonly Pick<Noted, "to" | "metadata">[];
};

/**
 * A cluster whose Secrets may not be listed beyond some namespaces, or that does not answer. `own`: not even the places of the run
 * could be looked at.
 */
export type Unasked = { readonly context: string | undefined; readonly error: CliError; readonly own: boolean };

/** Those that this plugin made. */
const made: Where = { labels: managed };

/** Those that somebody else made, of which few note a login of ours. */
const others: Where = { fields: `type=${dockerConfigJson}`, metadataOnly: true };

/**
 * Every login that Secrets of these clusters note, in whatever namespace: a credential may be held beyond the places that a run is
 * about. Where a whole cluster may not be listed, the places of the run are.
 */
export async function notedIn(grounds: readonly Ground[], wanted: (entry: Entry) => boolean): Promise<NotedIn> {
  const all = await Promise.all(grounds.map((ground) => wholeOrPlaces(ground, wanted)));
  return {
    noted: all.flatMap(({ noted }) => noted),
    unasked: all.flatMap(({ unasked }) => unasked),
    claimed: all.flatMap(({ claimed }) => claimed),
  };
}

async function wholeOrPlaces(ground: Ground, wanted: (entry: Entry) => boolean): Promise<NotedIn> {
  try {
    if (ground.error) throw ground.error;
    return { ...(await notedOn(ground, undefined, wanted)), unasked: [] };
  } catch (error) {
    if (!(error instanceof CliError) || error.kind === "cancelled") throw error;
    if (ground.error || error.kind !== "forbidden")
      return { noted: [], claimed: [], unasked: [{ context: ground.context, error, own: true }] };
    return inPlaces(ground, error, wanted);
  }
}

/** Who may not list all Secrets of a cluster may list those of his namespaces. */
async function inPlaces(ground: Ground, refusal: CliError, wanted: (entry: Entry) => boolean): Promise<NotedIn> {
  const found: Found[] = [];
  const { context } = ground;
  const unasked: Unasked[] = [{ context, error: refusal, own: false }];
  for (const namespace of ground.namespaces) {
    try {
      found.push(await notedOn(ground, namespace, wanted));
    } catch (error) {
      if (!(error instanceof CliError) || error.kind === "cancelled") throw error;
      unasked.push({ context, error, own: true });
    }
  }
  return { noted: found.flatMap(({ noted }) => noted), claimed: found.flatMap(({ claimed }) => claimed), unasked };
}

type Found = Pick<NotedIn, "noted" | "claimed">;

async function notedOn(ground: Ground, namespace: string | undefined, wanted: (entry: Entry) => boolean): Promise<Found> {
  const { cluster } = ground;
  const found = new Map<string, Noted[]>();
  const claimed: NotedIn["claimed"][number][] = [];
  const add = (secret: Secret) => {
    const { metadata } = secret;
    found.set(metadata.uid ?? "", notedOf(ground, secret, wanted));
    if (readClaim({ metadata }))
      claimed.push({ to: secretIn({ ...ground, namespace: metadata.namespace ?? "" }, metadata.name), metadata });
  };
  for await (const page of cluster.pages("secret", { ...made, namespace })) page.forEach(add);
  for await (const page of cluster.pages("secret", { ...others, namespace })) {
    const more = page.filter(({ metadata }) => !found.has(metadata.uid ?? "") && (readEntries({ metadata }) ?? []).some(wanted));
    for (const secret of await Promise.all(more.map(({ metadata }) => readAt(cluster, metadata)))) if (secret) add(secret);
  }
  return { noted: [...found.values()].flat(), claimed };
}

const readAt = (cluster: Ground["cluster"], { name, namespace = "" }: Metadata) => cluster.get({ kind: "secret", name, namespace });

function notedOf(ground: Ground, secret: Secret, wanted: (entry: Entry) => boolean): Noted[] {
  const { metadata } = secret;
  const { name, namespace = "" } = metadata;
  const to = secretIn({ ...ground, namespace }, name);
  const all = readEntries({ metadata }) ?? [];
  // Of several for one registry the first counts, everywhere
  const entries = all.filter((entry) => wanted(entry) && entryFor(all, entry.hosts[0] ?? "") === entry);
  return entries.map((entry) => ({ to, ground, entry, metadata, login: loginFor(secret, entry.hosts[0] ?? "") }));
}
