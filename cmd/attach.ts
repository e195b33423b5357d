import { type Attach, attachSecret } from "../src/verbs/attach.ts";
import { parseWait } from "./line/durations.ts";
import { recreateFlags, restartFlag, targetFlags, targetGroup, under, writeOutput } from "./line/flags.ts";
import { secretOrTargets } from "./line/known.ts";
import { concludeIn, readTargetLine } from "./run-on-targets.ts";
import { toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

export const attach = verb({
  usage: "attach [SECRET] [TARGET...]",
  description: [
    "Adds the Secret to the imagePullSecrets of the targets and keeps all other entries, even with concurrent writers. Pods that can't " +
      "start are evicted so that their controllers recreate them.",
    "A TARGET is a ServiceAccount or a workload, such as deployment/web, sts/db or cronjob/report. A name can be a pattern.",
    "You can omit SECRET if the namespace has only one that this plugin created.",
  ],
  examples: [
    "# Attach the namespace's only Secret to the default ServiceAccount",
    "kubectl acr-secret attach --serviceaccount default",
    "# Attach a Secret to two ServiceAccounts",
    "kubectl acr-secret attach acr-myregistry --serviceaccount web --serviceaccount worker",
    "# To all ServiceAccounts with a label",
    "kubectl acr-secret attach acr-myregistry -l team=web",
    "# To workloads",
    "kubectl acr-secret attach acr-myregistry deployment/web statefulset/db cronjob/report",
    "# To every Deployment and DaemonSet",
    "kubectl acr-secret attach acr-myregistry deployments,daemonsets --all",
    "# To every ServiceAccount and workload that uses images of the Secret's registry",
    "kubectl acr-secret attach acr-myregistry --where-used",
    "# Recreate a pod that has no controller",
    "kubectl acr-secret attach acr-myregistry pod/debug --recreate",
  ],
  flags: {
    ...targetFlags,
    ...restartFlag,
    ...recreateFlags,
    ...under(targetGroup, {
      wait: {
        type: "string",
        default: "30s",
        value: "DURATION",
        describe: "How long to wait for the default ServiceAccount of a new namespace, such as 10s",
      },
    }),
    ...writeOutput,
  },
  most: Number.POSITIVE_INFINITY,
  complete: secretOrTargets,
  async run({ flags, args }, session) {
    const { again, ...line } = await readTargetLine(args, flags, session);
    const make = ["--registry", "REGISTRY", ...again];
    const order: Attach = { ...line, restart: flags.restart, wait: parseWait(flags), make };
    return concludeIn(line.namespace, attachSecret(order, toolsOf(session, flags)), session, flags);
  },
});
