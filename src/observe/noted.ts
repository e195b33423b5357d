import type { Where } from "../cluster/port.ts";
import { CliError } from "../errors.ts";
import type { Ground } from "../fleet/places.ts";
import type { Ref } from "../kinds.ts";
import type { Metadata, Secret } from "../objects.ts";
import { type Entry, readEntries } from "../secret/entry.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import { managed } from "./secrets.ts";

/** A Secret, and one of the logins that it notes. */
export type Noted = { readonly to: Ref<"secret">; readonly ground: Ground; readonly entry: Entry; readonly metadata: Metadata };

/** What Secrets note, and where nobody could be asked: what is held there nobody knows. */
export type NotedIn = { readonly noted: readonly Noted[]; readonly unasked: readonly Unasked[] };

/** A cluster whose Secrets may not be listed beyond some namespaces, or that does not answer. */
export type Unasked = { readonly context: string | undefined; readonly error: CliError };

/** Those that this plugin made, and those that somebody else made, which may note a login of ours too. */
const lists: readonly Where[] = [
  { labels: managed, metadataOnly: true },
  { fields: `type=${dockerConfigJson}`, metadataOnly: true },
];

/**
 * Every login that Secrets of these clusters note, in whatever namespace: a credential may be held beyond the places that a run is
 * about. Only metadata is listed. Where a whole cluster may not be listed, the places of the run are.
 */
export async function notedIn(grounds: readonly Ground[], wanted: (entry: Entry) => boolean): Promise<NotedIn> {
  const all = await Promise.all(grounds.map((ground) => wholeOrPlaces(ground, wanted)));
  return { noted: all.flatMap(({ noted }) => noted), unasked: all.flatMap(({ unasked }) => unasked) };
}

async function wholeOrPlaces(ground: Ground, wanted: (entry: Entry) => boolean): Promise<NotedIn> {
  try {
    if (ground.error) throw ground.error;
    return { noted: await notedOn(ground, undefined, wanted), unasked: [] };
  } catch (error) {
    if (!(error instanceof CliError) || error.kind === "cancelled") throw error;
    const { context, namespaces } = ground;
    const noted: Noted[] = [];
    if (error.kind === "forbidden") for (const namespace of namespaces) noted.push(...(await notedOn(ground, namespace, wanted)));
    return { noted, unasked: [{ context, error }] };
  }
}

async function notedOn(ground: Ground, namespace: string | undefined, wanted: (entry: Entry) => boolean): Promise<Noted[]> {
  const found = new Map<string, Noted[]>();
  for (const where of lists)
    for await (const page of ground.cluster.pages("secret", { ...where, namespace }))
      for (const secret of page) found.set(secret.metadata.uid ?? "", notedOf(ground, secret, wanted));
  return [...found.values()].flat();
}

function notedOf(ground: Ground, { metadata }: Secret, wanted: (entry: Entry) => boolean): Noted[] {
  const { name, namespace = "" } = metadata;
  const { context } = ground;
  const to = { kind: "secret", name, namespace, ...(context !== undefined && { context }) } as const;
  return (readEntries({ metadata }) ?? []).filter(wanted).map((entry) => ({ to, ground, entry, metadata }));
}
