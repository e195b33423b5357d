import rbac from "../../docs/rbac.json" with { type: "json" };
import { readRegistryId } from "../../src/azure/registry-name.ts";
import { usage } from "../../src/errors.ts";
import { isObjectName } from "../../src/kinds.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { registryName } from "../../src/registry/login-server.ts";
import { parseRepositoryScope } from "../../src/registry/repository.ts";
import { cronOf } from "../../src/schedule/cron.ts";
import { ownNamespace, type Schedule } from "../../src/schedule/objects.ts";
import { isGuid } from "../../src/secret/azure-words.ts";
import { createFlags, registryHost } from "../create/options.ts";
import { lifetime } from "../line/durations.ts";
import { dataOutput, type Flags, firstIgnored, mustBe, under, type Values } from "../line/flags.ts";
import { flagWords } from "../line/format-command.ts";
import { ours } from "../line/kubectl-flags.ts";
import { isLabelSelector } from "../line/label-selector.ts";
import { clientVersion } from "../project.ts";
import { rotateFlags } from "../rotate/options.ts";

/** The image of each release, without its tag. */
const publishedImage = "ghcr.io/kubectl-acr-secret/kubectl-acr-secret";

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
      refuse: mustBe("labels, such as team=web", isLabelSelector, "for-new-namespaces"),
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
      refuse: mustBe('a time of day in UTC, such as 03:00, or five cron fields, such as "*/10 * * * *"', cronOf, "at"),
      value: "TIME",
      describe: "Time of day in UTC, or five cron fields in UTC",
      fallback: "03:00, every 10 minutes for create, every hour for check",
    },
    image: { type: "string", value: "IMAGE", describe: "Image of this plugin", fallback: "the published image of this version" },
    namespace: {
      ...ours.namespace,
      refuse: mustBe("the name of a namespace", isObjectName, "namespace"),
      describe: "Namespace of the CronJob. It must exist, unless it is the default",
      fallback: ownNamespace,
    },
    "network-policy": { type: "boolean", describe: "Also print a NetworkPolicy that allows DNS and HTTPS only" },
  }),
  ...under("Azure sign-in", {
    "client-id": {
      type: "string",
      refuse: mustBe("the client ID of an identity in Azure", isGuid, "client-id"),
      exclusive: ["azure-secret"],
      value: "ID",
      describe: "Client ID of an identity that the ServiceAccount uses by workload identity",
    },
    "azure-secret": {
      type: "string",
      refuse: mustBe("the name of a Secret", isObjectName, "azure-secret"),
      value: "NAME",
      describe: "Secret with AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, in the namespace of the CronJob",
      fallback: "azure",
    },
  }),
  output: { ...dataOutput.output, fallback: "yaml" },
} as const satisfies Flags;

export type ScheduleFlags = Values<typeof scheduleFlags>;

const common = ["at", "image", "namespace", "network-policy", "output"];
const signIn = ["client-id", "azure-secret", "registry"];

type Row = {
  /** The flags that the verb accepts. */
  readonly flags: readonly string[];
  /** When it runs by default. */
  readonly cron: string;
  /** The line of docs/rbac.json with the rights of the command. */
  readonly line: string;
  /** Returns the command. @throws CliError usage */
  args(flags: ScheduleFlags): readonly string[];
};

const rows: Readonly<Record<Schedule["verb"], Row>> = {
  rotate: {
    flags: [...common, ...signIn, "older-than", "expiring-within"],
    cron: "0 3 * * *",
    line: "rotate --namespaces 'NS*'",
    args: rotateArgs,
  },
  create: {
    flags: [...common, ...signIn, "for-new-namespaces", "repository", "serviceaccount", "credential-per"],
    cron: "*/10 * * * *",
    line: "create --registry myregistry --repository app/web --serviceaccount app --namespaces 'NS*' --credential-per scope",
    args: createArgs,
  },
  check: { flags: common, cron: "0 * * * *", line: "check --namespaces 'NS*'", args: () => ["check", "-A", "--failed"] },
};

export const scheduledVerbs = Object.keys(rows) as Schedule["verb"][];

/** @throws CliError usage, before any request */
export function readSchedule(verb: Schedule["verb"], flags: ScheduleFlags, namespace = ownNamespace): Schedule {
  const row = rows[verb];
  const other = firstIgnored(scheduleFlags, flags, row.flags);
  if (other !== undefined) throw usage(`--${other} cannot be used with schedule ${verb}`);
  const { image = `${publishedImage}:${clientVersion.slice(1)}`, at = "", "client-id": clientId, "azure-secret": secret = "azure" } = flags;
  parseImage(image);
  return {
    verb,
    namespace,
    cron: cronOf(at) ?? row.cron,
    image,
    args: row.args(flags),
    rights: rbac.find(({ line }) => line === row.line)?.rights ?? [],
    clientId,
    secret: clientId === undefined && row.flags.includes("azure-secret") ? secret : undefined,
    registry: registryNameOf(flags),
    networkPolicy: flags["network-policy"],
  };
}

/** Returns the name of the registry for az. @throws CliError usage for a text that is no registry */
function registryNameOf({ registry = "REGISTRY" }: ScheduleFlags): string {
  const text = registryHost(registry);
  const name = readRegistryId(text)?.name ?? registryName(text) ?? text;
  if (/^[a-z0-9]{5,50}$/i.test(name)) return name;
  throw usage(`invalid registry ${JSON.stringify(registry)}`);
}

function rotateArgs({ registry, "older-than": age, "expiring-within": within }: ScheduleFlags): readonly string[] {
  const isDefault = age === undefined && within === undefined;
  if (age !== undefined) lifetime(age, "--older-than", { zero: true });
  if (within !== undefined) lifetime(within, "--expiring-within");
  const limits = isDefault ? { "older-than": "60d", "expiring-within": "14d" } : { "older-than": age, "expiring-within": within };
  return ["rotate", "-A", ...wordsOf({ registry: registry && registryHost(registry), ...limits })];
}

function createArgs(flags: ScheduleFlags): readonly string[] {
  const { registry = "", "for-new-namespaces": labels = "", repository, serviceaccount, "credential-per": per = "scope" } = flags;
  const missing = Object.entries({ registry, "for-new-namespaces": labels, repository }).find(([, value]) => value.length === 0);
  if (missing)
    throw usage(
      `required flag(s) "${missing[0]}" not set`,
      "kubectl acr-secret schedule create --registry REGISTRY --repository 'app/*' --for-new-namespaces team=web -o yaml",
    );
  // The CronJob would report an invalid repository only when it runs
  for (const name of repository) parseRepositoryScope(name, registryNameOf(flags));
  const accounts = serviceaccount.length === 0 ? ["default"] : serviceaccount;
  const namespaces = { "namespace-selector": labels, "credential-per": per };
  return ["create", ...wordsOf({ registry: registryHost(registry), repository, serviceaccount: accounts, ...namespaces })];
}

/** Returns the flags of a command. With --strict, a missing right fails its Job. */
const wordsOf = (values: Readonly<Record<string, string | readonly string[] | undefined>>): readonly string[] =>
  Object.entries({ ...values, strict: true }).flatMap(([flag, value]) => flagWords(flag, value));
