import { usage } from "../../src/errors.ts";
import { argumentKind, kinds, type TargetKind, targetKinds } from "../../src/kinds.ts";
import { isGlob } from "../../src/scope/scope.ts";
import type { TargetOptions, TargetPick } from "../../src/usage/targets.ts";
import { kindSpelled, secretName } from "./names.ts";

export type TargetFlags = {
  readonly serviceaccount?: readonly string[];
  readonly "all-serviceaccounts"?: boolean;
  readonly all?: boolean;
  readonly selector: string | undefined;
  readonly "where-used"?: boolean;
  /** A selector without a kind selects no ServiceAccounts: the verb applies it to all kinds. */
  readonly selectsAnyKind?: true;
};

/**
 * Reads `[SECRET] TARGET…` in kubectl's spellings, and the flags for ServiceAccounts: `deploy/web sts/db`, `deploy web api`, `deploy,sts
 * --all`, `deployments -l app=web`. In names, `*` stands for any text and `?` for any character.
 * @returns the Secret, if the first word names it, and the targets
 * @throws CliError usage
 */
export function readTargetWords(words: readonly string[], flags: TargetFlags): { secret: string | undefined; targets: TargetOptions } {
  const { serviceaccount = [], "all-serviceaccounts": allAccounts, all = false, selector, "where-used": whereUsed = false } = flags;
  const [secret, rest] = takeSecret(words, all || selector !== undefined);
  const accounts = accountPicks(flags, rest.length > 0);
  const named = picksOf(rest, flags);
  const picks = merged([...accounts, ...named]);
  if (whereUsed && picks.length > 0) throw usage("--where-used cannot be combined with targets");
  if (serviceaccount.length > 0 && (allAccounts || (selector !== undefined && rest.length === 0)))
    throw usage("--serviceaccount cannot be combined with --all-serviceaccounts or --selector");
  return { secret, targets: { picks, whereUsed } };
}

/**
 * Separates the Secret's name from the targets. The first word is the Secret's name, unless it is a target (`deploy/web`). A kind with
 * names, `--all` or labels after it is a target, too.
 */
function takeSecret([first, ...rest]: readonly string[], several: boolean): [string | undefined, readonly string[]] {
  if (first === undefined) return [undefined, []];
  const isKind =
    kindsSpelled(first) !== undefined && (several || (rest[0] !== undefined && !rest[0].includes("/") && !kindsSpelled(rest[0])));
  if (isKind || isTargetWord(first)) return [undefined, [first, ...rest]];
  const kind = /^([a-z]+)\/[^/:@]+$/i.exec(first)?.[1];
  if (kind !== undefined && !/^secrets?$/i.test(kind)) throw invalidKind(kind);
  return [secretName(first), rest];
}

const isTargetWord = (word: string): boolean => word.includes("/") && kindSpelled(word.slice(0, word.indexOf("/"))) !== undefined;

/** Returns the kinds of a word such as `deploy,sts`; undefined if one of them is not a kind. */
function kindsSpelled(word: string): TargetKind[] | undefined {
  const found = word.split(",").map(kindSpelled);
  return found.every((kind) => kind !== undefined) ? found : undefined;
}

function accountPicks(flags: TargetFlags, words: boolean): TargetPick[] {
  const { serviceaccount = [], "all-serviceaccounts": all, selector, all: ofKinds, selectsAnyKind } = flags;
  if (all) return [pick("serviceaccount", ["*"], selector)];
  if (ofKinds && !words) throw usage("--all requires a kind, as in deployments --all; for ServiceAccounts, use --all-serviceaccounts");
  if (selector !== undefined && !words && !selectsAnyKind) return [pick("serviceaccount", ["*"], selector)];
  return serviceaccount.length > 0 ? [pick("serviceaccount", serviceaccount)] : [];
}

/** Returns the targets that the words after the Secret's name select. */
function picksOf(words: readonly string[], flags: TargetFlags): TargetPick[] {
  const [first, ...others] = words;
  if (first === undefined) return [];
  const chosen = kindsSpelled(first);
  if (chosen) return ofKinds(chosen, others, flags);
  refuseSelection(flags);
  return words.map(readPair);
}

/** Reads `deploy web api`, `deploy,sts --all`, `deploy -l app=web`. */
function ofKinds(chosen: readonly TargetKind[], names: readonly string[], flags: TargetFlags): TargetPick[] {
  const pair = names.find((name) => name.includes("/"));
  if (pair !== undefined) throw usage(`invalid target ${JSON.stringify(pair)}: omit either its kind or the kind before it`);
  if (names.length > 0) {
    refuseSelection(flags);
    return chosen.map((kind) => pick(kind, names.map(checkedName)));
  }
  if (flags.all || flags.selector !== undefined) return chosen.map((kind) => pick(kind, ["*"], flags.selector));
  const [kind = "pod"] = chosen;
  throw usage(`resource(s) were provided, but no name was specified: ${argumentKind(kind)}/NAME, or ${kinds[kind].plural} --all`);
}

/** Rejects flags that select all objects of a kind next to names. */
function refuseSelection({ all, selector }: TargetFlags): void {
  if (all) throw usage("--all cannot be combined with the name of a target; it selects a whole kind, as in deployments --all");
  if (selector !== undefined) throw usage("name cannot be provided when a selector is specified");
}

function readPair(word: string): TargetPick {
  const slash = word.indexOf("/");
  const [before, name] = [word.slice(0, Math.max(slash, 0)), word.slice(slash + 1)];
  const kind = slash > 0 ? kindSpelled(before) : undefined;
  if (kind) return pick(kind, [checkedName(name)]);
  if (slash > 0) throw invalidKind(before);
  throw usage(
    `invalid target ${JSON.stringify(word)}: specify its kind, as in KIND/NAME`,
    `did you mean deployment/${name} or serviceaccount/${name}?`,
  );
}

function invalidKind(word: string): Error {
  const words = targetKinds.map(argumentKind);
  const known = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return usage(`invalid kind ${JSON.stringify(word)}: a target must be a ${known}`);
}

/** Rejects a name that the API server would read as another resource. */
function checkedName(name: string): string {
  if (name === "") throw usage("a target must have a name");
  if (/[/%]|^\.\.?$/.test(name)) throw usage(`invalid target name ${JSON.stringify(name)}`);
  return name;
}

const pick = (kind: TargetKind, words: readonly string[], selector?: string): TargetPick => ({
  kind,
  names: [...new Set(words.filter((word) => !isGlob(word)))],
  globs: [...new Set(words.filter(isGlob))],
  selector,
});

/** Merges the picks of each kind and selector, so that each list is read once. */
const merged = (picks: readonly TargetPick[]): TargetPick[] =>
  [...Map.groupBy(picks, ({ kind, selector }) => JSON.stringify([kind, selector])).values()].map((same) => {
    const [{ kind, selector }] = same as [TargetPick];
    const words = same.flatMap(({ names, globs }) => [...names, ...globs]);
    return pick(kind, words, selector);
  });
