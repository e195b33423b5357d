import { hasVerb } from "../fix.ts";
import { kinds, nameOf } from "../kinds.ts";
import type { Change, Keep, Refer, Refuse, Warn } from "./change.ts";
import { refuseOwned, refuseRecreate, type Target } from "./references.ts";
import { isPlain, pluralize, saidTargets, several, shown } from "./wording.ts";

/** The Secrets that exist, and whether the user named the targets. */
type DanglingOptions = {
  /** The names of the existing Secrets. */
  readonly existing: ReadonlySet<string>;
  /** The user named the targets, so changing their lists may restart their pods. */
  readonly named: boolean;
};

/** Returns the names in a list that refer to no existing Secret, including the empty name. */
const danglingIn = (names: readonly string[], existing: ReadonlySet<string>): string[] => [
  ...new Set(names.filter((name) => name === "" || !existing.has(name))),
];

/**
 * Removes names of missing Secrets from lists. If the user did not name the targets, skips targets whose pods would restart and targets
 * that can't be changed, and warns about them once.
 */
export function planDangling(targets: readonly Target[], options: DanglingOptions): Change[] {
  if (options.named) return targets.map((target) => planOne(target, options));
  const listing = targets.filter(({ names }) => names.length > 0);
  const isQuiet = ({ to }: Target) => quiet.has(kinds[to.kind].carries.takes);
  const loud = listing.filter((target) => !isQuiet(target) && danglingIn(target.names, options.existing).length > 0);
  return [
    ...listing.filter(isQuiet).map((target) => planOne(target, options)),
    ...warnSkipped(loud.filter(takes("rollout")), options, "and would make pods anew without", true),
    ...warnSkipped(loud.filter(takes("recreate")), options, "and cannot be changed, but only made anew without", false),
  ];
}

/** The kinds of change that end no pod. */
const quiet = new Set<string>(["new-pods", "next-run"]);

const takes =
  (what: string) =>
  ({ to }: Target): boolean =>
    kinds[to.kind].carries.takes === what;

function planOne(target: Target, { existing }: DanglingOptions): Change {
  const missing = danglingIn(target.names, existing);
  return refusal(missing, target) ?? takeOut(missing, target);
}

/** Returns why names of missing Secrets can't be removed from a list; undefined if there are none, or if the list can be written. */
function refusal([first, ...more]: readonly string[], { to, owner, recreation }: Target): Refuse | undefined {
  if (first === undefined) return undefined;
  const asked = { does: "detach", secret: first, to } as const;
  if (owner) {
    const refused = refuseOwned(asked, owner);
    const { fix } = refused;
    return { ...refused, fix: fix && hasVerb(fix, "detach") ? { verb: "detach", dangling: true, targets: fix.targets } : undefined };
  }
  const refused = recreation && refuseRecreate(asked, recreation, { recreate: false, force: false });
  if (!refused || (more.length === 0 && isPlain(first))) return refused;
  // The command that recreates the object accepts only one name
  return { ...refused, fix: undefined };
}

/** Returns the change that removes names from a list, at every position. */
export function takeOut(missing: readonly string[], { to, names }: Target): Refer | Keep {
  const after = names.filter((name) => !missing.includes(name));
  if (after.length === names.length) return { act: "keep", to, because: "every name leads to a Secret" };
  return { act: "detach", to, secret: missing[0] ?? "", before: names, after, dangling: missing };
}

/** @param isFixable whether a command that names the targets removes the names */
function warnSkipped(targets: readonly Target[], { existing }: DanglingOptions, what: string, isFixable: boolean): Warn[] {
  const [first] = targets;
  if (!first) return [];
  const missing = [...new Set(targets.flatMap(({ names }) => danglingIn(names, existing)))];
  const refs = targets.map(({ to }) => to);
  const names = refs.map(nameOf);
  const [namesThatLead, them] = missing.length === 1 ? ["a name that leads", "it"] : ["names that lead", "them"];
  const says = `${several(names)} ${pluralize(names.length, "lists", "list")} ${namesThatLead} nowhere (${several(missing.map(shown))}), ${what} ${them}`;
  const id = missing.every((name) => name === "") ? "empty-name" : "dangling-name";
  const fix = isFixable ? ({ verb: "detach", dangling: true, ...saidTargets(refs) } as const) : undefined;
  return [{ act: "warn", id, to: first.to, says, fix }];
}
