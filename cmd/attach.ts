import { newRun } from "../src/actions/tools.ts";
import { groundsOf } from "../src/scope/places.ts";
import type { Sight } from "../src/state/place.ts";
import { outlooks } from "../src/state/sights.ts";
import { wantsTargets } from "../src/state/targets.ts";
import { tellBeside } from "../src/state/tell-beside.ts";
import { attachIn, lackingIn } from "../src/workflows/attaching.ts";
import { runUnit } from "../src/workflows/unit.ts";
import { chosenTargets } from "./choose-targets.ts";
import { conclude, whereOf } from "./conclude.ts";
import { dryRun, fieldManager, recreate, recreateByForce, referOutput, restart, targets } from "./line/flags.ts";
import { scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { secretOrTargets } from "./line/target-complete.ts";
import { readTargetWords } from "./line/target-words.ts";
import { patienceOf, waitForAccount } from "./line/wait-flags.ts";
import { manifests, onlyPrinted, wantsManifests } from "./manifest/flags.ts";
import { nameOfSecret } from "./secret-name.ts";
import { anewWish, saidAgain } from "./targets.ts";
import { toolsOf } from "./tools.ts";
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
    ...targets,
    ...restart,
    ...recreate,
    ...recreateByForce,
    ...waitForAccount,
    ...scopeFlags,
    ...dryRun,
    ...fieldManager,
    ...referOutput,
    ...manifests,
  },
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: secretOrTargets,
  async run({ flags: given, args }, session) {
    const flags = onlyPrinted("attach", given);
    if (wantsManifests(flags)) return (await import("./manifest/run.ts")).runManifests("attach", { flags, args }, session);
    const { secret, targets: said } = readTargetWords(args, flags);
    // Who is to choose is shown what would be found
    const wish = wantsTargets(said) ? said : { ...said, whereUsed: true };
    const anew = anewWish(flags);
    const patience = patienceOf(flags, session.context);
    const scope = scopeOf(flags);
    const grounds = await groundsOf(scope, { ...session, writes: true });
    const make = { do: "create", registry: "REGISTRY", ...saidAgain(said) } as const;
    const name = secret ?? (await nameOfSecret(grounds, { ...make, namespace: grounds[0]?.namespaces[0], or: "name the Secret" }));
    const lenient = whereOf(scope, grounds) !== "one";
    const pods = wish.whereUsed || flags.restart === "all" ? "all" : "waiting";
    const order = { secret: name, targets: wish, pods, patience, lenient, shelf: session.context.shelf } as const;
    const attaching = { secret: name, make, fieldManager: flags["field-manager"], now: session.context.now() };
    const choosing = { verb: "attach", secret: name, where: whereOf(scope, grounds), output: flags.output } as const;
    const isMeant = wantsTargets(said)
      ? () => true
      : await chosenTargets(session, outlooks(grounds, order), (sight) => lackingIn(sight, attaching), choosing);
    const unit = {
      before: [],
      demand: [],
      run: newRun(),
      each: (sight: Sight) =>
        attachIn(sight, attaching, { whereUsed: wish.whereUsed, isMeant, onePlace: !lenient, restart: flags.restart, anew }),
      later: tellBeside,
    };
    return conclude(runUnit(unit, outlooks(grounds, { ...order, warns: true }), toolsOf(session, flags), flags["dry-run"]), {
      session,
      flags,
      scope,
      grounds,
    });
  },
});
