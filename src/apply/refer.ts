import { absent } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { KubeObject, ServiceAccount } from "../objects.ts";
import type { Keep, Refer } from "../plan/change.ts";
import { patchOf, planAttach, planDetach, readTarget } from "../plan/references.ts";
import type { Outcome } from "./outcome.ts";
import { settle } from "./settle.ts";
import type { Bench } from "./tools.ts";

const plans = { attach: planAttach, detach: planDetach };

/** Attach and detach, until the list is as it should be, whoever else writes to it. */
export async function refer({ act, to, secret }: Refer, { tools, seen }: Bench): Promise<Outcome> {
  const cluster = tools.cluster(to.context);
  // What was seen will do for the first round: if it is old by now, the write is refused
  let first = seen.get(keyOf(to)) as ServiceAccount | undefined;
  const settled = await settle<ServiceAccount, Refer | Keep, KubeObject>(
    {
      observe: async () => {
        const object = first ?? (await cluster.get(to));
        first = undefined;
        return object ?? missing(to.name);
      },
      decide: (object) => plans[act](secret, readTarget(to.kind, object, to.context)),
      write: (next, object) => cluster.write(to, { patch: patchOf(readTarget(to.kind, object), next.after) }, tools.write),
    },
    // Many writers of one list: each round lets one of them through, so the wait grows with the round
    { rounds: 60, pause: (round) => tools.sleep(Math.min(5 * round, 100)) },
  );
  return { change: settled.change, object: settled.written ?? seen.get(keyOf(to)) };
}

function missing(name: string): never {
  throw absent("serviceaccounts", name);
}
