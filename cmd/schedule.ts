import { usage } from "../src/errors.ts";
import { printError } from "../src/output/error.ts";
import { printData, printList } from "../src/output/object.ts";
import { azureCommands } from "../src/schedule/azure-commands.ts";
import { ownNamespace, type Schedule, scheduleObjects, selectorOf } from "../src/schedule/objects.ts";
import { pagesAddress } from "./project.ts";
import { applySchedule } from "./schedule/apply.ts";
import { readSchedule, registryNameOf, scheduledVerbs, scheduleFlags } from "./schedule/options.ts";
import { printStatus } from "./schedule/status.ts";
import { verb } from "./verb.ts";

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
    "kubectl acr-secret schedule rotate -o yaml",
    "# Apply them, and wait until a first rotation succeeds",
    "kubectl acr-secret schedule rotate --apply",
    "# Give each namespace with the label team=web a pull secret, also those that are created later",
    "kubectl acr-secret schedule create --registry myregistry --repository 'app/*' --for-new-namespaces team=web --apply",
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
      throw usage(
        word === ""
          ? "argument required: rotate, create, check or status"
          : `invalid argument "${word}": must be rotate, create, check or status`,
      );
    const planned = readSchedule(named, flags, session.namespace);
    if (flags.apply) {
      const failed = await applySchedule(planned, flags, session);
      if (failed) {
        printError(session, failed);
        return 1;
      }
      session.hint({ verb: "schedule", targets: ["status"] });
      return 0;
    }
    const objects = scheduleObjects(planned);
    if (flags.output === "json") session.print(await printList(objects, "json"));
    else
      session.print(
        commentsOf(planned, registryNameOf(flags)) + (await Promise.all(objects.map((object) => printData(object, "yaml")))).join("---\n"),
      );
    return 0;
  },
});

/** Says which of the commands for Azure must not be repeated. */
const identityPage = `${pagesAddress}schedule.md#3-create-the-identity-in-azure`;

/** Returns the commands around `kubectl apply`, as comments. */
function commentsOf(planned: Schedule, registry: string | undefined): string {
  const { namespace } = planned;
  const commands = azureCommands(planned, registry);
  const remove = [
    `kubectl delete cronjob,serviceaccount,networkpolicy,clusterrole,clusterrolebinding -l ${selectorOf(planned)} -n ${namespace}`,
    ...(namespace === ownNamespace ? [`kubectl delete namespace ${namespace}`] : []),
  ];
  const lines = [
    ...(commands.length > 0
      ? [
          `After you apply the objects. Before you run these commands again, for example for another cluster, read ${identityPage}:`,
          ...commands,
          "",
        ]
      : []),
    "Remove these objects:",
    ...remove,
  ];
  return lines
    .map((line) => `# ${line}`.trimEnd())
    .join("\n")
    .concat("\n");
}
