import { expect, test } from "vitest";
import { includes, isOpen, type Scope } from "../../../src/scope/scope.ts";

const scope = (more: Partial<Scope> = {}): Scope => ({
  contexts: "current",
  namespaces: "all",
  selector: undefined,
  exclude: [],
  includeSystem: false,
  ...more,
});
const listed = (names: string[], globs: string[] = []) => ({ names, globs });

test.for<{ why: string; scope: Scope; writes?: boolean; has: string[]; hasNot: string[] }>([
  { why: "all", scope: scope(), has: ["a", "kube"], hasNot: ["kube-system", "kube-"] },
  { why: "all, for who reads", scope: scope(), writes: false, has: ["a", "kube-system"], hasNot: [] },
  { why: "all, the system's too", scope: scope({ includeSystem: true }), has: ["kube-system"], hasNot: [] },
  { why: "all but some", scope: scope({ exclude: ["team-*", "x"] }), has: ["a", "team", "xy"], hasNot: ["team-a", "team-", "x"] },
  { why: "names", scope: scope({ namespaces: listed(["a", "b"]) }), has: ["a", "b"], hasNot: ["c", "ab"] },
  { why: "the system's by name", scope: scope({ namespaces: listed(["kube-system"]) }), has: ["kube-system"], hasNot: ["kube-public"] },
  { why: "the current one is the system's", scope: scope({ namespaces: "current" }), has: ["kube-system"], hasNot: [] },
  { why: "a name that is left out", scope: scope({ namespaces: listed(["a", "b"]), exclude: ["a"] }), has: ["b"], hasNot: ["a"] },
  {
    why: "globs",
    scope: scope({ namespaces: listed([], ["team-*", "x?"]) }),
    has: ["team-", "team-a", "xy"],
    hasNot: ["team", "x", "xyz", "ateam-a"],
  },
  { why: "a glob does not take the system's", scope: scope({ namespaces: listed([], ["*"]) }), has: ["a"], hasNot: ["kube-system"] },
  {
    why: "a glob that means the system's, unless it is asked for",
    scope: scope({ namespaces: listed([], ["kube-*"]) }),
    has: [],
    hasNot: ["kube-system"],
  },
  {
    why: "a glob is no regular expression",
    scope: scope({ namespaces: listed([], ["a.b*", "[ab]*"]) }),
    has: ["a.bc", "[ab]c"],
    hasNot: ["axbc", "ac"],
  },
])("$why", ({ scope: of, writes = true, has, hasNot }) => {
  expect(has.filter((name) => !includes(of, name, writes))).toEqual([]);
  expect(hasNot.filter((name) => includes(of, name, writes))).toEqual([]);
});

test.for<{ why: string; scope: Scope; open: boolean }>([
  { why: "the current namespace", scope: scope({ namespaces: "current" }), open: false },
  { why: "names", scope: scope({ namespaces: listed(["a", "b"]) }), open: false },
  { why: "names and globs", scope: scope({ namespaces: listed(["a"], ["b*"]) }), open: true },
  { why: "all", scope: scope(), open: true },
  { why: "a selector", scope: scope({ namespaces: listed([]), selector: "a=b" }), open: true },
])("$why has to be asked for: $open", ({ scope: of, open }) => {
  expect(isOpen(of)).toBe(open);
});
