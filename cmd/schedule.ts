import { usage } from "../src/errors.ts";
import { printData, printList } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { azureCommands } from "../src/schedule/azure-commands.ts";
import { ownNamespace, type Schedule, scheduleObjects, selectorOf } from "../src/schedule/objects.ts";
import { ensureIdentity } from "../src/workflows/schedule-identity.ts";
import { registryHost } from "./create/options.ts";
import { parseWait } from "./line/durations.ts";
import { clientVersion, pagesAddress } from "./project.ts";
import { applySchedule } from "./schedule/apply.ts";
import { readSchedule, type ScheduleFlags, scheduledVerbs, scheduleFlags } from "./schedule/options.ts";
import { printStatus } from "./schedule/status.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

/** The image in a registry of the user, until a release publishes one. */
const image = `myregistry.azurecr.io/tools/kubectl-acr-secret:${clientVersion.slice(1)}`;

export const schedule = verb({
  usage: "schedule rotate|create|check|status",
  description: [
    "Prints the objects that run a command on a schedule in the cluster. These are a Namespace, a ServiceAccount with the least permissions, " +
      "and a CronJob. Comments contain the commands for the identity in Azure.",
    '"schedule rotate" rotates passwords every night. "schedule create" gives new namespaces a pull secret. "schedule check" checks ' +
      'whether pods can pull. "schedule status" shows the last runs and the next one.',
  ],
  findings: "the first or the last run of a schedule failed",
  examples: [
    "# Print the objects of a nightly rotation",
    `kubectl acr-secret schedule rotate --image ${image} -o yaml`,
    "# Apply them, and wait until a first rotation succeeds",
    `kubectl acr-secret schedule rotate --image ${image} --apply`,
    "# Give each namespace with the label team=web a pull secret, also those that are created later",
    `kubectl acr-secret schedule create --registry myregistry --repository 'app/*' --for-new-namespaces team=web --image ${image} --apply`,
    "# Show the last runs",
    "kubectl acr-secret schedule status",
  ],
  flags: scheduleFlags,
  most: 1,
  read: (word) => word,
  complete: async (_, words) => (words.length > 0 ? [] : [...scheduledVerbs, "status"]),
  async run({ flags, args: [word = ""] }, session) {
    if (word === "status") return printStatus(flags, session);
    const named = scheduledVerbs.find((one) => one === word);
    if (named === undefined)
      throw usage(`${word === "" ? "argument required:" : `invalid argument "${word}": must be`} rotate, create, check or status`);
    return runSchedule(readSchedule(named, flags, session.namespace), flags, session);
  },
});

/** The page says which of the commands for Azure must not be repeated. */
const beforeAzure = `After you apply the objects. Before you run these commands again, for example for another cluster, read ${pagesAddress}schedule.md#3-create-the-identity-in-azure:`;

async function runSchedule(read: Schedule, flags: ScheduleFlags, session: Session): Promise<number> {
  const wait = parseWait({ wait: flags.wait ?? "10m" });
  const identity = flags["with-identity"] ? await createIdentity(read, flags, session) : undefined;
  const planned = identity ? { ...read, clientId: identity.clientId, secret: undefined } : read;
  if (flags.apply) return applySchedule(planned, wait, session);
  const objects = scheduleObjects(planned);
  if (flags.output === "json") {
    session.print(await printList(objects, "json"));
    return 0;
  }
  const documents = await Promise.all(objects.map((object) => printData(object, "yaml")));
  const { namespace } = planned;
  const azure = identity ? [] : azureCommands(planned);
  const comments = [
    ...(azure.length > 0 ? [beforeAzure, ...azure, ""] : []),
    "Remove these objects:",
    `kubectl delete cronjob,serviceaccount,networkpolicy,clusterrole,clusterrolebinding -l ${selectorOf(planned)} -n ${namespace}`,
    ...(namespace === ownNamespace ? [`kubectl delete namespace ${namespace}`] : []),
    ...(identity?.removal ?? []).map((fix) => printable(session.formatCommand(fix))),
  ];
  session.print(comments.map((line) => `# ${line}\n`.replace("# \n", "#\n")).join("") + documents.join("---\n"));
  return 0;
}

/** Creates the identity of a schedule. The lines about it are not part of a printed manifest. */
async function createIdentity(schedule: Schedule, { registry = "", apply }: ScheduleFlags, session: Session) {
  const azure = await session.azure({ source: "auto" });
  const print = (text: string) => void (apply ? session.stdout : session.stderr).write(text);
  return ensureIdentity(schedule, registryHost(registry), { ...session, azure, cluster: session.cluster(), print });
}
