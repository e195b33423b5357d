import rbac from "../docs/rbac.json" with { type: "json" };
import { readRegistryId, registryHost } from "../src/azure/registry-name.ts";
import { formatLifetime } from "../src/duration.ts";
import { usage } from "../src/errors.ts";
import type { DesiredFile, Entry } from "../src/file/entry.ts";
import { readFiles } from "../src/file/read.ts";
import { flag, kubectl, plugin, quoted } from "../src/hint.ts";
import { isObjectName } from "../src/kinds.ts";
import type { Right } from "../src/kube/port.ts";
import { printData, printList } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { registryName, withoutProvider } from "../src/registry/login-server.ts";
import { azureCommands } from "../src/schedule/azure-commands.ts";
import { longestPause } from "../src/schedule/cron.ts";
import {
  cronOf,
  filesFolder,
  ownNamespace,
  policySelector,
  type Schedule,
  scheduleLabel,
  scheduleName,
  scheduleObjects,
} from "../src/schedule/objects.ts";
import { reasonsOf, rightsToApply } from "../src/schedule/rights.ts";
import { isGuid } from "../src/secret/azure-words.ts";
import { inLine } from "../src/wording.ts";
import { readTexts } from "./apply/read-files.ts";
import { dataOutput, type Flags, fileFlag, firstIgnored, mustBe, nodesCanPull, under, type Values, wordsOf } from "./line/flags.ts";
import { ours } from "./line/kubectl-flags.ts";
import { clientVersion, pagesAddress } from "./project.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

/** The name of a CronJob has at most 52 characters, because the names of its Jobs are longer (batch/v1 CronJob). The last 9 are a hash. */
const nameForm = /^[a-z0-9]([-a-z0-9]{0,41}[a-z0-9])?$/;

