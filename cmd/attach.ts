import type { TargetOptions } from "../src/usage/targets.ts";
import { attachIn, lackingIn } from "../src/workflows/attach.ts";
import { parseWait } from "./line/durations.ts";
import { restartFlag, targetFlags, targetGroup, under } from "./line/flags.ts";
import { secretOrTargets } from "./line/known.ts";
import { targetValues } from "./line/target-words.ts";
import { changeFlags, onlyPrinted, recreateFlags, recreateOptions, runOnTargets, type TargetRun } from "./run-on-targets.ts";
import { verb } from "./verb.ts";

export const attach = verb({
  usage: "attach [SECRET] [TARGET...]",
  description: [
    "Adds the Secret to the imagePullSecrets of the targets and keeps all other entries, even with concurrent writers. Pods that can't " +
      "start are evicted so that their controllers recreate them.",
    "A TARGET is a ServiceAccount or a workload, such as deployment/web, sts/db or cronjob/report. A name can be a pattern.",
    "You can omit SECRET if the namespace has only one that this plugin created. In a terminal, omit the targets to pick them from a list.",
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
    "# In several namespaces",
    "kubectl acr-secret attach acr-myregistry --serviceaccount default --namespaces 'team-*'",
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
    ...changeFlags,
  },
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: secretOrTargets,
  async run({ flags: given, args }, session) {
    const flags = onlyPrinted(given);
    const make = (targets: TargetOptions) => ({ verb: "create", registry: "REGISTRY", ...targetValues(targets) }) as const;
    const attaching = ({ secret, named }: Pick<TargetRun, "secret" | "named">) => ({
      secret,
      make: make(named),
      fieldManager: flags["field-manager"],
      now: session.now(),
    });
    const options = { restart: flags.restart, recreateOptions: recreateOptions(flags) };
    return runOnTargets(session, flags, args, {
      verb: "attach",
      reads: { pods: flags.restart === "all" ? "all" : "waiting", wait: { milliseconds: parseWait(flags), sleep: session.sleep } },
      otherwise: (targets, namespace) => ({ ...make(targets), namespace, or: "name the Secret" }),
      candidates: (state, run) => lackingIn(state, attaching(run)),
      plan: (state, run) => attachIn(state, attaching(run), { ...run, ...options, whereUsed: run.targets.whereUsed }),
    });
  },
});
