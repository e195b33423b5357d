import type { SignInOptions } from "./azure/port.ts";
import type { Scope } from "./scope/scope.ts";

/**
 * What to do next, as data: a hint or a piece of advice names a command without spelling it. `cmd/line/spell.ts` makes the line to
 * type of it, from the same rows of flags that the parser reads. A name in capitals (`REGISTRY`) stands for what only the reader knows.
 */
export type Fix = Ours | Kubectl | Az | Shell | Steps | Hints;

/** Where a command acts, if that is not where the command line at hand does. */
type Where = { readonly namespace?: string | undefined; readonly context?: string | undefined };

/** A command of this plugin. `or` is another way, in words, which is printed on a line of its own. */
export type Ours = (Create | Refer | Delete | Rotate | Check | List | Prune | Help) & Where & { readonly or?: string };

export type List = {
  readonly do: "list";
  /** In every namespace, with all that is known. */
  readonly everywhere?: true;
};

export type Create = Targets & {
  readonly do: "create";
  readonly secret?: string | undefined;
  /** The registry's name or id, or its login server. */
  readonly registry: string;
  /** As whom Azure is asked, where that was said. */
  readonly identity?: SignInOptions | undefined;
  readonly repositories?: readonly string[];
  /** Of a credential that somebody has: its password is to be in `$PASSWORD`. */
  readonly username?: string | undefined;
  readonly acrToken?: string | undefined;
  readonly scopeMap?: string;
  readonly admin?: boolean;
  readonly entra?: boolean;
  /** A service principal, by its display name or its application's id. */
  readonly servicePrincipal?: string | undefined;
  /** How long a password is to work: `90d`. */
  readonly expiresIn?: string | undefined;
  readonly force?: boolean;
  /** Makes targets anew that cannot be changed. */
  readonly recreate?: boolean;
  readonly merge?: boolean;
  readonly reader?: ReaderName | undefined;
  /** The login is to hold at the registry's regional hosts too. */
  readonly includeRegional?: boolean;
  /** The places, where they are not the one at hand. */
  readonly scope?: Scope | undefined;
  readonly credentialPer?: "scope" | "namespace" | undefined;
};

/** Who is to read a Secret, if not the kubelet; their rows are in `src/secret/readers.ts`. */
export type ReaderName = "argocd" | "argocd-image-updater" | "flux" | "helm";

/** What `create` has to be told to make a credential of the same kind again. */
export type Again = {
  readonly flags: Pick<Create, "acrToken" | "admin" | "entra" | "servicePrincipal" | "username">;
  /** What somebody should know before, to stand after `the Secret notes that`: whoever works in the namespace can write that note. */
  readonly noted?: string | undefined;
};

export type Refer = {
  readonly do: "attach" | "detach";
  readonly secret?: string | undefined;
  /** Instead of doing it: what to commit where the target comes from. */
  readonly output?: "kustomize" | "helm";
  /** Makes anew what cannot be changed. */
  readonly recreate?: boolean;
  readonly force?: boolean;
  /** Names that lead to no Secret, whichever they are. */
  readonly dangling?: boolean;
  /** Manifests instead of a cluster's objects: a file, or the folder of a kustomization. */
  readonly filename?: string | undefined;
  readonly kustomize?: string | undefined;
} & Targets;

export type Delete = {
  readonly do: "delete";
  readonly secret?: string | undefined;
  /** Nobody is asked before. */
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly revoke?: boolean;
  readonly ignoreNotFound?: boolean;
  /** The places, where they are not the one at hand. */
  readonly scope?: Scope | undefined;
  /** As whom Azure is asked, where that was said. */
  readonly identity?: SignInOptions | undefined;
};

export type Rotate = {
  readonly do: "rotate";
  readonly secret: string;
  /** Other tools' Secrets get the password too. */
  readonly force?: boolean;
};

