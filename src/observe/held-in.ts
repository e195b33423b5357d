import { CliError } from "../errors.ts";
import type { Ground } from "../fleet/places.ts";
import type { PruneFacts } from "../plan/prune.ts";
import { idBy, uidOf } from "./namespace.ts";
import { notedIn } from "./noted.ts";

/** What Secrets of the given clusters note, and the clusters of which nobody can say what they hold. */
export type HeldIn = Omit<PruneFacts, "now"> & { readonly unseen: readonly Unseen[] };

export type Unseen = { readonly context: string | undefined; readonly error: CliError };

/** Reads what the Secrets of whole clusters note of these kinds of credential, whatever their names. */
export async function heldIn(grounds: readonly Ground[], isWanted: (kind: string) => boolean): Promise<HeldIn> {
  const [{ noted, unasked }, ids] = await Promise.all([
    // What some of a cluster's namespaces hold says nothing of the others
    notedIn(
      grounds.map((ground) => ({ ...ground, namespaces: [] })),
      ({ kind }) => isWanted(kind),
    ),
    Promise.all(
      grounds.map(async (ground) => ({ ground, id: ground.error ? undefined : await idBy(() => uidOf(ground.cluster, "kube-system")) })),
    ),
  ]);
  const failed = (context: string | undefined) => unasked.find((one) => one.context === context)?.error;
  const unseen = ids.flatMap(({ ground: { context }, id }): Unseen[] => {
    const error = failed(context) ?? (id === undefined ? nameless() : undefined);
    return error ? [{ context, error }] : [];
  });
  const seen = ids.flatMap(({ ground, id }) => (id === undefined || failed(ground.context) ? [] : [id]));
  return { entries: noted.map(({ entry }) => entry), clusters: new Set(seen), whole: unseen.length === 0, unseen };
}

const nameless = () => new CliError("forbidden", "its namespace kube-system cannot be read, by which it is known");
