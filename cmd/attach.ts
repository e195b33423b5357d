import { newRun } from "../src/apply/tools.ts";
import { runUnit } from "../src/apply/unit.ts";
import { CliError } from "../src/errors.ts";
import type { Create } from "../src/fix.ts";
import { groundsOf } from "../src/fleet/places.ts";
import { pullSecretKey, type Secret } from "../src/objects.ts";
import { factsOf } from "../src/observe/facts.ts";
import { readHeld } from "../src/observe/held.ts";
import type { Sight } from "../src/observe/place.ts";
import { noSecret } from "../src/observe/secrets.ts";
import { outlooks } from "../src/observe/sights.ts";
import { usersOf } from "../src/observe/where-used.ts";
import type { Plan } from "../src/plan/change.ts";
import { hostOf, isOf } from "../src/plan/keys.ts";
import { planAttaches } from "../src/plan/place.ts";
import type { RestartWish } from "../src/plan/restart.ts";
import { readEntries } from "../src/secret/entry.ts";
import { conclude, whereOf } from "./conclude.ts";
import { dryRun, fieldManager, output, restart, targets } from "./line/flags.ts";
import { scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { secretOrTargets } from "./line/target-complete.ts";
import { patienceOf, waitForAccount } from "./line/wait-flags.ts";
import { nameOfSecret } from "./secret-name.ts";
import { requireTargets, saidAgain } from "./targets.ts";
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
    "SECRET may be left out where the namespace has one Secret of kubectl acr-secret.",
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
    "# In many namespaces",
    "kubectl acr-secret attach acr-myregistry --serviceaccount default --namespaces 'team-*'",
  ],
  flags: { ...targets, ...restart, ...waitForAccount, ...scopeFlags, ...dryRun, ...fieldManager, ...output },
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: secretOrTargets,
  async run({ flags, args }, session) {
    const { secret, targets: wish } = requireTargets(flags, "attach", args);
    const patience = patienceOf(flags, session.context);
    const scope = scopeOf(flags);
    const grounds = await groundsOf(scope, { ...session, writes: true });
    const make = { do: "create", registry: "REGISTRY", ...saidAgain(wish) } as const;
    const name = secret ?? (await nameOfSecret(grounds, { ...make, namespace: grounds[0]?.namespaces[0], or: "name the Secret" }));
    const lenient = whereOf(scope, grounds) !== "one";
    const pods = wish.whereUsed || flags.restart === "all" ? "all" : "waiting";
    const places = outlooks(grounds, { secret: name, targets: wish, pods, patience, lenient });
    const unit = {
      before: [],
      demand: [],
      run: newRun(),
      each: (sight: Sight) => planIn(sight, { ...make, secret: name }, { whereUsed: wish.whereUsed, ...flags }),
    };
    return conclude(runUnit(unit, places, toolsOf(session, flags), flags["dry-run"]), { session, flags, scope, grounds });
  },
});

type Planning = { readonly whereUsed: boolean; readonly restart: RestartWish; readonly "field-manager": string };

function planIn(
  sight: Sight,
  make: Create & { readonly secret: string },
  { whereUsed, restart, "field-manager": fieldManager }: Planning,
): Plan {
  const { secret, place } = sight;
  const name = make.secret;
  if (!secret) throw noSecret(name, { ...make, namespace: place.namespace });
  const type = secret.type ?? "Opaque";
  if (!(type in pullSecretKey))
    throw new CliError("invalid", `secret "${name}" is of type ${type}, which the kubelet passes over when it pulls`);
  const [host = "", ...others] = hostsOf(secret, fieldManager);
  if (whereUsed && host === "") throw noRegistry(name);
  const meant = whereUsed ? { ...sight, targets: usersOf([host, ...others], sight) } : sight;
  return planAttaches(factsOf(meant, { name, host, others, fieldManager }).facts, { restart, mayPull: () => true });
}

const noRegistry = (name: string) =>
  new CliError("invalid", `secret/${name} does not say which registry its login is for: name the targets instead of --where-used`);

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
