import { type CliError, isForbidden } from "../errors.ts";
import { kinds } from "../kinds.ts";
import { byKey, inStep } from "../scope/join.ts";
import type { ClusterScope, Place } from "../scope/places.ts";
import { namesOf, observe, type PlaceWish, type Sight, waiting } from "./place.ts";
import { withAside } from "./shelved.ts";
import { among, firstMissing, kindOf, once, picksOf, type TargetObject, type TargetPick } from "./targets.ts";

/** A place, and the way to look at it; `look` again asks anew. */
export type Outlook = { readonly place: Place; look(): Promise<Sight> };

/** From this many namespaces on, lists of the whole cluster are read in step instead of asking in each. */
const many = 16;

/** The places of a run, each with its outlook, in the order of the clusters and of their namespaces. */
export async function* outlooks(clusterScopes: readonly ClusterScope[], wish: PlaceWish): AsyncGenerator<Outlook> {
  for (const clusterScope of clusterScopes) {
    if (clusterScope.error) yield lost(clusterScope, clusterScope.error);
    else if (clusterScope.open && clusterScope.namespaces.length >= many) yield* joined(clusterScope, wish);
    else yield* apart(clusterScope, wish);
  }
}

function lost({ context, cluster }: ClusterScope, error: CliError): Outlook {
  return { place: { context, namespace: "", cluster }, look: () => Promise.reject(error) };
}

function* apart({ context, cluster, namespaces }: ClusterScope, wish: PlaceWish): Generator<Outlook> {
  for (const namespace of namespaces) {
    const place = { context, namespace, cluster };
    yield { place, look: () => observe(place, wish) };
  }
}

/** Reads each list once, page by page. Where the whole cluster may not be listed, each namespace is asked. */
async function* joined(clusterScope: ClusterScope, wish: PlaceWish): AsyncGenerator<Outlook> {
  const { context, cluster, namespaces } = clusterScope;
  const read = reader(clusterScope, wish);
  for (const [index, namespace] of byKey(namespaces).entries()) {
    const place = { context, namespace, cluster };
    try {
      yield outlook(await read(place), wish);
    } catch (error) {
      if (index > 0 || !isForbidden(error)) throw error;
      return yield* apart({ ...clusterScope, namespaces: byKey(namespaces) }, wish);
    }
  }
}

function reader({ cluster }: ClusterScope, wish: PlaceWish): (place: Place) => Promise<Sight> {
  const { secret, targets, pods, shelf } = wish;
  const secrets = inStep(cluster.pages("secret", wish.existing ? { metadataOnly: true } : { fields: `metadata.name=${secret}` }));
  const chosen = picksOf(targets).map((pick) => pickInStep(cluster, pick, shelf));
  const podsOf = pods === "none" ? async () => [] : inStep(cluster.pages("pod", { fields: pods === "waiting" ? waiting : undefined }));
  // Of many namespaces nobody is asked for each name in their lists
  const accountsOf = wish.warns && hasTemplates(picksOf(targets)) ? inStep(cluster.pages("serviceaccount")) : undefined;
  return async (place) => {
    const { namespace } = place;
    const [found, objects, all, accounts] = await Promise.all([
      secrets(namespace),
      Promise.all(chosen.map((of) => of(place))),
      podsOf(namespace),
      accountsOf?.(namespace),
    ]);
    const sight = { place, secret: wish.existing ? undefined : found[0], targets: once(objects.flat()), pods: all };
    return {
      ...sight,
      ...(accounts && { beside: { accounts, templates: [] } }),
      ...(wish.existing && { existing: namesOf(found) }),
    };
  };
}

/** Whether ServiceAccounts count that are not chosen themselves. */
const hasTemplates = (picks: readonly TargetPick[]): boolean =>
  picks.some(({ kind }) => "podSpec" in kinds[kind]) && !picks.some(isEveryAccount);

const isEveryAccount = ({ kind, globs, selector }: TargetPick): boolean =>
  !("podSpec" in kinds[kind]) && globs.includes("*") && selector === undefined;

function pickInStep(
  cluster: ClusterScope["cluster"],
  pick: TargetPick,
  shelf: PlaceWish["shelf"],
): (place: Place) => Promise<readonly TargetObject[]> {
  const { kind, names, globs, selector } = pick;
  const [only, ...others] = names;
  const fields = globs.length === 0 && others.length === 0 ? `metadata.name=${only}` : undefined;
  const listed = inStep<TargetObject>(cluster.pages(kind, { labels: selector, fields }));
  return async (place) => among(pick, await withAside(await listed(place.namespace), pick, place, shelf));
}

/** What was read in step is looked at once; whoever needs it again asks anew, and so does who misses something in it. */
function outlook(sight: Sight, wish: PlaceWish): Outlook {
  const { place } = sight;
  let first = isWhole(sight, wish) ? sight : undefined;
  return {
    place,
    look: async () => {
      const seen = first;
      first = undefined;
      return seen ?? observe(place, wish);
    },
  };
}

function isWhole({ targets }: Sight, wish: PlaceWish): boolean {
  const { picks } = wish.targets;
  const found = picks.map(({ kind }) => targets.filter((object) => kindOf(object) === kind));
  return firstMissing(picks, found, wish) === undefined;
}
