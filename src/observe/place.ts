import { listAll } from "../cluster/port.ts";
import type { Place } from "../fleet/places.ts";
import type { Pod, Secret } from "../objects.ts";
import { type ChoiceWish, chosenTargets, type TargetObject } from "./targets.ts";
import { together } from "./together.ts";

/** What of a place a command has to know. */
export type PlaceWish = ChoiceWish & { readonly pods: "none" | "waiting" | "all" };

/** What one place holds that a command on one Secret is about. */
export type Sight = {
  readonly place: Place;
  readonly secret: Secret | undefined;
  readonly targets: readonly TargetObject[];
  readonly pods: readonly Pod[];
};

/** Pods that have not started. */
export const waiting = "status.phase=Pending";

/** Reads the Secret, the targets and the pods of one place at once. None of the targets that are named is missing. */
export async function observe(place: Place, wish: PlaceWish): Promise<Sight> {
  const { cluster, namespace } = place;
  const { secret, pods } = wish;
  const [found, targets, all] = await together([
    cluster.get({ kind: "secret", name: secret, namespace }),
    chosenTargets(place, wish),
    pods === "none" ? [] : listAll(cluster, "pod", { namespace, fields: pods === "waiting" ? waiting : undefined }),
  ]);
  return { place, secret: found, targets, pods: all };
}
