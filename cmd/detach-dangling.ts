import { newRun } from "../src/actions/tools.ts";
import { CliError } from "../src/errors.ts";
import { planDangling } from "../src/plan/dangling.ts";
import { groundsOf } from "../src/scope/places.ts";
import { noNamespace } from "../src/state/namespace.ts";
import type { Sight } from "../src/state/place.ts";
import { outlooks } from "../src/state/sights.ts";
import { everything, type TargetWish, targetOf, wantsTargets } from "../src/state/targets.ts";
import { runUnit } from "../src/workflows/unit.ts";
import { type Concluding, conclude, whereOf } from "./conclude.ts";
import type { Values } from "./line/flags.ts";
import { type scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { readTargetWords, type TargetFlags } from "./line/target-words.ts";
import type { Session } from "./session.ts";
import { toolsOf } from "./tools.ts";

type DanglingFlags = TargetFlags & Values<typeof scopeFlags> & Concluding["flags"] & { readonly "field-manager": string };

/**
 * Takes names that lead to no Secret out of the lists of the targets; where none is named, of all whose pods stay as they are.
 * @returns the exit code
 */
export async function detachDangling(flags: DanglingFlags, words: readonly string[], session: Session): Promise<number> {
  if (flags.output === "kustomize" || flags.output === "helm")
    throw new CliError("usage", `-o ${flags.output} is about one Secret, so it cannot be combined with --dangling`);
  const wish = wishOf(words, flags);
  const named = wantsTargets(wish);
  const scope = scopeOf(flags);
  const grounds = await groundsOf(scope, { ...session, writes: true });
  const targets = named ? wish : { picks: everything, whereUsed: false };
  const onePlace = whereOf(scope, grounds) === "one";
  const places = outlooks(grounds, { secret: "", targets, pods: "none", lenient: !named || !onePlace, existing: true });
  const each = ({ targets: found, place, existing = new Set() }: Sight) => {
    // Every namespace has a ServiceAccount
    if (onePlace && found.length === 0) throw noNamespace(place.namespace);
    return planDangling(
      found.map((target) => targetOf(target, place.context)),
      { existing, named },
    );
  };
  const unit = { before: [], demand: [], run: newRun(), each };
  return conclude(runUnit(unit, places, toolsOf(session, flags), flags["dry-run"]), { session, flags, scope, grounds });
}

/** @throws CliError usage where a Secret is named */
function wishOf(words: readonly string[], flags: TargetFlags): TargetWish {
  const { secret, targets } = readTargetWords(words, flags);
  if (secret !== undefined)
    throw new CliError("usage", `--dangling finds the names by itself, so "${secret}" cannot be named beside it`, {
      hint: { do: "detach", secret, serviceaccounts: ["default"], or: "--dangling without a Secret" },
    });
  return targets;
}
