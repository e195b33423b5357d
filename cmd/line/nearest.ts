import { distance } from "../../src/check/distance.ts";
import type { Flags } from "./flags.ts";

/** Other programs' words for our verbs (kubectl, oc, docker), and words for what a verb does. */
const verbs: Readonly<Record<string, string>> = {
  get: "list",
  ls: "list",
  describe: "list",
  status: "check",
  test: "check",
  verify: "check",
  diagnose: "check",
  doctor: "check",
  link: "attach",
  add: "attach",
  patch: "attach",
  unlink: "detach",
  remove: "detach",
  make: "create",
  apply: "create",
  login: "create",
  show: "list",
  validate: "check",
};

/** Flags of `kubectl create secret docker-registry` and of `docker login`. */
const flagsOfOthers: Readonly<Record<string, string>> = {
  "docker-server": "registry",
  "docker-username": "username",
  "docker-password": "password-stdin",
};

/** The verb that was most likely meant: by another program's word for it, or by a slip of the keys. */
export function meantVerb(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const other = Object.hasOwn(verbs, lower) ? verbs[lower] : undefined;
  return other !== undefined && known.includes(other) ? other : nearest(lower, known);
}

/** A hint at the flag that was most likely meant. */
export function meantFlag(name: string, flags: Flags): string | undefined {
  const known = Object.keys(flags).filter((each) => !flags[each]?.hidden);
  const other = Object.hasOwn(flagsOfOthers, name) ? flagsOfOthers[name] : undefined;
  const meant = other !== undefined && known.includes(other) ? other : nearest(name, known);
  return meant && `did you mean --${meant}?`;
}

/** The words that one comes near: at a typing error's distance, or those that it is a part of. */
export function near(word: string, known: readonly string[]): readonly string[] {
  const small = word.toLowerCase();
  const nearby = nearest(small, known);
  const around = known.filter((each) => small.length > 2 && each.toLowerCase().includes(small));
  return [...new Set([...(nearby === undefined ? [] : [nearby]), ...around])];
}

/** The word that was most likely meant, at two typing errors' distance or less, of a short one at one; of several one that is begun so. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const begun = (name: string) => Number(name.startsWith(word));
  const ranked = known
    .map((name) => ({ name, away: distance(word, name) }))
    .sort((a, b) => a.away - b.away || begun(b.name) - begun(a.name));
  const [best] = ranked;
  return best && best.away <= (word.length < 5 ? 1 : 2) ? best.name : undefined;
}
