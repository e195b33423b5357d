import { kinds, type Ref, type TargetKind } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import type { Keep, Refer } from "./change.ts";

/** A target with the names in its list of pull secrets, and the resourceVersion they were read at. */
export type Target<K extends TargetKind = TargetKind> = {
  readonly to: Ref<K>;
  readonly names: readonly string[];
  readonly version: string;
};

/** Reads a target's list, wherever its kind has it. */
export function readTarget<K extends TargetKind>(kind: K, object: KubeObjects[K], context?: string): Target<K> {
  const list = kinds[kind].carries.path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], object);
  const { name, namespace = "", resourceVersion = "" } = object.metadata;
  const names = ((list ?? []) as { readonly name?: string }[]).flatMap((reference) => reference.name ?? []);
  return { to: { kind, name, namespace, ...(context !== undefined && { context }) }, names, version: resourceVersion };
}

/**
 * The merge patch that gives a target these names, on the version that it was read at.
 * The list is atomic (`+listType=atomic`): the patch carries every name, and only the version keeps other writers' names safe.
 */
export function patchOf({ to, version }: Target, names: readonly string[]): object {
  const list: unknown = names.map((name) => ({ name }));
  const inside = kinds[to.kind].carries.path.toReversed().reduce((value, step) => ({ [step]: value }), list);
  return { metadata: { resourceVersion: version }, ...(inside as object) };
}

/** Adds a pull secret to one target, after the names that are already there. */
export function planAttach(secret: string, { to, names }: Target): Refer | Keep {
  if (names.includes(secret)) return { act: "keep", to, because: "already attached" };
  return { act: "attach", to, secret, before: names, after: [...names, secret] };
}

/** Removes a pull secret from one target and leaves every other name where it was. */
export function planDetach(secret: string, { to, names }: Target): Refer | Keep {
  if (!names.includes(secret)) return { act: "keep", to, because: "not attached" };
  return { act: "detach", to, secret, before: names, after: names.filter((name) => name !== secret) };
}
