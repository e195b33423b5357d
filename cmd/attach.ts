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
import type { Plan } from "../src/plan/change.ts";
import { isOf } from "../src/plan/keys.ts";
import { planAttaches } from "../src/plan/place.ts";
import { readEntries } from "../src/secret/entry.ts";
import { conclude } from "./conclude.ts";
import { dryRun, fieldManager, output, targets } from "./line/flags.ts";
import { secrets } from "./line/known.ts";
import { scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { nameOfSecret } from "./secret-name.ts";
import { requireTargets, saidAgain } from "./targets.ts";
import { toolsOf } from "./tools.ts";
import { verb } from "./verb.ts";

export const attach = verb({
  name: "attach",
  usage: "attach [SECRET] --serviceaccount=NAME",
  summary: "Let ServiceAccounts use a pull secret that exists",
  description:
    "Adds the Secret to imagePullSecrets of the ServiceAccounts and leaves every other name in that list where it is, whoever " +
    "writes to it at the same time. Pods that were made before and cannot start are made anew by their controllers. " +
    "SECRET may be left out where the namespace has one Secret of kubectl acr-secret.",
  examples: [
    "# The default ServiceAccount",
    "kubectl acr-secret attach --serviceaccount",
    "# Two by name",
    "kubectl acr-secret attach acr-myregistry --serviceaccount web --serviceaccount worker",
    "# All with a label",
    "kubectl acr-secret attach acr-myregistry -l team=web",
    "# In many namespaces",
    "kubectl acr-secret attach acr-myregistry --serviceaccount default --namespaces 'team-*'",
  ],
  flags: { ...targets, ...scopeFlags, ...dryRun, ...fieldManager, ...output },
  most: 1,
  complete: secrets,
  async run({ flags, args }, session) {
    const wish = requireTargets(flags, "attach", args[0]);
    const scope = scopeOf(flags);
    const grounds = await groundsOf(scope, { ...session, writes: true });
    const make = { do: "create", registry: "REGISTRY", ...saidAgain(wish) } as const;
    const name = args[0] ?? (await nameOfSecret(grounds, { ...make, namespace: grounds[0]?.namespaces[0], or: "name the Secret" }));
    const places = outlooks(grounds, { secret: name, targets: wish, pods: "waiting" });
    const unit = {
      before: [],
      demand: [],
      run: newRun(),
      each: (sight: Sight) => planIn(sight, { ...make, secret: name }, flags["field-manager"]),
    };
    return conclude(runUnit(unit, places, toolsOf(session, flags), flags["dry-run"]), { session, flags, scope, grounds });
  },
});

function planIn(sight: Sight, make: Create & { readonly secret: string }, fieldManager: string): Plan {
  const { secret, place } = sight;
  const name = make.secret;
  if (!secret) throw noSecret(name, { ...make, namespace: place.namespace });
  const type = secret.type ?? "Opaque";
  if (!(type in pullSecretKey))
    throw new CliError("invalid", `secret "${name}" is of type ${type}, which the kubelet passes over when it pulls`);
  const [host = "", ...others] = hostsOf(secret, fieldManager);
  return planAttaches(factsOf(sight, { name, host, others, fieldManager }).facts, () => true);
}

/** The registries of a Secret: those that it notes, and has a login for. A note alone, which anybody may write, makes no pod anew. */
function hostsOf(secret: Secret, fieldManager: string): string[] {
  const { hosts } = readHeld(secret, "", fieldManager).held;
  const noted = new Set(readEntries(secret)?.flatMap((entry) => entry.hosts));
  return [...noted].filter((host) => hosts.some((server) => isOf(host, server)));
}
