import { cloudNames } from "../../src/azure/cloud.ts";
import type { SignInOptions } from "../../src/azure/port.ts";
import { type CliError, usage } from "../../src/errors.ts";
import { flag } from "../../src/hint.ts";
import { isObjectName } from "../../src/kinds.ts";
import { formatsOf } from "../../src/output/formats.ts";
import { type Known, nodes, registries, serviceAccounts } from "./known.ts";
import { objectName } from "./names.ts";

/** One flag of a verb, as data. The parser, the help, the completion and the docs use the same row. */
export type Flag = {
  /** `strings` is repeatable and splits each value at commas (pflag StringSlice). `repeated` does not split (pflag StringArray). */
  readonly type: "string" | "strings" | "repeated" | "boolean";
  readonly short?: string;
  /** The value of a flag that is given without a value: `--dry-run`. */
  readonly bare?: string;
  readonly default?: string | boolean;
  readonly choices?: readonly string[];
  /**
   * The meaning of an empty value: the flag is absent (kubectl's `-n "$NAMESPACE"`), or the value is kept. By default, an empty value and
   * an empty list element are rejected.
   */
  readonly empty?: "absent" | "kept";
  /** Converts a value: `sa/web` to `web`. @throws CliError usage */
  readonly read?: (value: string) => string;
  /** Returns a specific error for an invalid value. For a flag with `choices`, it is called only for invalid values. */
  readonly refuse?: (value: string) => CliError | undefined;
  /** Flags that can't be combined with it. */
  readonly exclusive?: readonly string[];
  /** The values of other flags, if this flag is given and they have their defaults. */
  readonly implies?: Readonly<Record<string, string>>;
  /** How its value is completed. Choices need no function. A list has usual values: others are valid too. */
  readonly complete?: readonly string[] | "files" | "folders" | ((known: Known) => Promise<readonly string[]>);
  /** Omitted from help, completion and tables: the flag exists only to be rejected with a reason. */
  readonly hidden?: true;
  /** Several verbs have it. `options` lists it, and their helps do not. */
  readonly isShared?: true;
  /** The heading above the flag in the help. The flags of a group follow each other. */
  readonly group?: string;
  /** The placeholder of the value in the help. Default: the choices. */
  readonly value?: string;
  readonly describe: string;
  /** The default in words, if it is not a fixed value. */
  readonly fallback?: string;
};

export type Flags = Readonly<Record<string, Flag>>;

/** Puts flags below a heading of the help. */
export const under = <const F extends Flags>(group: string, flags: F): F =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, group }])) as F;

/** Puts flags below a heading of `options`. */
const shared = <const F extends Flags>(group: string, flags: F): F =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, group, isShared: true }])) as F;

/** Returns the `refuse` of a flag. @param form in words: `the name of a node` @param isValid returns nothing for a value of another form */
export const mustBe = (form: string, isValid: (value: string) => unknown, name: string) => (value: string) =>
  isValid(value) ? undefined : usage(`invalid --${name} ${JSON.stringify(value)}: must be ${form}`);

/** Returns the name of the first flag of a verb that is given, not with its default, and that is not accepted. */
export const firstIgnored = (flags: Flags, values: Readonly<Record<string, unknown>>, accepted: readonly string[]): string | undefined =>
  Object.keys(flags).find((name) => {
    const value = values[name];
    const isAbsent = value === undefined || value === false || (Array.isArray(value) && value.length === 0);
    return !isAbsent && value !== flags[name]?.default && !accepted.includes(name);
  });

/** Returns the flags of a command line that don't have their defaults, as words of a printed command, without those of its output. */
export const wordsOf = (flags: Flags, values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>): string[] =>
  Object.entries(flags).flatMap(([name, row]) => {
    const value = values[name];
    if (name === "namespace" || [outputGroup, scriptGroup].includes(row.group ?? "") || value === row.default) return [];
    return row.default === true ? [`--${name}=${value}`] : flag(name, value, row.short);
  });

export const isList = ({ type }: Pick<Flag, "type">): boolean => type === "strings" || type === "repeated";

/** The values of the flags `F` on a command line. */
export type Values<F extends Flags> = { readonly [K in keyof F]: Value<F[K]> };

type Value<F extends Flag> = F extends { readonly type: "boolean" }
  ? boolean
  : F extends { readonly type: "strings" | "repeated" }
    ? readonly string[]
    : Text<F> | (F extends { readonly default: string } ? never : undefined);

type Text<F extends Flag> = F extends { readonly choices: readonly (infer C)[] } ? C : string;

/** The heading of the flags that decide what is printed and whether anything is changed. */
export const outputGroup = "Output";

/** The headings of shared flags. */
export const [signInGroup, scriptGroup] = ["Azure sign-in", "For scripts"];

