import { CliError } from "../errors.ts";
import { byKey, inStep } from "../fleet/join.ts";
import type { Ground, Place } from "../fleet/places.ts";
import type { ServiceAccount } from "../objects.ts";
import { observe, type PlaceWish, refuseMissing, type Sight, type TargetWish, waiting } from "./place.ts";

/** A place, and the way to look at it; `look` again asks anew. */
export type Outlook = { readonly place: Place; look(): Promise<Sight> };

/** From this many namespaces on, lists of the whole cluster are read in step instead of asking in each. */
const many = 16;

/** The places of a run, each with its outlook, in the order of the clusters and of their namespaces. */
export async function* outlooks(grounds: readonly Ground[], wish: PlaceWish): AsyncGenerator<Outlook> {
  for (const ground of grounds) {
    if (ground.error) yield lost(ground, ground.error);
    else if (ground.open && ground.namespaces.length >= many) yield* joined(ground, wish);
    else yield* apart(ground, wish);
  }
}

function lost({ context, cluster }: Ground, error: CliError): Outlook {
  return { place: { context, namespace: "", cluster }, look: () => Promise.reject(error) };
}

function* apart({ context, cluster, namespaces }: Ground, wish: PlaceWish): Generator<Outlook> {
  for (const namespace of namespaces) {
    const place = { context, namespace, cluster };
    yield { place, look: () => observe(place, wish) };
  }
}

/** Reads each list once, page by page. Where the whole cluster may not be listed, each namespace is asked. */
async function* joined(ground: Ground, wish: PlaceWish): AsyncGenerator<Outlook> {
  const { context, cluster, namespaces } = ground;
  const read = reader(ground, wish);
  for (const [index, namespace] of byKey(namespaces).entries()) {
    const place = { context, namespace, cluster };
    try {
      yield outlook(await read(place), wish);
    } catch (error) {
      if (index > 0 || !(error instanceof CliError) || error.kind !== "forbidden") throw error;
      return yield* apart({ ...ground, namespaces: byKey(namespaces) }, wish);
    }
  }
}

function reader({ cluster }: Ground, { secret, targets, pods }: PlaceWish): (place: Place) => Promise<Sight> {
  const secrets = inStep(cluster.pages("secret", { fields: `metadata.name=${secret}` }));
  const accounts = accountsInStep(cluster, targets);
  const podsOf = pods === "none" ? async () => [] : inStep(cluster.pages("pod", { fields: pods === "waiting" ? waiting : undefined }));
  return async (place) => {
    const { namespace } = place;
    const [[found], chosen, all] = await Promise.all([secrets(namespace), accounts(namespace), podsOf(namespace)]);
    return { place, secret: found, accounts: chosen, pods: all };
  };
}

function accountsInStep(
  cluster: Ground["cluster"],
  { names, all, selector }: TargetWish,
): (namespace: string) => Promise<readonly ServiceAccount[]> {
  if (all || selector !== undefined) return inStep(cluster.pages("serviceaccount", { labels: selector }));
  if (names.length === 0) return async () => [];
  const [only] = names;
  const listed = inStep(cluster.pages("serviceaccount", { fields: names.length === 1 ? `metadata.name=${only}` : undefined }));
  return async (namespace) => (await listed(namespace)).filter(({ metadata }) => names.includes(metadata.name));
}

/** What was read in step is looked at once; whoever needs it again asks anew. */
function outlook(sight: Sight, wish: PlaceWish): Outlook {
  const { place } = sight;
  let first: Sight | undefined = sight;
  return {
    place,
    look: async () => {
      const seen = first;
      if (seen === undefined) return observe(place, wish);
      first = undefined;
      await refuseMissing(seen, wish.targets);
      return seen;
    },
  };
}
