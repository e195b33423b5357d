import rbac from "../docs/rbac.json" with { type: "json" };
import { readRegistryId, registryHost } from "../src/azure/registry-name.ts";
import { usage } from "../src/errors.ts";
import { flag, kubectl } from "../src/hint.ts";
import { isObjectName } from "../src/kinds.ts";
import { printData, printList } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { registryName } from "../src/registry/login-server.ts";
import { azureCommands } from "../src/schedule/azure-commands.ts";
import { cronOf, ownNamespace, type Schedule, scheduleLabel, scheduleObjects, selectorOf } from "../src/schedule/objects.ts";
import { isGuid } from "../src/secret/azure-words.ts";
import { createFlags } from "./create/options.ts";
import { lifetime } from "./line/durations.ts";
import { dataOutput, type Flags, firstIgnored, mustBe, under, type Values } from "./line/flags.ts";
import { ours } from "./line/kubectl-flags.ts";
import { clientVersion, pagesAddress } from "./project.ts";
import { rotateFlags } from "./rotate/options.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

const flags = {
  ...under("What it runs", {
    registry: { ...createFlags.registry, describe: "With rotate: only logins for this registry" },
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
  }),
  ...under("How it runs", {
    at: {
      type: "string",
      complete: ["03:00"],
      refuse: mustBe('a time of day in UTC, such as 03:00, or five cron fields, such as "*/10 * * * *"', cronOf, "at"),
      value: "TIME",
      describe: "Time of day in UTC, or five cron fields in UTC",
      fallback: "03:00, every hour for check",
    },
    image: { type: "string", value: "IMAGE", describe: "Image of this plugin. Required, because no release has published one" },
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

type ScheduleFlags = Values<typeof flags>;

const common = ["at", "image", "namespace", "network-policy", "output"];

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
    flags: [...common, "client-id", "azure-secret", "registry", "older-than", "expiring-within"],
    cron: "0 3 * * *",
    line: "rotate --namespaces 'NS*'",
    args: rotateArgs,
  },
  check: { flags: common, cron: "0 * * * *", line: "check --namespaces 'NS*'", args: () => ["check", "-A", "--failed"] },
};

const scheduledVerbs = Object.keys(rows) as Schedule["verb"][];

/** @throws CliError usage, before any request */
function readSchedule(verb: Schedule["verb"], given: ScheduleFlags, namespace = ownNamespace): Schedule {
  const row = rows[verb];
  const other = firstIgnored(flags, given, row.flags);
  if (other !== undefined) throw usage(`--${other} cannot be used with schedule ${verb}`);
  const { at = "", "client-id": clientId, "azure-secret": secret = "azure" } = given;
  return {
    verb,
    namespace,
    cron: cronOf(at) ?? row.cron,
    args: row.args(given),
    rights: rbac.find(({ line }) => line === row.line)?.rights ?? [],
    clientId,
    secret: clientId === undefined && row.flags.includes("azure-secret") ? secret : undefined,
    registry: registryNameOf(given),
    networkPolicy: given["network-policy"],
    image: imageOf(given),
  };
}

/** @throws CliError usage. Anyone could register the name of an image that is not published yet, and get the rights of the schedule */
function imageOf({ image }: ScheduleFlags): string {
  if (image === undefined) throw usage('required flag(s) "image" not set');
  parseImage(image);
  return image;
}

/** Returns the name of the registry for az. @throws CliError usage for a text that is no registry */
function registryNameOf({ registry }: ScheduleFlags): string | undefined {
  if (registry === undefined) return undefined;
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

/** Returns the flags of a command. With --strict, a missing right fails its Job. */
const wordsOf = (values: Readonly<Record<string, string | readonly string[] | undefined>>): readonly string[] =>
  Object.entries({ ...values, strict: true }).flatMap(([name, value]) => flag(name, value));

/** The image in a registry of the user, until a release publishes one. */
const image = `myregistry.azurecr.io/tools/kubectl-acr-secret:${clientVersion.slice(1)}`;

export const schedule = verb({
  usage: "schedule rotate --image IMAGE | check --image IMAGE",
  description: [
    "Prints the objects that run a command on a schedule in the cluster. These are a Namespace, a ServiceAccount with the least permissions, " +
      "and a CronJob. Comments contain the commands for the identity in Azure.",
    '"schedule rotate" rotates passwords every night. "schedule check" checks whether pods can pull.',
  ],
  examples: [
    "# Print the objects of a nightly rotation, and the commands for Azure",
    `kubectl acr-secret schedule rotate --image ${image}`,
    "# Apply the objects",
    `kubectl acr-secret schedule rotate --image ${image} | kubectl apply -f -`,
    "# Show the last runs",
    `kubectl get cronjobs,jobs -l ${scheduleLabel} -n ${ownNamespace}`,
  ],
  flags,
  most: 1,
  read: (word) => word,
  complete: async (_, words) => (words.length > 0 ? [] : scheduledVerbs),
  async run({ flags: given, args: [word = ""] }, session) {
    const named = scheduledVerbs.find((one) => one === word);
    if (named === undefined) throw usage(`${word === "" ? "argument required:" : `invalid argument "${word}": must be`} rotate or check`);
    return printSchedule(readSchedule(named, given, session.namespace), given, session);
  },
});

/** The page says which of the commands for Azure must not be repeated. */
const beforeAzure = `After you apply the objects. Before you run these commands again, for example for another cluster, read ${pagesAddress}schedule.md#3-create-the-identity-in-azure:`;

async function printSchedule(planned: Schedule, { output }: ScheduleFlags, session: Session): Promise<number> {
  const objects = scheduleObjects(planned);
  if (output === "json") {
    session.print(await printList(objects, "json"));
    return 0;
  }
  const documents = await Promise.all(objects.map((object) => printData(object, "yaml")));
  const { namespace } = planned;
  const { formatCommand: format } = session;
  const azure = azureCommands(planned, format);
  const kinds = "cronjob,serviceaccount,networkpolicy,clusterrole,clusterrolebinding";
  const comments = [
    ...(azure.length > 0 ? [beforeAzure, ...azure, ""] : []),
    "Remove these objects:",
    format({ ...kubectl("delete", kinds, "-l", selectorOf(planned)), namespace }),
    ...(namespace === ownNamespace
      ? ["If the namespace has no other schedule:", format({ ...kubectl("delete namespace", namespace), namespace: "" })]
      : []),
  ];
  session.print(comments.map((line) => `# ${printable(line)}\n`.replace("# \n", "#\n")).join("") + documents.join("---\n"));
  return 0;
}
