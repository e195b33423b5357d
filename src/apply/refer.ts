import { absent, CliError } from "../errors.ts";
import { keyOf, resourceOf, type TargetKind } from "../kinds.ts";
import type { KubeObject, KubeObjects } from "../objects.ts";
import type { Keep, Recreate, Refer, Refuse } from "../plan/change.ts";
import { patchOf, planAttach, planDetach, readTarget } from "../plan/references.ts";
import type { Outcome } from "./outcome.ts";
import { settle } from "./settle.ts";
import type { Bench } from "./tools.ts";

const plans = { attach: planAttach, detach: planDetach };

/** Attach and detach, until the list is as it should be, whoever else writes to it. */
export async function refer({ act, to, secret }: Refer, { tools, seen }: Bench): Promise<Outcome> {
  const cluster = tools.cluster(to.context);
  // What was seen will do for the first round: if it is old by now, the write is refused
  let first = seen.get(keyOf(to)) as KubeObjects[TargetKind] | undefined;
  const settled = await settle<KubeObjects[TargetKind], Refer | Keep, KubeObject>(
    {
      observe: async () => {
        const object = first ?? (await cluster.get(to));
        first = undefined;
        return object ?? missing(to);
      },
      decide: (object) => possible(plans[act](secret, readTarget(to.kind, object, to.context))),
      write: (next, object) => cluster.write(to, { patch: patchOf(readTarget(to.kind, object), next.after) }, tools.write),
    },
    // Many writers of one list: each round lets one of them through, so the wait grows with the round, and is not everybody's
    { rounds: 60, pause: (round) => tools.sleep(Math.min(5 * round, 100) * (0.5 + tools.chance())) },
  );
  return { change: settled.change, object: settled.written ?? seen.get(keyOf(to)) };
}

function missing({ kind, name }: Refer["to"]): never {
  throw absent(resourceOf(kind), name);
}

/** @throws CliError for a target that has become one whose list cannot be changed */
function possible(change: Refer | Keep | Refuse | Recreate): Refer | Keep {
  if (change.act === "refuse") throw refusalOf(change);
  if (change.act === "recreate") throw new CliError("internal", `${change.to.kind}/${change.to.name} is to be made anew unasked`);
  return change;
}

/** The error that a refusal is. */
export const refusalOf = ({ says, fix }: Refuse): CliError => new CliError("invalid", says, { hint: fix });
