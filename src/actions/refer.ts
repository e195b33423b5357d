import { absent, CliError } from "../errors.ts";
import { keyOf, nameOf, resourceOf, type TargetKind } from "../kinds.ts";
import type { KubeObject, KubeObjects } from "../objects.ts";
import type { Keep, Recreate, Refer, Refuse } from "../plan/change.ts";
import { takeOut } from "../plan/dangling.ts";
import { patchOf, planAttach, planDetach, readTarget } from "../plan/references.ts";
import { leadNowhere } from "../state/beside.ts";
import type { Outcome } from "./outcome.ts";
import { settle } from "./settle.ts";
import type { Bench } from "./tools.ts";

const plans = { attach: planAttach, detach: planDetach };

/** What a round looks at: the target, and which of the names lead nowhere that go for this reason alone. */
type Look = { readonly object: KubeObjects[TargetKind]; readonly gone?: readonly string[] };

/** Attach and detach, until the list is as it should be, whoever else writes to it. */
export async function refer({ act, to, secret, dangling }: Refer, { tools, seen }: Bench): Promise<Outcome> {
  const cluster = tools.cluster(to.context);
  // What was seen will do for the first round: if it is old by now, the write is refused
  let first = seen.get(keyOf(to)) as KubeObjects[TargetKind] | undefined;
  const settled = await settle<Look, Refer | Keep, KubeObject>(
    {
      observe: async () => {
        const object = first ?? (await cluster.get(to));
        first = undefined;
        // One may be in a list before its Secret is made
        const gone = dangling && (await leadNowhere({ cluster, namespace: to.namespace ?? "" }, dangling));
        return { object: object ?? missing(to), ...(gone && { gone }) };
      },
      decide: ({ object, gone }) => {
        const target = readTarget(to.kind, object, to.context);
        return gone ? takeOut(gone, target) : possible(plans[act](secret, target));
      },
      write: (next, { object }) => cluster.write(to, { patch: patchOf(readTarget(to.kind, object), next.after) }, tools.write),
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
  if (change.act === "recreate") throw new CliError("internal", `${nameOf(change.to)} is to be made anew unasked`);
  return change;
}

/** The error that a refusal is. */
export const refusalOf = ({ says, fix }: Refuse): CliError => new CliError("invalid", says, { hint: fix });
