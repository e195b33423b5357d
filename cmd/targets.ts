import { CliError } from "../src/errors.ts";
import { type TargetWish, wantsTargets } from "../src/observe/place.ts";
import type { targets, Values } from "./line/flags.ts";

/** The ServiceAccounts that a command line is about. @throws CliError usage */
export function targetsOf({ serviceaccount: names, "all-serviceaccounts": all, selector }: Values<typeof targets>): TargetWish {
  if (names.length > 0 && (all || selector !== undefined)) {
    throw new CliError("usage", "--serviceaccount cannot be combined with --all-serviceaccounts or --selector");
  }
  return { names: [...new Set(names)], all, selector };
}

/** The flags by which a line to type is about the same ServiceAccounts; without any, about `default`. */
export const saidAgain = ({ names, all, selector }: TargetWish) => ({
  serviceaccounts: names,
  ...(all && { allServiceaccounts: true }),
  ...(selector !== undefined && { selector }),
});

/** The same, for a command that has nothing to act on without. */
export function requireTargets(flags: Values<typeof targets>, verb: "attach" | "detach", secret?: string): TargetWish {
  const wish = targetsOf(flags);
  if (wantsTargets(wish)) return wish;
  throw new CliError("usage", "no target is named", {
    hint: { do: verb, secret, serviceaccounts: ["default"], or: "--all-serviceaccounts" },
  });
}
