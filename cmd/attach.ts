import { newRun } from "../src/apply/tools.ts";
import { runUnit } from "../src/apply/unit.ts";
import { CliError } from "../src/errors.ts";
import type { Create } from "../src/fix.ts";
import { groundsOf } from "../src/fleet/places.ts";
import type { Ref } from "../src/kinds.ts";
import { pullSecretKey, type Secret } from "../src/objects.ts";
import { factsOf } from "../src/observe/facts.ts";
import { readHeld } from "../src/observe/held.ts";
import { tellUseless } from "../src/observe/no-key.ts";
import type { Sight } from "../src/observe/place.ts";
import { noSecret } from "../src/observe/secrets.ts";
import { outlooks } from "../src/observe/sights.ts";
import { targetOf, wantsTargets } from "../src/observe/targets.ts";
import { usersOf } from "../src/observe/where-used.ts";
import type { Plan } from "../src/plan/change.ts";
import { hostOf, isOf } from "../src/plan/keys.ts";
import { planAttaches } from "../src/plan/place.ts";
import type { AnewWish } from "../src/plan/refusal.ts";
import type { RestartWish } from "../src/plan/restart.ts";
import { readEntries } from "../src/secret/entry.ts";
import { chosenTargets } from "./choose-targets.ts";
import { conclude, whereOf } from "./conclude.ts";
import { dryRun, fieldManager, recreate, recreateByForce, referOutput, restart, targets } from "./line/flags.ts";
import { scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { secretOrTargets } from "./line/target-complete.ts";
import { readTargetWords } from "./line/target-words.ts";
import { patienceOf, waitForAccount } from "./line/wait-flags.ts";
import { manifests, onlyPrinted, wantsManifests } from "./manifest/flags.ts";
import { runManifests } from "./manifest/run.ts";
import { nameOfSecret } from "./secret-name.ts";
import { anewWish, saidAgain } from "./targets.ts";
import { toolsOf } from "./tools.ts";
import { verb } from "./verb.ts";

export const attach = verb({
  name: "attach",
  usage: "attach [SECRET] TARGET...",
  summary: "Let ServiceAccounts and workloads use a pull secret that exists",
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
    if (wantsManifests(flags)) return runManifests("attach", { flags, args }, session);
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
    const how = { ...make, secret: name, fieldManager: flags["field-manager"], now: session.context.now() };
    const choosing = { verb: "attach", secret: name, where: whereOf(scope, grounds), output: flags.output } as const;
    const isMeant = wantsTargets(said)
      ? () => true
      : await chosenTargets(session, outlooks(grounds, order), (sight) => lackingIn(sight, how), choosing);
    const unit = {
      before: [],
      demand: [],
      run: newRun(),
      each: (sight: Sight) => planIn(sight, how, { whereUsed: wish.whereUsed, isMeant, restart: flags.restart, anew }),
    };
    return conclude(runUnit(unit, outlooks(grounds, { ...order, warns: true }), toolsOf(session, flags), flags["dry-run"]), {
      session,
      flags,
      scope,
      grounds,
    });
  },
});

type How = Create & { readonly secret: string; readonly fieldManager: string; readonly now: Date };

type Planning = { readonly whereUsed: boolean; isMeant(target: Ref): boolean; readonly restart: RestartWish; readonly anew: AnewWish };

function planIn(sight: Sight, how: How, { whereUsed, isMeant, restart, anew }: Planning): Plan {
  const { context } = sight.place;
  const { hosts, fieldManager, name } = readIn(sight, how);
  const { now } = how;
  const [host = "", ...others] = hosts;
  const found = whereUsed ? usersIn(sight, hosts, name) : sight.targets;
  const meant = { ...sight, targets: found.filter((object) => isMeant(targetOf(object, context).to)), also: sight.targets };
  const { facts } = factsOf(meant, { name, host, others, fieldManager, now });
  const plan = planAttaches(facts, { restart, anew, mayPull: () => true });
  return [...plan, ...(sight.secret ? tellUseless(facts.to, sight.secret, meant, plan) : [])];
}

/** What uses the Secret's registry and lacks the Secret. */
function lackingIn(sight: Sight, how: How): Ref[] {
  const { hosts, name } = readIn(sight, how);
  const users = usersIn(sight, hosts, name).map((object) => targetOf(object, sight.place.context));
  return users.filter(({ names }) => !names.includes(name)).map(({ to }) => to);
}

/** The Secret's name, and the registries that it has a login for. @throws CliError where the kubelet could make nothing of it */
function readIn({ secret, place }: Sight, { fieldManager, now: _, ...make }: How) {
  const name = make.secret;
  if (!secret) throw noSecret(name, { ...make, namespace: place.namespace });
  const type = secret.type ?? "Opaque";
  if (!(type in pullSecretKey))
    throw new CliError("invalid", `secret "${name}" is of type ${type}, which the kubelet passes over when it pulls`);
  return { name, fieldManager, hosts: hostsOf(secret, fieldManager) };
}

function usersIn(sight: Sight, hosts: readonly string[], name: string) {
  if (hosts.length === 0)
    throw new CliError("invalid", `secret/${name} does not say which registry its login is for: name the targets`, {
      hint: { do: "attach", secret: name, serviceaccounts: ["default"], or: "deployment/NAME, or --all-serviceaccounts" },
    });
  return usersOf(hosts, sight);
}

/**
 * The registries of a Secret: those that it notes, and has a login for; of one that notes none, those of its keys. A note alone, which
 * anybody may write, makes no pod anew.
 */
function hostsOf(secret: Secret, fieldManager: string): string[] {
  const { hosts } = readHeld(secret, "", fieldManager).held;
  const entries = readEntries(secret);
  if (entries === undefined) return [...new Set(hosts.map(hostOf))].filter((host) => /^[\w.:-]+$/.test(host));
  const noted = new Set(entries.flatMap((entry) => entry.hosts));
  return [...noted].filter((host) => hosts.some((server) => isOf(host, server)));
}