const flags = {
  ...under("What it runs", { filename: fileFlag }),
  ...under("How it runs", {
    "nodes-can-pull": { ...nodesCanPull, describe: `For check: ${nodesCanPull.describe.replace(/^N/, "n")}` },
    at: {
      type: "string",
      complete: ["03:00"],
      refuse: mustBe('a time of day in UTC, such as 03:00, or five cron fields, such as "*/10 * * * *"', cronOf, "at"),
      value: "TIME",
      describe: "Time of day in UTC, or five cron fields in UTC",
      fallback: "every 5 minutes, every hour for check",
    },
    image: { type: "string", value: "IMAGE", describe: "Image of this plugin. Required, because no release has published one" },
    name: {
      type: "string",
      refuse: mustBe("at most 43 lowercase letters, digits and -", (name) => nameForm.test(name), "name"),
      value: "NAME",
      describe: "Name of the objects, before a hash of it and their namespace",
      fallback: "that of a single file, acr-secret-check for check",
    },
    namespace: {
      ...ours.namespace,
      refuse: mustBe("the name of a namespace", isObjectName, "namespace"),
      describe: "For check: namespace of the CronJob. It must exist, unless it is the default",
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

const checkFlags = ["nodes-can-pull", "at", "image", "name", "namespace", "network-policy", "output"];

/** @throws CliError usage. Anyone could register the name of an image that is not published yet, and get the rights of the schedule */
function imageOf({ image }: ScheduleFlags): string {
  if (image === undefined) throw usage('required flag(s) "image" not set');
  parseImage(image);
  return image;
}

/** What `check` may read. It never gets the right to create pods, because no rule limits that to dry runs. */
const rightsOfAdmission: readonly Right[] = [
  { group: "", resource: "namespaces", verb: "get" },
  ...["mutatingwebhookconfigurations", "mutatingadmissionpolicies"].map((resource) => {
    return { group: "admissionregistration.k8s.io", resource, verb: "list" };
  }),
];

function checkSchedule(given: ScheduleFlags, namespace: string): Schedule {
  const other = firstIgnored(flags, given, checkFlags);
  if (other !== undefined) throw usage(`--${other} cannot be used with schedule check`);
  return {
    name: scheduleName(namespace, given.name ?? "acr-secret-check", "check"),
    namespace,
    cron: cronOf(given.at ?? "") ?? "0 * * * *",
    image: imageOf(given),
    args: ["check", "-A", "--failed", ...flag("nodes-can-pull", given["nodes-can-pull"])],
    rights: [...(rbac.find(({ line }) => line === "check --namespaces 'NS*'")?.rights ?? []), ...rightsOfAdmission],
    files: undefined,
    clientId: undefined,
    secret: undefined,
    registries: [],
    networkPolicy: given["network-policy"],
  };
}

/** @throws CliError usage. With the name of the first file, another first file would make a second schedule, and the old one would go on */
function nameOf(files: readonly DesiredFile[], given: ScheduleFlags): string {
  const [first, ...others] = files;
  if (given.name !== undefined) return given.name;
  if (first && others.length === 0) return first.name;
  throw usage(`required flag(s) "name" not set, because there are ${files.length} files`, {
    ...plugin("schedule", wordsOf(flags, given), "--name", "NAME"),
    isLocal: true,
    when: "to replace a schedule, use its name without the hash",
  });
}

/** @throws CliError usage. The objects of a schedule are in one namespace */
function homeOf(files: readonly DesiredFile[]): string {
  const [home = "", ...others] = new Set(files.map((file) => file.home));
  if (others.length === 0) return home;
  throw usage(`the files have different homes: ${inLine([home, ...others])}`, "print a schedule for each home");
}

/** @throws CliError usage. A run must find each password after it is due and before it expires */
function requireOften(cron: string, entries: readonly Entry[]): void {
  const pause = longestPause(cron);
  const late = entries.filter(({ expiresIn = Number.POSITIVE_INFINITY, olderThan = expiresIn }) => {
    return pause >= Math.max(expiresIn / 3, expiresIn === olderThan ? 0 : expiresIn - olderThan);
  });
  if (late.length === 0) return;
  const found = Number.isFinite(pause) ? `has a pause of ${formatLifetime(pause)}` : "never runs";
  const message = `the schedule "${cron}" ${found}, in which passwords can expire: ${inLine(late.map(({ at }) => at))}`;
  throw usage(message, "add --at with a shorter pause than a third of expiresIn");
}

async function applySchedule(given: ScheduleFlags, session: Session): Promise<Schedule> {
  const image = imageOf(given);
  const texts = await readTexts(given.filename, session);
  const files = readFiles(texts, await import("js-yaml"));
  const namespace = homeOf(files);
  const name = nameOf(files, given);
  const paths = texts.map(({ path }) => (path === "stdin" ? `${name}.yaml` : keyOf(path)));
  const isUnique = new Set(paths).size === paths.length;
  const keys = isUnique ? paths : paths.map((key, at) => `${at + 1}-${key}`);
  const entries = files.flatMap((file) => file.entries);
  const cron = cronOf(given.at ?? "") ?? "*/5 * * * *";
  requireOften(cron, entries);
  const { "client-id": clientId, "azure-secret": secret = "azure" } = given;
  return {
    name: scheduleName(namespace, name),
    namespace,
    cron,
    image,
    args: ["apply", ...keys.flatMap((key) => flag("filename", `${filesFolder}/${key}`, "f")), "--skip-blocked", "--quiet"],
    rights: rightsToApply(entries),
    files: { texts: Object.fromEntries(texts.map(({ text }, at) => [keys[at], text])), entries },
    clientId,
    secret: clientId === undefined ? secret : undefined,
    registries: registriesOf(files),
    networkPolicy: given["network-policy"],
  };
}

/** Returns the name of a file as a key of a ConfigMap. */
const keyOf = (path: string) => (path.split(/[/\\]/).at(-1) ?? "").replace(/[^-.\w]/g, "-");

/** Each run looks for its sources in all registries of a file. Returns their names, login servers or ids in Azure, as words of a shell. */
function registriesOf(files: readonly DesiredFile[]): readonly string[] {
  const written = files.flatMap(({ registry, entries }) => [registry ?? [], ...entries.map((entry) => entry.registry)].flat());
  // The name is not known if the login server has a hash
  const inAzure = (registry: string) =>
    readRegistryId(registry) || withoutProvider(registry) !== undefined ? registry : (registryName(registry) ?? registry);
  return [...new Set(written.map((registry) => quoted(inAzure(registryHost(registry)))))];
}

/** The image in a registry of the user, until a release publishes one. */
const image = `myregistry.azurecr.io/tools/kubectl-acr-secret:${clientVersion.slice(1)}`;

export const schedule = verb({
  usage: "schedule -f FILE --image IMAGE | check --image IMAGE",
  description: [
    "Prints the objects that run a command on a schedule in the cluster: a CronJob, its ServiceAccount with the least permissions, and a " +
      "policy that limits what it writes. Comments contain the commands for the identity in Azure.",
    '"schedule -f" applies a file of desired state every 5 minutes, but deletes no entry. "schedule check" checks every hour whether pods can pull.',
  ],
  examples: [
    "# Print the objects that apply a file, and the commands for Azure",
    `kubectl acr-secret schedule -f teams.yaml --image ${image} > schedule.yaml`,
    "# Apply the objects, and the rights only if the cluster has their limits",
    `kubectl apply -f schedule.yaml -l ${policySelector} && kubectl apply -f schedule.yaml`,
    "# Show the last runs",
    `kubectl get cronjobs,jobs -l ${scheduleLabel} -A`,
  ],
  flags,
  most: 1,
  complete: async (_, words) => (words.length > 0 ? [] : ["check"]),
  async run({ flags: given, args: [word] }, session) {
    if (word === "check") return printSchedule(checkSchedule(given, given.namespace ?? ownNamespace), given, session);
    if (word !== undefined) throw usage(`invalid argument "${word}": must be check`);
    if (given["nodes-can-pull"].length > 0) throw usage("--nodes-can-pull requires schedule check");
    if (given.filename.length === 0) throw usage("argument required: -f FILE or check");
    if (given.namespace !== undefined) throw usage("--namespace requires schedule check: the objects of a file are in its home");
    return printSchedule(await applySchedule(given, session), given, session);
  },
});

/** The page says which of the commands for Azure must not be repeated. */
const beforeAzure = `After you apply the objects. Before you run these commands again, for example for another cluster, read ${pagesAddress}schedule.md#3-create-the-identity-in-azure:`;

const forPrincipals = `For service principals, the identity also needs ${pagesAddress}rbac.md#azure-role-for-service-principals`;

async function printSchedule(planned: Schedule, { output }: ScheduleFlags, session: Session): Promise<number> {
  const objects = scheduleObjects(planned);
  if (output === "json") {
    session.print(await printList(objects, "json"));
    return 0;
  }
  const documents = await Promise.all(objects.map((object) => printData(object, "yaml")));
  const comments = commentsOn(planned, session);
  session.print(comments.map((line) => `# ${printable(line)}\n`.replace("# \n", "#\n")).join("") + documents.join("---\n"));
  return 0;
}

/** The kinds of the objects, in the order in which they are deleted: the rights before their limits. */
const kinds =
  "cronjob,configmap,serviceaccount,networkpolicy,rolebinding,role,clusterrolebinding,clusterrole," +
  "validatingadmissionpolicybinding,validatingadmissionpolicy";

function commentsOn(planned: Schedule, { formatCommand: format }: Session): readonly string[] {
  const { name, namespace, files } = planned;
  const { entries } = files ?? { entries: [] };
  const azure = azureCommands(planned, format);
  const apply = kubectl("apply", "-f", "schedule.yaml");
  const applyPolicy = { ...apply, words: [...apply.words, "-l", policySelector], namespace: "" };
  return [
    `This replaces the schedule ${name} in namespace ${namespace}, if it exists. Others stay, also those of an earlier name or home`,
    ...reasonsOf(entries),
    ...(planned.secret === undefined
      ? []
      : [`Renew the password of its service principal every year: ${pagesAddress}schedule.md#renew-the-password-of-the-schedule`]),
    ...(entries.length > 0
      ? [
          "",
          "Apply these objects, the rights only if the cluster has their limits:",
          `${format(applyPolicy)} && ${format({ ...apply, namespace: "" })}`,
        ]
      : []),
    ...(azure.length > 0 ? ["", beforeAzure, ...azure] : []),
    ...(entries.some(({ credential }) => credential === "service-principal") ? [forPrincipals] : []),
    "",
    "Remove these objects:",
    format({ ...kubectl("delete", kinds, "-A", "--field-selector", `metadata.name=${name}`), namespace: "" }),
    // A home also has the Secrets of its file
    ...(namespace === ownNamespace && files === undefined
      ? ["If the namespace has no other schedule:", format({ ...kubectl("delete namespace", namespace), namespace: "" })]
      : []),
  ];
}
