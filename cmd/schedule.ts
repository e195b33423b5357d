import { usage } from "../src/errors.ts";
import { printData, printList } from "../src/output/object.ts";
import { azureCommands } from "../src/schedule/azure-commands.ts";
import { ownNamespace, type Schedule, scheduleLabel, scheduleObjects, selectorOf } from "../src/schedule/objects.ts";
import { clientVersion, pagesAddress } from "./project.ts";
import { readSchedule, type ScheduleFlags, scheduledVerbs, scheduleFlags } from "./schedule/options.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

/** The image in a registry of the user, until a release publishes one. */
const image = `myregistry.azurecr.io/tools/kubectl-acr-secret:${clientVersion.slice(1)}`;

export const schedule = verb({
  usage: "schedule rotate|create|check",
  description: [
    "Prints the objects that run a command on a schedule in the cluster. These are a Namespace, a ServiceAccount with the least permissions, " +
      "and a CronJob. Comments contain the commands for the identity in Azure.",
    '"schedule rotate" rotates passwords every night. "schedule create" gives new namespaces a pull secret. "schedule check" checks ' +
      "whether pods can pull.",
  ],
  examples: [
    "# Print the objects of a nightly rotation, and the commands for Azure",
    `kubectl acr-secret schedule rotate --image ${image}`,
    "# Apply the objects",
    `kubectl acr-secret schedule rotate --image ${image} | kubectl apply -f -`,
    "# Give each namespace with the label team=web a pull secret, also those that are created later",
    `kubectl acr-secret schedule create --registry myregistry --repository 'app/*' --for-new-namespaces team=web --image ${image} | kubectl apply -f -`,
    "# Show the last runs",
    `kubectl get cronjobs,jobs -l ${scheduleLabel} -n ${ownNamespace}`,
  ],
  flags: scheduleFlags,
  most: 1,
  read: (word) => word,
  complete: async (_, words) => (words.length > 0 ? [] : scheduledVerbs),
  async run({ flags, args: [word = ""] }, session) {
    const named = scheduledVerbs.find((one) => one === word);
    if (named === undefined)
      throw usage(`${word === "" ? "argument required:" : `invalid argument "${word}": must be`} rotate, create or check`);
    return printSchedule(readSchedule(named, flags, session.namespace), flags, session);
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
  const azure = azureCommands(planned);
  const comments = [
    ...(azure.length > 0 ? [beforeAzure, ...azure, ""] : []),
    "Remove these objects:",
    `kubectl delete cronjob,serviceaccount,networkpolicy,clusterrole,clusterrolebinding -l ${selectorOf(planned)} -n ${namespace}`,
    ...(namespace === ownNamespace ? [`kubectl delete namespace ${namespace}`] : []),
  ];
  session.print(comments.map((line) => `# ${line}\n`.replace("# \n", "#\n")).join("") + documents.join("---\n"));
  return 0;
}
