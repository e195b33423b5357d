import type { SignInOptions } from "./azure/port.ts";

/**
 * What to do next, as data. `cmd/line/format-command.ts` formats it as a command that parses and is safe to paste.
 * A word in capitals (`REGISTRY`) stands for a value that only the user knows.
 */
export type Fix = PluginCommand | KubectlCommand | PullChart | Shell | Hints;

/** The namespace of a command. Default: that of the current command line. */
type Place = { readonly namespace?: string | undefined };

/** A command of this plugin. */
export type PluginCommand = Place &
  FlagValues & {
    readonly do?: undefined;
    /** Undefined: the plugin without a verb. */
    readonly verb: string | undefined;
    readonly secret?: string;
    /** As in kubectl: `deployment/web`, or a kind if `all` or `selector` is set. */
    readonly targets?: readonly string[];
    /** The command acts in all namespaces. */
    readonly allNamespaces?: true;
    readonly identity?: SignInOptions;
    /** Another way, in words. It is printed on a line of its own. */
    readonly or?: string;
  };

/** The values of flags. `cmd/line/format-command.ts` has the flag of each. */
export type FlagValues = {
  readonly registry?: string;
  readonly repositories?: readonly string[];
  readonly repositoriesFromPods?: boolean;
  readonly images?: readonly string[];
  readonly serviceaccount?: string;
  readonly serviceaccounts?: readonly string[];
  readonly allServiceaccounts?: boolean;
  readonly all?: boolean;
  readonly selector?: string;
  readonly whereUsed?: boolean;
  /** The user name of a given login. The command reads its password from `$PASSWORD`. */
  readonly username?: string | undefined;
  readonly admin?: boolean;
  readonly entra?: boolean;
  readonly servicePrincipal?: string | undefined;
  readonly expiresIn?: string;
  readonly dangling?: boolean;
  readonly fromCluster?: boolean;
  readonly revoke?: boolean;
  readonly recreate?: boolean;
  readonly force?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly reader?: ReaderName;
  readonly exports?: boolean | undefined;
  readonly exported?: boolean;
  readonly copyTo?: readonly string[];
  readonly copyToSelector?: string | undefined;
  readonly copyToAll?: boolean;
  /** How long to wait: `10m`. */
  readonly wait?: string;
  readonly yes?: boolean;
  readonly output?: string;
  readonly help?: boolean;
};

export type Create = PluginCommand & { readonly verb: "create"; readonly registry: string };

/** A program other than the kubelet that reads a Secret. Its row is in `src/secret/readers.ts`. */
export type ReaderName = "argocd" | "argocd-image-updater" | "external-secrets" | "flux" | "helm";

/** The flags of `create` that request a credential of the same kind again. */
export type SameCredential = {
  readonly flags: Pick<Create, "admin" | "entra" | "servicePrincipal" | "username">;
  /** A warning that is printed after `the Secret notes that`: anyone in the namespace can write the annotation. */
  readonly warning?: string;
};

/** A command of kubectl itself: `{ kubectl: "delete pod", args: ["web-1"] }`. */
export type KubectlCommand = Place & {
  readonly do?: undefined;
  readonly kubectl: string;
  readonly args: readonly string[];
  readonly or?: string;
};

/** Lets Helm pull a chart with a Secret's login. */
type PullChart = Place & { readonly do: "pull-chart"; readonly secret: string; readonly host: string };

/** A workload as kubectl names it: `deployment/web`. */
export type Workload = { readonly kind: string; readonly name: string };

/** Another command. `into` reads what it prints. */
type Shell = {
  readonly do: "shell";
  readonly argv: readonly string[];
  readonly into?: readonly string[];
  /** When to run it, or what for, on the line above. */
  readonly when?: string;
};

type Hints = { readonly do: "hints"; readonly hints: readonly (string | Fix)[] };

export const hasVerb = (fix: Fix, verb: string): fix is PluginCommand => "verb" in fix && fix.verb === verb;

export const listEverywhere: PluginCommand = { verb: "list", allNamespaces: true, output: "wide" };

/** Returns the fix with a place for each command that has none. A cluster-wide object has no namespace. */
export function inPlace(fix: Fix, at: Place): Fix {
  if (fix.do === "shell") return fix;
  if (fix.do === "hints") return { ...fix, hints: fix.hints.map((hint) => (typeof hint === "string" ? hint : inPlace(hint, at))) };
  return { namespace: at.namespace || undefined, ...fix };
}

/** Returns a hint in one line, for a field of JSON. */
export function hintText(hint: string | Fix, formatCommand: (fix: Fix) => string): string {
  if (typeof hint === "string") return hint;
  if (hint.do === "hints") return hint.hints.map((one) => hintText(one, formatCommand)).join("; ");
  return "when" in hint && hint.when !== undefined ? `${hint.when}: ${formatCommand(hint)}` : formatCommand(hint);
}

/** Returns in words what else can be done instead of a command. */
export const otherWay = (fix: Fix): string | undefined => ("or" in fix ? fix.or : undefined);
