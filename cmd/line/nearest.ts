import { nearest } from "../../src/nearest.ts";
import type { Flags } from "./flags.ts";

/** Verbs of other programs (kubectl, oc, docker) and common synonyms, with the verb of this plugin. */
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
  login: "create",
  show: "list",
  validate: "check",
};

/** Flags of `kubectl create secret docker-registry`, `kubectl get` and `docker login`. */
const flagsOfOthers: Readonly<Record<string, string>> = {
  "docker-server": "registry",
  "docker-username": "username",
  "docker-password": "password-stdin",
  watch: "wait",
};

/** Returns the most likely verb for an unknown one: its synonym, or the verb with the most similar spelling. */
export function suggestedVerb(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const other = Object.hasOwn(verbs, lower) ? verbs[lower] : undefined;
  return other !== undefined && known.includes(other) ? other : nearest(lower, known);
}

export function flagHint(name: string, flags: Flags): string | undefined {
  const known = Object.keys(flags).filter((each) => !flags[each]?.hidden);
  const other = Object.hasOwn(flagsOfOthers, name) ? flagsOfOthers[name] : undefined;
  const suggested = other !== undefined && known.includes(other) ? other : nearest(name, known);
  return suggested && `did you mean --${suggested}?`;
}

/** Returns the words that are similar to a word: the nearest one, and those that contain it. */
export function near(word: string, known: readonly string[]): readonly string[] {
  const small = word.toLowerCase();
  const nearby = nearest(small, known);
  const around = known.filter((each) => small.length > 2 && each.toLowerCase().includes(small));
  return [...new Set([...(nearby === undefined ? [] : [nearby]), ...around])];
}
