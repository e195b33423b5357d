import rbac from "../../docs/rbac.json" with { type: "json" };
import { readRegistryId } from "../../src/azure/registry-name.ts";
import { usage } from "../../src/errors.ts";
import { isObjectName } from "../../src/kinds.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { registryName } from "../../src/registry/login-server.ts";
import { parseRepositoryScope } from "../../src/registry/repository.ts";
import { cronOf } from "../../src/schedule/cron.ts";
import { type AzureAccess, ownNamespace, type RecordedRight, type Schedule, type ScheduledVerb } from "../../src/schedule/objects.ts";
import { createFlags, registryHost } from "../create/options.ts";
import { lifetime } from "../line/durations.ts";
import { dataOutput, type Flags, outputGroup, under, type Values } from "../line/flags.ts";
import { ours } from "../line/kubectl-flags.ts";
import { parseLabelSelector } from "../line/label-selector.ts";
import { clientVersion } from "../project.ts";
import { rotateFlags } from "../rotate/options.ts";

/** The image of each release, without its tag. */
export const publishedImage = "ghcr.io/kubectl-acr-secret/kubectl-acr-secret";

const refuseTime = (text: string) =>
  cronOf(text) === undefined
    ? usage(
        `invalid --at ${JSON.stringify(text)}: must be a time of day in UTC, such as 03:00, or five cron fields, such as "*/10 * * * *"`,
      )
    : undefined;

const refuseName = (flag: string, noun: string) => (name: string) =>
  isObjectName(name) ? undefined : usage(`invalid --${flag} ${JSON.stringify(name)}: must be the name of a ${noun}`);

const refuseId = (text: string) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
    ? undefined
    : usage(`invalid --client-id ${JSON.stringify(text)}: must be the client ID of an identity in Azure`);

export const scheduleFlags = {
  ...under("What it runs", {
    registry: { ...createFlags.registry, describe: "With create: the registry to pull from. With rotate: only logins for this registry" },
    "older-than": {
      ...rotateFlags["older-than"],
      describe: "With rotate: passwords older than this",
      fallback: "60d, if --expiring-within is not given",
    },
    "expiring-within": {
      ...rotateFlags["expiring-within"],
      describe: "With rotate: credentials that expire within this time",
      fallback: "14d, if --older-than is not given",
    },
    "for-new-namespaces": {
      type: "string",
      value: "LABELS",
      describe: "With create, required: give each namespace with these labels a pull secret, such as team=web",
    },
    repository: { type: "strings", value: "NAME", describe: "With create, required: repository to pull from, or a path (team/*)" },
    serviceaccount: {
      ...createFlags.serviceaccount,
      describe: "With create: ServiceAccount that gets the pull secret",
      fallback: "default",
    },
    "credential-per": {
      ...createFlags["credential-per"],
      describe: "With create: one credential that all namespaces share (scope), or one per namespace",
      fallback: "scope",
    },
  }),
  ...under("How it runs", {
    at: {
      type: "string",
      complete: ["03:00"],
      refuse: refuseTime,
      value: "TIME",
      describe: "Time of day in UTC, or five cron fields in UTC",
      fallback: "03:00, every 10 minutes for create, every hour for check",
    },
    image: { type: "string", value: "IMAGE", describe: "Image of this plugin", fallback: "the published image of this version" },
    namespace: {
      ...ours.namespace,
      refuse: refuseName("namespace", "namespace"),
      describe: "Namespace of the CronJob. It must exist, unless it is the default",
      fallback: ownNamespace,
    },
    "network-policy": { type: "boolean", describe: "Also print a NetworkPolicy that allows DNS and HTTPS only" },
  }),
  ...under("Azure sign-in", {
    "client-id": {
      type: "string",
      refuse: refuseId,
      exclusive: ["azure-secret"],
      value: "ID",
      describe: "Client ID of an identity that the ServiceAccount uses by workload identity",
    },
    "with-identity": {
      type: "boolean",
      exclusive: ["client-id", "azure-secret"],
      describe: "Create a managed identity in Azure, with the role for ACR tokens on --registry, unless it exists. Use it like --client-id",
    },
    "azure-secret": {
      type: "string",
      refuse: refuseName("azure-secret", "Secret"),
      value: "NAME",
      describe: "Secret with AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, in the namespace of the CronJob",
      fallback: "azure",
    },
  }),
  output: { ...dataOutput.output, fallback: "yaml, and a table for status" },
  ...under(outputGroup, {
    apply: { type: "boolean", exclusive: ["output"], describe: "Apply the objects with kubectl, and wait until a first Job succeeds" },
    wait: { type: "string", value: "DURATION", describe: "With --apply: how long to wait for the first Job", fallback: "10m" },
  }),
} as const satisfies Flags;

export type ScheduleFlags = Values<typeof scheduleFlags>;

type FlagName = keyof ScheduleFlags;

