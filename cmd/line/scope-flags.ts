import { usage } from "../../src/errors.ts";
import { isGlob, type Scope } from "../../src/scope/scope.ts";
import { type Flags, under, type Values } from "./flags.ts";
import { namespaces } from "./known.ts";
import { ours } from "./kubectl-flags.ts";
import { objectName } from "./names.ts";

/** Validates the name of a namespace (RFC 1123 label), or a pattern with `*` and `?`. */
export const refuseNamespace = (flag: string) => (value: string) =>
  /^[a-z0-9*?]([-a-z0-9*?]{0,61}[a-z0-9*?])?$/.test(value.replace(/^.*\//, ""))
    ? undefined
    : usage(`invalid argument ${JSON.stringify(value)} for "--${flag}" flag: must be the name of a namespace or a pattern with * and ?`);

/** The flags that select namespaces. */
export const scopeFlags = under("Where", {
  namespace: ours.namespace,
  namespaces: {
    type: "strings",
    read: (value) => objectName("Namespace", value),
    refuse: refuseNamespace("namespaces"),
    exclusive: ["namespace", "all-namespaces", "namespace-selector"],
    complete: namespaces,
    value: "NAME",
    describe: "Namespaces by name or pattern, such as 'team-*'",
  },
  "namespace-selector": {
    type: "string",
    exclusive: ["namespace"],
    value: "LABELS",
    describe: "Namespaces with these labels, such as team=web",
  },
  "all-namespaces": {
    type: "boolean",
    short: "A",
    exclusive: ["namespace"],
    describe: "All namespaces except kube-* (see --include-system)",
  },
  "exclude-namespaces": {
    type: "strings",
    read: (value) => objectName("Namespace", value),
    refuse: refuseNamespace("exclude-namespaces"),
    complete: namespaces,
    value: "NAME",
    describe: "Namespaces to skip, by name or pattern",
  },
  "include-system": { type: "boolean", describe: "Also write to the namespaces kube-*" },
});

const { "include-system": _, ...reading } = scopeFlags;

/** The flags for a verb that only reads: it reads kube-* like any other namespace. */
export const readScope = {
  ...reading,
  "all-namespaces": { ...reading["all-namespaces"], describe: "All namespaces" },
} satisfies Flags;

type ScopeFlags = Values<typeof scopeFlags>;

/** Returns the scope that the flags select. @throws CliError usage for a flag that filters a single namespace */
export function scopeOf(flags: Partial<ScopeFlags>): Scope {
  const { "exclude-namespaces": exclude = [], "include-system": includeSystem = false } = flags;
  const namespaces = namespacesOf(flags);
  const stray = exclude.length > 0 ? "exclude-namespaces" : includeSystem ? "include-system" : undefined;
  if (namespaces === "current" && stray) throw usage(`--${stray} requires --namespaces, --namespace-selector or --all-namespaces`);
  return {
    namespaces,
    selector: flags["namespace-selector"],
    exclude: unique(exclude),
    includeSystem,
  };
}

function namespacesOf({ namespaces = [], ...flags }: Partial<ScopeFlags>): Scope["namespaces"] {
  if (flags["all-namespaces"] || flags["namespace-selector"] !== undefined) return "all";
  if (namespaces.length === 0) return "current";
  return { names: unique(namespaces.filter((name) => !isGlob(name))), globs: unique(namespaces.filter(isGlob)) };
}

const unique = (words: readonly string[]) => [...new Set(words)];
