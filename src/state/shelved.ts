import { type AnewKind, kinds, type TargetKind } from "../kinds.ts";
import { readSelector } from "../label-selector.ts";
import type { KubeObjects } from "../objects.ts";
import type { Place } from "../scope/places.ts";
import type { Shelf } from "../shelf.ts";
import { uidOf } from "./namespace.ts";

/** What an object was that a run has deleted to make it anew, and did not come to the end. */
export type Aside = { readonly uid: string; readonly path: string; readonly object: KubeObjects[AnewKind] };

/** What lies on the shelf of one kind in a namespace; of a namespace of the same name in another cluster it is not. */
export async function aside(shelf: Shelf, { cluster, namespace }: Pick<Place, "cluster" | "namespace">, kind: AnewKind): Promise<Aside[]> {
  const mine = (await shelf.all()).filter(({ object }) => {
    const { kind: called, metadata } = object as Partial<KubeObjects[AnewKind]>;
    return called === kinds[kind].kind && metadata?.namespace === namespace;
  });
  if (mine.length === 0) return [];
  const uid = await uidOf(cluster, namespace);
  return mine
    .filter((one) => one.in === uid)
    .map(({ uid: of, path, object }) => ({ uid: of, path, object: object as KubeObjects[AnewKind] }));
}

/** Which objects are meant that are not there any more. */
type Meant = { readonly kind: TargetKind; readonly selector?: string | undefined; readonly name?: string };

/**
 * Objects of one kind, and those that a run has deleted without coming to its end: they have no uid. Of what such a run is deleting only
 * what it was counts.
 */
export async function withAside<O extends KubeObjects[TargetKind]>(
  found: readonly O[],
  { kind, selector, name }: Meant,
  place: Place,
  shelf: Shelf | undefined,
): Promise<O[]> {
  if (!shelf || kinds[kind].carries.takes !== "anew") return [...found];
  const fits = readSelector(selector ?? "") ?? (() => false);
  const lying = (await aside(shelf, place, kind as AnewKind)).filter(
    ({ object: { metadata } }) => (name === undefined || name === metadata.name) && fits(metadata.labels ?? {}),
  );
  const isGoing = ({ metadata: { uid, deletionTimestamp } }: O) => deletionTimestamp !== undefined && lying.some((one) => one.uid === uid);
  const live = found.filter((object) => !isGoing(object));
  const gone = lying
    .map(({ object }) => object as unknown as O)
    .filter((object) => !live.some((one) => one.metadata.name === object.metadata.name));
  return [...live, ...new Map(gone.map((object) => [object.metadata.name, object])).values()];
}
