import type { TargetOptions } from "../src/state/targets.ts";
import { warnOtherNames } from "../src/state/warnings.ts";
import { attachIn, lackingIn } from "../src/workflows/attach.ts";
import { parseWait } from "./line/durations.ts";
import { restartFlag, targetFlags } from "./line/flags.ts";
import { secretOrTargets } from "./line/known.ts";
import { saidAgain } from "./line/target-words.ts";
import {
  changeFlags,
  onlyPrinted,
  recreateFlags,
  recreateOptions,
  runOnTargets,
  type TargetRun,
  wantsManifests,
} from "./run-on-targets.ts";
import { verb } from "./verb.ts";

export const attach = verb({
  usage: "attach [SECRET] TARGET...",
  description:
    "Adds the Secret to imagePullSecrets of the targets and leaves every other name in that list where it is, whoever " +
    "writes to it at the same time. A target is a ServiceAccount, whose new pods get the Secret, or what makes pods: deployment/web, " +
    "sts/db, cronjob/report; a name may be a pattern. Pods that were made before and cannot start are made anew by their controllers. " +
    "SECRET may be left out where the namespace has one Secret of kubectl acr-secret, and at a terminal the targets, which can then be " +
    "chosen from what uses the Secret's registry and lacks it. " +
    "With -f or -k manifests are patched instead, and printed: by default all that makes pods in them.",
  examples: [
    "# The default ServiceAccount",
    "kubectl acr-secret attach --serviceaccount",
    "# Two by name",
    "kubectl acr-secret attach acr-myregistry --serviceaccount web --serviceaccount worker",
    "# All with a label",
    "kubectl acr-secret attach acr-myregistry -l team=web",
    "# Workloads",
    "kubectl acr-secret attach acr-myregistry deployment/web statefulset/db cronjob/report",
    "# Every Deployment and DaemonSet",
    "kubectl acr-secret attach acr-myregistry deployments,daemonsets --all",
    "# Whatever has images of the Secret's registry",
    "kubectl acr-secret attach acr-myregistry --where-used",
    "# A pod without a controller, which has to be made anew",
    "kubectl acr-secret attach acr-myregistry pod/debug --recreate",
    "# In many namespaces",
    "kubectl acr-secret attach acr-myregistry --serviceaccount default --namespaces 'team-*'",
    "# The manifests of a folder, changed in place",
    "kubectl acr-secret attach acr-myregistry -f manifests/ --write",
  ],
  flags: {
    ...targetFlags,
    ...restartFlag,
    ...recreateFlags,
    wait: {
      type: "string",
      default: "30s",
      describe: "How long to wait for the default ServiceAccount of a namespace that was made a moment ago, such as 10s or 1m",
    },
    ...changeFlags,
  },
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: secretOrTargets,
  async run({ flags: given, args }, session) {
    const flags = onlyPrinted("attach", given);
    if (wantsManifests(flags)) return (await import("./manifest/run.ts")).runManifests("attach", flags, args, session);
    const make = (targets: TargetOptions) => ({ verb: "create", registry: "REGISTRY", ...saidAgain(targets) }) as const;
    const attaching = ({ secret, named }: Pick<TargetRun, "secret" | "named">) => ({
      secret,
      make: make(named),
      fieldManager: flags["field-manager"],
      now: session.now(),
    });
    const options = { restart: flags.restart, recreateOptions: recreateOptions(flags) };
    return runOnTargets(session, flags, args, {
      verb: "attach",
      reads: { pods: flags.restart === "all" ? "all" : "waiting", patience: { milliseconds: parseWait(flags), sleep: session.sleep } },
      warns: true,
      otherwise: (targets, namespace) => ({ ...make(targets), namespace, or: "name the Secret" }),
      candidates: (state, run) => lackingIn(state, attaching(run)),
      plan: (state, run) => attachIn(state, attaching(run), { ...run, ...options, whereUsed: run.targets.whereUsed }),
      later: warnOtherNames,
    });
  },
});