const common: readonly FlagName[] = ["at", "image", "namespace", "network-policy", "output", "apply", "wait"];
const signIn: readonly FlagName[] = ["client-id", "with-identity", "azure-secret"];

type Row = {
  readonly flags: readonly FlagName[];
  readonly at: string;
  /** The line of docs/rbac.json with the rights of the command. */
  readonly line: string;
  args(flags: ScheduleFlags): readonly string[];
};

/** Returns the name of a registry for az. @throws CliError usage for a text that is no registry */
export function registryNameOf({ registry }: ScheduleFlags): string | undefined {
  const text = registry && registryHost(registry);
  const name = text && (readRegistryId(text)?.name ?? registryName(text) ?? text);
  if (name && !/^[a-z0-9]{5,50}$/i.test(name)) throw usage(`invalid registry ${JSON.stringify(registry)}`);
  return name;
}

/** What each verb runs by default, and the flags that it accepts. */
const rows: Readonly<Record<ScheduledVerb, Row>> = {
  rotate: {
    flags: [...common, ...signIn, "registry", "older-than", "expiring-within"],
    at: "0 3 * * *",
    line: "rotate --namespaces 'NS*'",
    args: rotateArgs,
  },
  create: {
    flags: [...common, ...signIn, "registry", "for-new-namespaces", "repository", "serviceaccount", "credential-per"],
    at: "*/10 * * * *",
    line: "create --registry myregistry --repository app/web --serviceaccount app --namespaces 'NS*' --credential-per scope",
    args: createArgs,
  },
  check: { flags: common, at: "0 * * * *", line: "check --namespaces 'NS*'", args: () => ["check", "-A", "--failed"] },
};

export const scheduledVerbs = Object.keys(rows) as ScheduledVerb[];

/** @throws CliError usage, before any request */
export function readSchedule(verb: ScheduledVerb, flags: ScheduleFlags, namespace: string | undefined): Schedule {
  const row = rows[verb];
  refuseFlags(verb, row.flags, flags);
  if (flags["with-identity"] && flags.registry === undefined) throw usage("--with-identity requires --registry");
  const { image = `${publishedImage}:${clientVersion.slice(1)}`, at, "client-id": clientId, "azure-secret": secret = "azure" } = flags;
  const access: AzureAccess = clientId === undefined ? { secret } : { clientId };
  parseImage(image);
  registryNameOf(flags);
  return {
    verb,
    namespace: namespace ?? ownNamespace,
    cron: at === undefined ? row.at : (cronOf(at) ?? row.at),
    image,
    args: row.args(flags),
    rights: (rbac.find(({ line }) => line === row.line)?.rights ?? []) as RecordedRight[],
    azure: row.flags.includes("azure-secret") ? access : undefined,
    networkPolicy: flags["network-policy"],
  };
}

/** @throws CliError usage for a flag that this sub-command ignores */
export function refuseFlags(verb: string, accepted: readonly FlagName[], flags: ScheduleFlags): void {
  const isGiven = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false);
  const other = (Object.keys(scheduleFlags) as FlagName[]).find((name) => isGiven(flags[name]) && !accepted.includes(name));
  if (other !== undefined) throw usage(`--${other} cannot be used with schedule ${verb}`);
}

function rotateArgs({ registry, "older-than": age, "expiring-within": within }: ScheduleFlags): readonly string[] {
  const isDefault = age === undefined && within === undefined;
  const limits = { "--older-than": isDefault ? "60d" : age, "--expiring-within": isDefault ? "14d" : within };
  for (const [flag, value] of Object.entries(limits)) if (value !== undefined) lifetime(value, flag, { zero: flag === "--older-than" });
  const words = Object.entries({ "--registry": registry && registryHost(registry), ...limits });
  return ["rotate", "-A", ...words.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])), "--strict"];
}

function createArgs(flags: ScheduleFlags): readonly string[] {
  const { registry, "for-new-namespaces": labels, repository, serviceaccount, "credential-per": per = "scope" } = flags;
  const missing = registry === undefined ? "registry" : labels === undefined ? "for-new-namespaces" : "repository";
  if (registry === undefined || labels === undefined || repository.length === 0)
    throw usage(
      `required flag(s) "${missing}" not set`,
      "kubectl acr-secret schedule create --registry REGISTRY --repository 'app/*' --for-new-namespaces team=web -o yaml",
    );
  // The CronJob would report these errors only when it runs
  if (!parseLabelSelector(labels)) throw usage(`invalid --for-new-namespaces ${JSON.stringify(labels)}: must be labels, such as team=web`);
  for (const name of repository) parseRepositoryScope(name, registryNameOf(flags) ?? registry);
  const accounts = serviceaccount.length === 0 ? ["default"] : serviceaccount;
  return [
    "create",
    ...["--registry", registryHost(registry)],
    ...repository.flatMap((name) => ["--repository", name]),
    ...accounts.flatMap((name) => ["--serviceaccount", name]),
    ...["--namespace-selector", labels, "--credential-per", per, "--strict"],
  ];
}
