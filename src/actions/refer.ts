import { absent, CliError } from "../errors.ts";
import { keyOf, kinds, nameOf, resourceOf, type TargetKind, withAt } from "../kinds.ts";
import type { KubeObject, KubeObjects } from "../objects.ts";
import type { Keep, Recreate, Refer, Refuse } from "../plan/change.ts";
import { planRefer } from "../plan/refer.ts";
import { patchOf } from "../targets/lists.ts";
import { readTarget } from "../usage/references.ts";
import type { Action, Env } from "./action.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { update } from "./update.ts";

export const refer: Action<Refer> = {
  apply: referUntilRight,
  preview: ({ to, after }, { objects }) => {
    const object = objects.get(keyOf(to));
    const list = after.length === 0 ? undefined : after.map((name) => ({ name }));
    return { object: object && (withAt(object, kinds[to.kind].pullSecretList.path, list) as KubeObject) };
  },
  message: () => "patched",
};

async function referUntilRight({ act, to, secret }: Refer, { tools, objects }: Env): Promise<ChangeOutcome> {
  const cluster = tools.cluster();
  return update<KubeObjects[TargetKind], ChangeOutcome>({
    initial: objects.get(keyOf(to)) as KubeObjects[TargetKind] | undefined,
    read: async () => (await cluster.get(to)) ?? throwMissing(to),
    write: async (object) => {
      const target = readTarget(to.kind, object);
      const change = possible(planRefer(act, secret, target));
      if (change.act === "keep") return { change, object: objects.get(keyOf(to)) };
      const { patch } = patchOf(to, change.after);
      const metadata = { resourceVersion: target.version };
      return { change, object: await cluster.write(to, { patch: { metadata, ...patch } }, tools.write) };
    },
    // If many clients write one list, each attempt succeeds for one of them, so the pause grows and differs between the runs
    attempts: 60,
    pause: (attempt) => tools.sleep(Math.min(5 * attempt, 100) * (0.5 + tools.jitter())),
  });
}

function throwMissing({ kind, name }: Refer["to"]): never {
  throw absent(resourceOf(kind), name);
}

/** @throws CliError if the target has become one whose list can't be changed */
function possible(change: Refer | Keep | Refuse | Recreate): Refer | Keep {
  if (change.act === "refuse") throw refusalOf(change);
  if (change.act === "recreate") throw new CliError("internal", `${nameOf(change.to)} would be recreated without --recreate`);
  return change;
}

export const refusalOf = ({ message, fix }: Refuse): CliError => new CliError("invalid", message, { hint: fix });
