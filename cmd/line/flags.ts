import { cloudNames } from "../../src/azure/cloud.ts";
import type { SignInOptions } from "../../src/azure/port.ts";
import type { CliError } from "../../src/errors.ts";
import { usage } from "../../src/errors.ts";
import { type Known, serviceAccounts } from "./known.ts";
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
  /** How its value is completed. Choices need no function. */
  readonly complete?: "files" | "folders" | ((known: Known) => Promise<readonly string[]>);
  /** Omitted from help, completion and tables: the flag exists only to be rejected with a reason. */
  readonly hidden?: true;
  readonly describe: string;
};

export type Flags = Readonly<Record<string, Flag>>;

/** Whether a flag can be given several times, and has a list of values. */
export const isList = ({ type }: Pick<Flag, "type">): boolean => type === "strings" || type === "repeated";

/** Returns the description of a flag for help, manual pages and docs. */
export const descriptionOf = ({ type, describe }: Pick<Flag, "type" | "describe">): string =>
  type === "strings" ? `${describe.replace(/\.$/, "")}. Repeatable or comma-separated.` : describe;

/** The values of the flags `F` on a command line. */
export type Values<F extends Flags> = { readonly [K in keyof F]: Value<F[K]> };

type Value<F extends Flag> = F extends { readonly type: "boolean" }
  ? boolean
  : F extends { readonly type: "strings" | "repeated" }
    ? readonly string[]
    : Text<F> | (F extends { readonly default: string } ? never : undefined);

type Text<F extends Flag> = F extends { readonly choices: readonly (infer C)[] } ? C : string;

export const dryRun = {
  "dry-run": {
    type: "string",
    choices: ["none", "server", "client"],
    bare: "client",
    default: "none",
    refuse: (value) => usage(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`),
    describe:
      'Must be "none", "server", or "client". Client prints what would be done; server asks the API server too. Neither changes anything.',
  },
  diff: {
    type: "boolean",
    exclusive: ["output", "keep"],
    implies: { "dry-run": "client" },
    describe:
      "Print what of each list and Secret would change, as kubectl diff does, and change nothing. The exit code is 0 where nothing would, 1 where something would, 2 for an error.",
  },
} as const satisfies Flags;

/** Returns the row of `-o` with these formats. An empty value means that the flag is absent, as for kubectl. */
export const formats = <const C extends readonly string[]>(choices: C) =>
  ({
    type: "string",
    short: "o",
    choices,
    empty: "absent",
    refuse: (value: string) =>
      usage(`unable to match a printer suitable for the output format "${value}", allowed formats are: ${choices.join(",")}`),
    describe: `Output format. One of: (${choices.join(", ")}).`,
  }) as const satisfies Flag;

export const output = {
  output: formats(["json", "yaml", "name", "jsonl"]),
  "show-managed-fields": { type: "boolean", describe: "If true, keep the managedFields when printing objects in JSON or YAML format." },
} as const satisfies Flags;

/** The row of `-o` for a verb that prints one object. */
export const dataOutput = {
  output: { type: "string", short: "o", choices: ["json", "yaml"], describe: "One of 'yaml' or 'json'." },
} as const satisfies Flags;

export const noHeaders = {
  "no-headers": { type: "boolean", describe: "When using the default output format, don't print headers." },
} as const satisfies Flags;

export const targetFlags = {
  serviceaccount: {
    type: "strings",
    bare: "default",
    read: (value) => objectName("ServiceAccount", value),
    complete: serviceAccounts,
    describe: "A ServiceAccount by its name. Without a value: default.",
  },
  "all-serviceaccounts": { type: "boolean", describe: "Every ServiceAccount of the namespace" },
  all: { type: "boolean", describe: "Every target of the kinds that are named: deployments,statefulsets --all" },
  selector: {
    type: "string",
    short: "l",
    describe: "Targets with these labels (-l key1=value1,key2=value2): of the kinds that are named, or ServiceAccounts where none is",
  },
  "where-used": {
    type: "boolean",
    describe: "Exactly the ServiceAccounts and templates whose pods have images of the Secret's registry",
  },
} as const satisfies Flags;

export const dangling = {
  dangling: {
    type: "boolean",
    exclusive: ["filename", "force", "kustomize", "recreate", "where-used"],
    describe:
      "Take out every name that leads to no Secret, and entries without a name. Without a target: of every ServiceAccount, and of every " +
      "template whose pods stay as they are",
  },
} as const satisfies Flags;

export const restartFlag = {
  restart: {
    type: "string",
    choices: ["stuck", "all", "none"],
    default: "stuck",
    describe:
      "Which pods are made anew that lack the Secret: those that cannot start (stuck), all by a rollout restart of their workloads (all), or none",
  },
} as const satisfies Flags;

export const recreateFlag = {
  recreate: {
    type: "boolean",
    describe: "Make anew what cannot be changed: pods without a controller that wait, and Jobs that have not begun their work",
  },
} as const satisfies Flags;

export const fieldManager = {
  "field-manager": { type: "string", default: "kubectl-acr-secret", describe: "Name of the manager used to track field ownership." },
} as const satisfies Flags;

/** The form of a tenant, which becomes a part of URLs: an id or a domain. */
const tenantForm = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/i;

/** The flags that select the identity and the cloud of requests to Azure. */
export const identityFlags = {
  auth: {
    type: "string",
    choices: ["auto", "az", "env", "workload", "managed"],
    default: "auto",
    describe:
      "Where the identity for Azure comes from: the Azure CLI (az), a service principal in the AZURE_* variables (env), a workload identity's " +
      "token file (workload), this machine's managed identity (managed), or what the environment names, else the Azure CLI (auto)",
  },
  tenant: {
    type: "string",
    refuse: (value) =>
      tenantForm.test(value) ? undefined : usage(`invalid --tenant ${JSON.stringify(value)}: the tenant's id, or its domain`),
    describe: "The Azure tenant to sign in to, by its id or domain. Default: the identity's own.",
  },
  subscription: {
    type: "string",
    describe: "The only subscription to look for the registry in, by its id or name. Default: every one that the identity can read.",
  },
  cloud: {
    type: "string",
    choices: cloudNames,
    describe: "The Azure cloud to sign in to. Default: that of the environment, or of the Azure CLI.",
  },
} as const satisfies Flags;

/** Returns the sign-in options of a command line. */
export const identityOf = ({ auth, tenant, subscription, cloud }: Values<typeof identityFlags>): SignInOptions => {
  return { source: auth, tenant, subscription, cloud };
};