/** The targets that a command is about. */
type Targets = {
  readonly serviceaccounts?: readonly string[];
  readonly allServiceaccounts?: boolean;
  /** As they are typed: `deployment/web`, or a kind where all of it or labels are meant. */
  readonly targets?: readonly string[];
  /** All of the kinds that `targets` names. */
  readonly all?: boolean;
  /** Labels. */
  readonly selector?: string | undefined;
  readonly whereUsed?: boolean;
};

export type Check = {
  readonly do: "check";
  readonly secret?: string | undefined;
  readonly images?: readonly string[];
  readonly serviceaccount?: string | undefined;
};

/** Shows what is left over at a registry. */
export type Prune = { readonly do: "prune"; readonly registry: string; readonly identity?: SignInOptions | undefined };

/** The help of one verb, or of all. */
export type Help = { readonly do: "help"; readonly verb?: string | undefined };

/** A command of kubectl itself. */
export type Kubectl = Where &
  /** Lists objects: `serviceaccounts`. */
  (
    | { readonly do: "get"; readonly resource: string }
    | { readonly do: "create-namespace"; readonly name: string }
    | { readonly do: "delete-pods"; readonly pods: readonly string[] }
    /** Deletes an object without a word from its node that it has ended. */
    | { readonly do: "delete-by-force"; readonly workload: Workload; readonly or?: string }
    | { readonly do: "delete-secret"; readonly secret: string }
    /** Lets a workload's pods name one pull secret instead of another, in one rollout. */
    | { readonly do: "reference"; readonly workload: Workload; readonly secret: string; readonly instead: string }
    /** Makes the pods of workloads anew, a few at a time. */
    | { readonly do: "rollout"; readonly workloads: readonly Workload[]; readonly or?: string }
    | { readonly do: "set-image"; readonly workload: Workload; readonly container: string; readonly image: string }
    /** Has Helm pull a chart with a Secret's login. */
    | { readonly do: "pull-chart"; readonly secret: string; readonly host: string }
  );

/** What makes pods, as kubectl names it: `deployment/web`. */
export type Workload = { readonly kind: string; readonly name: string };

/** A command of the Azure CLI. `registry` is the registry's name. */
export type Az = { readonly registry: string } & (
  | { readonly do: "show-repositories" }
  | { readonly do: "show-tags"; readonly repository: string }
  | { readonly do: "show-manifests"; readonly repository: string }
  | { readonly do: "show-network-rules" }
);

/** Another command. `into` reads what it prints. */
export type Shell = {
  readonly do: "shell";
  readonly argv: readonly string[];
  readonly into?: readonly string[];
  /** When to run it, or what for, on the line above. */
  readonly when?: string;
};

/** Several hints, each on a line of its own. */
export type Hints = { readonly do: "hints"; readonly hints: readonly (string | Fix)[] };

/** Commands that follow each other, each only if the one before it succeeded. */
export type Steps = Where & { readonly do: "steps"; readonly steps: readonly Fix[] };

/** A fix for what stands in a place: it acts there, unless it says otherwise itself. The Azure CLI acts in none; a whole cluster has no namespace. */
export function inPlace(fix: Fix, at: Where): Fix {
  if (isAz(fix) || fix.do === "shell") return fix;
  if (fix.do === "hints") return { ...fix, hints: fix.hints.map((hint) => (typeof hint === "string" ? hint : inPlace(hint, at))) };
  return { namespace: at.namespace || undefined, context: at.context, ...fix };
}

/** Returns a hint in one line, for a field of JSON. */
export function hintText(hint: string | Fix, spell: (fix: Fix) => string): string {
  if (typeof hint === "string") return hint;
  if (hint.do === "hints") return hint.hints.map((one) => hintText(one, spell)).join("; ");
  return hint.do === "shell" && hint.when !== undefined ? `${hint.when}: ${spell(hint)}` : spell(hint);
}

/** Returns in words what else can be done instead of a command. */
export function otherWay(fix: Fix): string | undefined {
  if (fix.do !== "steps") return "or" in fix ? fix.or : undefined;
  const last = fix.steps.at(-1);
  return last && otherWay(last);
}

export const isAz = (fix: Fix): fix is Az => fix.do.startsWith("show-");
