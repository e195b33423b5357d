import { keyOf } from "../kinds.ts";
import { grouped, type Member, type Rotation } from "./rotation.ts";
import { openSets } from "./sets.ts";

/**
 * Groups of rotations that may run at the same time: no Secret that notes a credential of one notes one of another, and of an application,
 * which has one name at every registry, all are in one. A group's rotations are in their order.
 */
export function apart<M extends Member>(rotations: readonly Rotation<M>[]): Rotation<M>[][] {
  const { join, leadOf } = openSets();
  for (const rotation of rotations) for (const { to } of rotation.all) join(nameOf(rotation), keyOf(to));
  return grouped(rotations, (rotation) => leadOf(nameOf(rotation)));
}

/** Azure does not tell a name from the same one in capitals. */
const nameOf = ({ kind, identity }: Rotation) => JSON.stringify([kind, identity.toLowerCase()]);
