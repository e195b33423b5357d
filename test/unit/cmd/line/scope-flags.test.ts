import { expect, test } from "vitest";
import type { Values } from "../../../../cmd/line/flags.ts";
import { global } from "../../../../cmd/line/kubectl-flags.ts";
import { parse } from "../../../../cmd/line/parse.ts";
import { scopeFlags, scopeOf } from "../../../../cmd/line/scope-flags.ts";
import type { Scope } from "../../../../src/scope/scope.ts";

const flags = { ...global, ...scopeFlags };

const scope = (typed: string) =>
  scopeOf(
    parse(
      typed
        .split(" ")
        .filter(Boolean)
        .map((word) => word.replaceAll("''", "")),
      flags,
    ).flags as Values<typeof scopeFlags>,
  );

const here: Scope = {
  namespaces: "current",
  selector: undefined,
  exclude: [],
  includeSystem: false,
};

test.for<{ typed: string; options: Partial<Scope> }>([
  { typed: "", options: {} },
  { typed: "-n demo", options: {} },
  { typed: "-A", options: { namespaces: "all" } },
  { typed: "-A=false -n demo", options: {} },
  { typed: "-n '' -A", options: { namespaces: "all" } },
  { typed: "--namespaces a,b --namespaces a,c", options: { namespaces: { names: ["a", "b", "c"], globs: [] } } },
  { typed: "--namespaces a,team-*,t??", options: { namespaces: { names: ["a"], globs: ["team-*", "t??"] } } },
  { typed: "--namespaces=ns/a", options: { namespaces: { names: ["a"], globs: [] } } },
  { typed: "--namespace-selector team=web", options: { namespaces: "all", selector: "team=web" } },
  { typed: "-A --namespace-selector team=web", options: { namespaces: "all", selector: "team=web" } },
  { typed: "-A --exclude-namespaces a,b-* --exclude-namespaces a", options: { namespaces: "all", exclude: ["a", "b-*"] } },
  { typed: "-A --include-system", options: { namespaces: "all", includeSystem: true } },
])("reads $typed", ({ typed, options }) => {
  expect(scope(typed)).toEqual({ ...here, ...options });
});

const together = (...pair: string[]) => `${pair.map((flag) => `--${flag}`).join(" and ")} cannot be used together`;

test.for([
  // Flags that exclude each other.
  { typed: "-n a --namespaces b", message: together("namespace", "namespaces") },
  { typed: "-n a -A", message: together("all-namespaces", "namespace") },
  { typed: "-n a --namespace-selector x", message: together("namespace", "namespace-selector") },
  { typed: "-A --namespaces b", message: together("all-namespaces", "namespaces") },
  { typed: "--namespaces b --namespace-selector x", message: together("namespace-selector", "namespaces") },
  // A value for one cluster would apply to all.
  // An empty variable neither widens the selection nor narrows the exclusion.
  { typed: "--namespaces ''", message: 'invalid argument "" for "--namespaces" flag: must not be empty' },
  { typed: "--namespaces a,", message: 'invalid argument "" for "--namespaces" flag: must not be empty' },
  { typed: "--namespace-selector ''", message: 'invalid argument "" for "--namespace-selector" flag: must not be empty' },
  { typed: "-A --exclude-namespaces ''", message: 'invalid argument "" for "--exclude-namespaces" flag: must not be empty' },
  // Combinations without a meaning.
  { typed: "--exclude-namespaces a", message: "--exclude-namespaces requires --namespaces, --namespace-selector or --all-namespaces" },
  { typed: "--include-system -n a", message: "--include-system requires --namespaces, --namespace-selector or --all-namespaces" },
  {
    typed: "--namespaces Team_A",
    message: `invalid argument "Team_A" for "--namespaces" flag: must be the name of a namespace or a pattern`,
  },
  { typed: "--namespaces -a", message: `invalid argument "-a" for "--namespaces" flag: must be the name` },
  { typed: "--namespaces deploy/web", message: 'invalid Namespace name "deploy/web"' },
])("rejects $typed: $message", ({ typed, message }) => {
  expect(() => scope(typed)).toThrow(message);
});
