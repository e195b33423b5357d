import { newRun } from "../src/actions/tools.ts";
import { kinds } from "../src/kinds.ts";
import type { Change, Plan } from "../src/plan/change.ts";
import { planDetach, type Target } from "../src/plan/references.ts";
import { groundsOf } from "../src/scope/places.ts";
import type { Sight } from "../src/state/place.ts";
import { outlooks } from "../src/state/sights.ts";
import { targetOf, wantsTargets } from "../src/state/targets.ts";
import { runUnit } from "../src/workflows/unit.ts";
import { chosenTargets } from "./choose-targets.ts";
import { conclude, whereOf } from "./conclude.ts";
import { dangling, dryRun, fieldManager, recreate, recreateByForce, referOutput, targets } from "./line/flags.ts";
import { scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { secretOrTargets } from "./line/target-complete.ts";
import { readTargetWords } from "./line/target-words.ts";
import { manifests, onlyPrinted, wantsManifests } from "./manifest/flags.ts";
import { nameOfSecret } from "./secret-name.ts";
import { anewWish, saidAgain } from "./targets.ts";
import { toolsOf } from "./tools.ts";
import { verb } from "./verb.ts";

export const detach = verb({
  usage: "detach [SECRET] TARGET...",
  description:
    "Removes the Secret from imagePullSecrets of the targets and leaves every other name in that list where it is. " +
    "The Secret itself stays, and so do pods that run: new pods no longer get it. At a terminal the targets may be left out, and chosen. " +
    "With -f or -k manifests are patched instead, and printed: by default all that makes pods in them.",
  examples: [
    "# The default ServiceAccount",
    "kubectl acr-secret detach --serviceaccount",
    "# Wherever it is attached in the namespace",
    "kubectl acr-secret detach acr-myregistry --all-serviceaccounts",
    "# A workload, whose pods are then made anew without it",
    "kubectl acr-secret detach acr-myregistry deployment/web",
    "# The manifests of a folder, changed in place",
    "kubectl acr-secret detach acr-myregistry -f manifests/ --write",
    "# Names that lead to no Secret, in every namespace",
    "kubectl acr-secret detach --dangling -A --dry-run=client",
  ],
  flags: {
    ...targets,
    ...dangling,
    ...recreate,
    ...recreateByForce,
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
    const flags = onlyPrinted("detach", given);
    if (wantsManifests(flags)) return (await import("./manifest/run.ts")).runManifests("detach", { flags, args }, session);
    if (flags.dangling) return (await import("./detach-dangling.ts")).detachDangling(flags, args, session);
    const { secret: named, targets: said } = readTargetWords(args, flags);
    // Who is to choose is shown what would be found
    const wish = wantsTargets(said) ? said : { ...said, whereUsed: true };
    const anew = anewWish(flags);
    const scope = scopeOf(flags);
    const grounds = await groundsOf(scope, { ...session, writes: true });
    const name =
      named ?? (await nameOfSecret(grounds, { do: "detach", secret: "NAME", ...saidAgain(said), namespace: grounds[0]?.namespaces[0] }));
    const onePlace = whereOf(scope, grounds) === "one";
    const order = { secret: name, targets: wish, pods: "none", lenient: !onePlace, shelf: session.context.shelf } as const;
    const meantIn = ({ targets: found, place }: Sight) =>
      found.map((target) => targetOf(target, place.context)).filter((target) => !wish.whereUsed || carriesForGood(name, target));
    const choosing = { verb: "detach", secret: name, where: whereOf(scope, grounds), output: flags.output } as const;
    const isMeant = wantsTargets(said)
      ? () => true
      : await chosenTargets(session, outlooks(grounds, order), (sight) => meantIn(sight).map(({ to }) => to), choosing);
    const each = (sight: Sight): Plan => {
      const { secret, place } = sight;
      const changes = meantIn(sight)
        .filter(({ to }) => isMeant(to))
        .map((target) => planDetach(name, target, anew));
      if (onePlace && !secret && changes.every(({ act }) => act === "keep")) return [...changes, tellAbsent(name, place.namespace)];
      return onePlace && changes.length === 0 ? [tellNone(name, place.namespace)] : changes;
    };
    const unit = { before: [], demand: [], run: newRun(), each };
    return conclude(runUnit(unit, outlooks(grounds, order), toolsOf(session, flags), flags["dry-run"]), { session, flags, scope, grounds });
  },
});

/** Whether a target has the name in a list of its own that can be changed. */
const carriesForGood = (secret: string, { names, maker, to }: Target) =>
  names.includes(secret) && !maker && kinds[to.kind].carries.takes !== "anew";

const tellNone = (name: string, namespace: string): Change => ({
  act: "tell",
  to: { kind: "secret", name, namespace },
  says: `nothing names secret/${name}`,
});

/** Somebody may have mistyped a name that is neither a Secret's nor in a list. */
const tellAbsent = (name: string, namespace: string): Change => ({
  act: "tell",
  id: "secret-missing",
  to: { kind: "secret", name, namespace },
  says: `secret/${name} is not there, and nothing that was meant names it`,
});