export const dryRun = under(outputGroup, {
  "dry-run": {
    type: "string",
    choices: ["none", "server", "client"],
    bare: "client",
    default: "none",
    refuse: (value) => usage(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`),
    describe: "Only show the changes. With server, the API server validates them. Without a value: client",
  },
  diff: {
    type: "boolean",
    exclusive: ["output"],
    implies: { "dry-run": "client" },
    describe: "Show the changes as a diff only",
  },
});

/** Returns the row of `-o` for these results. An empty value means that the flag is absent, as for kubectl. */
export function formatFlag<const R extends Parameters<typeof formatsOf>[0]>(results: R, describe = "Output format") {
  const choices = formatsOf(results);
  const notOne = (value: string) =>
    usage(`unable to match a printer suitable for the output format "${value}", allowed formats are: ${choices.join(",")}`);
  return { type: "string", group: outputGroup, short: "o", choices, empty: "absent", refuse: notOne, describe } as const satisfies Flag;
}

export const output = {
  ...under(outputGroup, { output: formatFlag("outcomes") }),
  ...shared(scriptGroup, { "show-managed-fields": { type: "boolean", describe: "Include managedFields in json and yaml" } }),
};

/** The row of `-o` for a verb that prints its results at the end. */
export const dataOutput = { output: formatFlag("data") };

export const noHeaders = shared(scriptGroup, { "no-headers": { type: "boolean", describe: "Print the table without headers" } });

export const targetGroup = "Who gets it";

export const targetFlags = under(targetGroup, {
  serviceaccount: {
    type: "strings",
    bare: "default",
    read: (value) => objectName("ServiceAccount", value),
    complete: serviceAccounts,
    value: "NAME",
    describe: "ServiceAccount, by name or pattern. Without a value: default",
  },
  "all-serviceaccounts": { type: "boolean", describe: "Every ServiceAccount in the namespace" },
  selector: {
    type: "string",
    short: "l",
    value: "LABELS",
    describe: "Targets with these labels, such as app=web. Without a kind: ServiceAccounts",
  },
  all: { type: "boolean", describe: "Every target of the given kinds, as in deployments,statefulsets --all" },
  "where-used": { type: "boolean", describe: "Every ServiceAccount and workload whose pods use images of the Secret's registry" },
});

export const restartFlag = under(targetGroup, {
  restart: {
    type: "string",
    choices: ["stuck", "all", "none"],
    default: "stuck",
    describe: "Restart pods that can't start (stuck), or all that lack the Secret",
  },
});

export const recreateFlag = under(targetGroup, {
  recreate: {
    type: "boolean",
    describe: "Recreate waiting pods without a controller",
  },
});

export const strict = shared(scriptGroup, {
  strict: { type: "boolean", describe: "Also fail if the cluster denies a request that the run can do without" },
});

export const fieldManager = shared(scriptGroup, {
  "field-manager": { type: "string", default: "kubectl-acr-secret", value: "NAME", describe: "Field manager of the changes" },
});

/** The output flags of a verb that writes. */
export const writeOutput = { ...output, ...dryRun, ...fieldManager };

/** The row of `-f` for files of desired state. */
export const fileFlag = {
  type: "strings",
  short: "f",
  complete: "files",
  value: "FILE",
  describe: "File of desired state, a folder with such files, or - for standard input",
} as const;

export const registryFlag = {
  type: "string",
  complete: registries,
  value: "REGISTRY",
  describe: "Name, login server or Azure resource ID",
} as const;

export const verifyFlag = {
  type: "boolean",
  default: true,
  describe: "Pull a manifest before writing the Secret. Use --verify=false if only the cluster can reach the registry",
} as const;

/** The flags that let a node pull an image. */
export const nodesCanPull = {
  type: "strings",
  value: "REGISTRY",
  describe: "Nodes can pull from this registry by an identity of their own, as on AKS with an attached registry",
} as const;

export const nodePulls = {
  "from-cluster": { type: "boolean", describe: "Also let a node pull each image, in a pod that is created for it and then deleted" },
  node: {
    type: "string",
    refuse: mustBe("the name of a node", isObjectName, "node"),
    complete: nodes,
    value: "NAME",
    describe: "With --from-cluster: the node that pulls",
    fallback: "one that may run the pods",
  },
} as const satisfies Flags;

/** The form of a tenant, which becomes a part of URLs: an ID or a domain. */
const tenantForm = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/i;

/** The flags that select the identity and the cloud of requests to Azure. */
export const identityFlags = shared(signInGroup, {
  auth: {
    type: "string",
    choices: ["auto", "az", "env", "workload", "managed"],
    default: "auto",
    describe:
      "Source of the identity: az (the Azure CLI), env (a service principal in AZURE_* variables), workload (a workload identity's token " +
      "file) or managed (this machine's managed identity). With auto: the environment, else the Azure CLI",
  },
  tenant: {
    type: "string",
    refuse: mustBe("the tenant's ID or domain", (value) => tenantForm.test(value), "tenant"),
    value: "TENANT",
    describe: "Tenant to sign in to, by ID or domain",
    fallback: "the identity's",
  },
  subscription: {
    type: "string",
    value: "SUBSCRIPTION",
    describe: "Search for the registry only in this subscription, by ID or name",
    fallback: "every subscription that the identity can read",
  },
  cloud: {
    type: "string",
    choices: cloudNames,
    value: "CLOUD",
    describe: `Azure cloud to sign in to: ${cloudNames.join(", ")}`,
    fallback: "the environment's or the Azure CLI's",
  },
});

export const identityOf = ({ auth, tenant, subscription, cloud }: Values<typeof identityFlags>): SignInOptions => {
  return { source: auth, tenant, subscription, cloud };
};

export const recreateFlags = {
  ...recreateFlag,
  ...under(targetGroup, {
    force: { type: "boolean", describe: "With --recreate: also end running pods, and lose data that only they hold" },
  }),
};

/** The flags that `options` lists in addition to the global ones. */
export const sharedFlags = {
  ...identityFlags,
  "show-managed-fields": output["show-managed-fields"],
  ...fieldManager,
  ...strict,
  ...noHeaders,
} as const satisfies Flags;
