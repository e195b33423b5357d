import { expect, test } from "vitest";
import { includes, isOpen, matchesGlob, type Scope } from "../../../src/scope/scope.ts";

const scope = (more: Partial<Scope> = {}): Scope => ({
  namespaces: "all",
  selector: undefined,
  exclude: [],
  includeSystem: false,
  ...more,
});
const listed = (names: string[], globs: string[] = []) => ({ names, globs });

test.for<{ why: string; scope: Scope; writes?: boolean; has: string[]; hasNot: string[] }>([
  { why: "all", scope: scope(), has: ["a", "kube"], hasNot: ["kube-system", "kube-"] },
  { why: "all, for a run that reads", scope: scope(), writes: false, has: ["a", "kube-system"], hasNot: [] },
  { why: "all, including the system's", scope: scope({ includeSystem: true }), has: ["kube-system"], hasNot: [] },
  { why: "all except some", scope: scope({ exclude: ["team-*", "x"] }), has: ["a", "team", "xy"], hasNot: ["team-a", "team-", "x"] },
  { why: "names", scope: scope({ namespaces: listed(["a", "b"]) }), has: ["a", "b"], hasNot: ["c", "ab"] },
  { why: "the system's by name", scope: scope({ namespaces: listed(["kube-system"]) }), has: ["kube-system"], hasNot: ["kube-public"] },
  { why: "the current namespace is the system's", scope: scope({ namespaces: "current" }), has: ["kube-system"], hasNot: [] },
  { why: "an excluded name", scope: scope({ namespaces: listed(["a", "b"]), exclude: ["a"] }), has: ["b"], hasNot: ["a"] },
  {
    why: "patterns",
    scope: scope({ namespaces: listed([], ["team-*", "x?"]) }),
    has: ["team-", "team-a", "xy"],
    hasNot: ["team", "x", "xyz", "ateam-a"],
  },
  { why: "a pattern does not match the system's", scope: scope({ namespaces: listed([], ["*"]) }), has: ["a"], hasNot: ["kube-system"] },
  {
    why: "a pattern for the system's, only with --include-system",
    scope: scope({ namespaces: listed([], ["kube-*"]) }),
    has: [],
    hasNot: ["kube-system"],
  },
  {
    why: "a pattern is not a regular expression",
    scope: scope({ namespaces: listed([], ["a.b*", "[ab]*"]) }),
    has: ["a.bc", "[ab]c"],
    hasNot: ["axbc", "ac"],
  },
])("contains exactly the selected namespaces: $why", ({ scope: of, writes = true, has, hasNot }) => {
  expect(has.filter((name) => !includes(of, name, writes))).toEqual([]);
  expect(hasNot.filter((name) => includes(of, name, writes))).toEqual([]);
});

test.for<{ why: string; scope: Scope; open: boolean }>([
  { why: "the current namespace", scope: scope({ namespaces: "current" }), open: false },
  { why: "names", scope: scope({ namespaces: listed(["a", "b"]) }), open: false },
  { why: "names and patterns", scope: scope({ namespaces: listed(["a"], ["b*"]) }), open: true },
  { why: "all", scope: scope(), open: true },
  { why: "a selector", scope: scope({ namespaces: listed([]), selector: "a=b" }), open: true },
])("detects whether $why must be listed: $open", ({ scope: of, open }) => {
  expect(isOpen(of)).toBe(open);
});

test.each([
  ["*a*b", "aab", true],
  ["a?c*", "abc", true],
  ["*.a", "ba", false],
  ["**", "", true],
  ["a*", "ba", false],
  [`${"*a".repeat(40)}*b`, "a".repeat(253), false],
])("matchesGlob compares %s with %s in a short time", (glob, name, isMatch) => expect(matchesGlob(glob, name)).toBe(isMatch));
