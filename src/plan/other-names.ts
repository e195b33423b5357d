import { nameOf, type Ref, type TargetKind } from "../kinds.ts";
import type { Tell } from "./change.ts";
import type { Target } from "./references.ts";
import { isPlain, saidTargets, several, shown } from "./said.ts";
import type { WarningId } from "./warnings.ts";

/** A name beside the Secret's in a list, that comes to nothing or to harm. */
export type OtherName = {
  readonly name: string;
  readonly id: Extract<WarningId, "dangling-name" | "secret-type" | "malformed-secret">;
  /** What is wrong with it, to stand after `secret/NAME, which`. */
  readonly why: string;
};

/**
 * What stands in lists beside the Secret, and comes to nothing or to harm: each name once, whoever has it.
 * @param targets those whose list is written by this run
 */
export const tellOthers = (targets: readonly Target[], others: readonly OtherName[]): Tell[] =>
  others.flatMap((other) => tellOther(other, having(other.name, targets)));

/** Entries that name nothing, in lists that are written by this run. */
export const tellNameless = (targets: readonly Target[]): Tell[] => tellEmpty(having("", targets));

function tellOther({ name, id, why }: OtherName, [to, ...more]: readonly Ref<TargetKind>[]): Tell[] {
  if (!to) return [];
  const says = `${several([to, ...more].map(nameOf))} also ${more.length === 0 ? "lists" : "list"} secret/${shown(name)}, which ${why}`;
  const what = isPlain(name) ? { secret: name } : { dangling: true };
  return [{ act: "tell", id, to, says, fix: { verb: "detach", ...what, ...saidTargets([to, ...more]) } }];
}

function tellEmpty([to, ...more]: readonly Ref<TargetKind>[]): Tell[] {
  if (!to) return [];
  const has = more.length === 0 ? "has an entry" : "have entries";
  const says = `${several([to, ...more].map(nameOf))} also ${has} without a name, for which the cluster autoscaler passes over pods that wait`;
  return [{ act: "tell", id: "empty-name", to, says, fix: { verb: "detach", dangling: true, ...saidTargets([to, ...more]) } }];
}

const having = (name: string, targets: readonly Target[]) => targets.filter(({ names }) => names.includes(name)).map(({ to }) => to);
