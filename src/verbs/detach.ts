import type { Command } from "../hint.ts";
import { kinds } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import { detachDangling, detachTargets } from "../targets/detach.ts";
import type { RecreateOptions } from "../targets/lists.ts";
import type { WarningId } from "../targets/warnings.ts";
import type { Tools } from "../tools.ts";
import { readNamespace } from "../usage/namespace-state.ts";
import { onlySecret } from "../usage/pull-secrets.ts";
import type { Target } from "../usage/references.ts";
import { everything, type TargetOptions, targetOf } from "../usage/targets.ts";
import type { Choose } from "./attach.ts";

export type Detach = {
  readonly namespace: string;
  /** Absent: the only Secret of this plugin in the namespace. */
  readonly secret: string | undefined;
  /** The targets; undefined if the user chooses among those that list the Secret. */
  readonly targets: TargetOptions | undefined;
  readonly recreateOptions: RecreateOptions;
  /** The command to suggest if the namespace has no Secret of this plugin. */
  readonly otherwise: Command;
};

/** Removes a Secret from the lists of targets in one namespace. @throws CliError if a named target doesn't exist */
export async function* detachSecret(order: Detach, choose: Choose, tools: Tools): AsyncGenerator<Outcome> {
  const { namespace, recreateOptions, otherwise } = order;
  const cluster = tools.cluster();
  const name = order.secret ?? (await onlySecret(cluster, namespace, otherwise));
  const targets = order.targets ?? { picks: [], whereUsed: true };
  const read = () => readNamespace({ cluster, namespace }, { secret: name, targets, pods: "none", lenient: false });
  const isSelected = (target: Target) => !targets.whereUsed || listsPermanently(name, target);

  const candidates = async () => {
    const state = await read();
    return state.targets
      .map((object) => targetOf(object))
      .filter(isSelected)
      .map(({ to }) => to);
  };
  const isChosen = order.targets ? () => true : await choose(name, candidates);
  // The user may have taken a while
  const state = await read();
  const selected = state.targets.filter((object) => {
    const target = targetOf(object);
    return isSelected(target) && isChosen(target.to);
  });
  const to = { kind: "secret", name, namespace } as const;
  let isUnchanged = true;
  for await (const outcome of detachTargets({ secret: to, targets: selected, recreateOptions }, tools)) {
    isUnchanged &&= outcome.result === "unchanged";
    yield outcome;
  }
  // The name may be mistyped
  const id: WarningId = "secret-missing";
  if (isUnchanged && !state.secret) yield { to, messages: [`secret/${name} not found, and no selected target lists it`], ids: [id] };
  else if (selected.length === 0) yield { to, messages: [`no target lists secret/${name}`] };
}

/** Whether a target has the name in its own list, and the list can be changed permanently. */
const listsPermanently = (secret: string, { names, owner, to }: Target) =>
  names.includes(secret) && !owner && kinds[to.kind].pullSecretList.takesEffect !== "recreate";

/** Removes the names of missing Secrets from lists in one namespace. Without targets: from all whose change restarts no pods. */
export async function* detachMissing({ namespace, targets }: Pick<Detach, "namespace" | "targets">, tools: Tools): AsyncGenerator<Outcome> {
  const cluster = tools.cluster();
  const reads = { secret: "", targets: targets ?? { picks: everything, whereUsed: false }, pods: "none", existing: true } as const;
  const state = await readNamespace({ cluster, namespace }, { ...reads, lenient: false });
  const { targets: found, existing = new Set() } = state;
  yield* detachDangling({ namespace, targets: found, existing, named: targets !== undefined }, tools);
}
