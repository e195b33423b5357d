import { hasVerb } from "../fix.ts";
import { joinNames, kinds, nameOf } from "../kinds.ts";
import type { Change, Keep, Refer, Refuse, Warn } from "../plan/change.ts";
import { isPlain, pluralize, shown, targetArguments } from "../wording.ts";
import { refuseOwned, refuseRecreate, type Target } from "./references.ts";

/** The kinds of change that end no pod. */
const quiet = new Set<string>(["new-pods", "next-run"]);

/**
 * Removes names of missing Secrets from lists. Without named targets, skips targets whose pods would restart or whose list can't be
 * changed. Warns about skipped targets once.
 * @param existing the names of the existing Secrets
 */
export function planDangling(
  targets: readonly Target[],
  { existing, named }: { readonly existing: ReadonlySet<string>; readonly named: boolean },
): Change[] {
  const all = targets.map((target): Dangling => {
    const missing = new Set(target.names.filter((name) => name === "" || !existing.has(name)));
    return { target, takesEffect: kinds[target.to.kind].pullSecretList.takesEffect, missing: [...missing] };
  });
  const planOne = ({ target, missing }: Dangling) => refusal(missing, target) ?? planRemoval(missing, target);
  if (named) return all.map(planOne);
  const skipped = (takesEffect: string) => all.filter((one) => one.takesEffect === takesEffect && one.missing.length > 0);
  return [
    ...all.filter(({ target, takesEffect }) => target.names.length > 0 && quiet.has(takesEffect)).map(planOne),
    ...warnSkipped(skipped("rollout"), true),
    ...warnSkipped(skipped("recreate"), false),
  ];
}

/** A target and the names in its list without a Secret, including the empty name. */
type Dangling = { readonly target: Target; readonly takesEffect: string; readonly missing: readonly string[] };

/** Returns the refusal for a list with names of missing Secrets that can't be written. */
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
  // The command that recreates the pod accepts only one name
  return { ...refused, fix: undefined };
}

/** Returns the change that removes names from a list, at every position. */
export function planRemoval(missing: readonly string[], { to, names }: Target): Refer | Keep {
  const after = names.filter((name) => !missing.includes(name));
  if (after.length === names.length) return { act: "keep", to, because: "every listed Secret exists" };
  return { act: "detach", to, secret: missing[0] ?? "", before: names, after, dangling: missing };
}

/** @param isFixable whether a command that names the targets removes the names */
function warnSkipped(skipped: readonly Dangling[], isFixable: boolean): Warn[] {
  const [to, ...others] = skipped.map(({ target }) => target.to);
  if (!to) return [];
  const refs = [to, ...others];
  const missing = [...new Set(skipped.flatMap((one) => one.missing))];
  const secrets = `${pluralize(missing.length, "a missing Secret", "missing Secrets")} (${joinNames(missing.map(shown))})`;
  const why = isFixable ? "a change restarts pods" : `the ${pluralize(refs.length, "list", "lists")} cannot be changed`;
  const message = `${joinNames(refs.map(nameOf))} ${pluralize(refs.length, "lists", "list")} ${secrets}; skipped because ${why}`;
  const id = missing.every((name) => name === "") ? "empty-name" : "dangling-name";
  const fix = isFixable ? ({ verb: "detach", dangling: true, ...targetArguments(refs) } as const) : undefined;
  return [{ act: "warn", id, to, message, fix }];
}
