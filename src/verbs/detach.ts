import type { Command } from "../hint.ts";
import { kinds } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import { detachDangling, detachTargets } from "../targets/detach.ts";
import type { RecreateOptions } from "../targets/lists.ts";
import { noTarget } from "../targets/no-target.ts";
import type { WarningId } from "../targets/warnings.ts";
import type { Tools } from "../tools.ts";
import { readNamespace } from "../usage/namespace-state.ts";
import { onlySecret } from "../usage/pull-secrets.ts";
import type { Target } from "../usage/references.ts";
import { everything, type TargetOptions, targetOf } from "../usage/targets.ts";

export type Detach = {
  readonly namespace: string;
  /** Absent: the only Secret of this plugin in the namespace. */
  readonly secret: string | undefined;
  /** Absent: the run fails with the targets that list the Secret. */
  readonly targets: TargetOptions | undefined;
  readonly recreateOptions: RecreateOptions;
  /** The command to suggest if the namespace has no Secret of this plugin. */
  readonly otherwise: Command;
};

/** Removes a Secret from the lists of targets in one namespace. @throws CliError if a named target doesn't exist, or none is named */
export async function* detachSecret(order: Detach, tools: Tools): AsyncGenerator<Outcome> {
  const { namespace, recreateOptions, otherwise } = order;
  const cluster = tools.cluster();
  const name = order.secret ?? (await onlySecret(cluster, namespace, otherwise));
  const targets = order.targets ?? { picks: [], whereUsed: true };
  const read = async () => {
    const state = await readNamespace({ cluster, namespace }, { secret: name, targets, pods: "none", lenient: false });
    return { secret: state.secret, selected: state.targets.filter((one) => !targets.whereUsed || listsPermanently(name, targetOf(one))) };
  };

  if (!order.targets) throw await noTarget("detach", name, async () => (await read()).selected.map((one) => targetOf(one).to), tools);
  const { secret, selected } = await read();
  const to = { kind: "secret", name, namespace } as const;
  let isUnchanged = true;
  for await (const outcome of detachTargets({ secret: to, targets: selected, recreateOptions }, tools)) {
    isUnchanged &&= outcome.result === "unchanged";
    yield outcome;
  }
  // The name may be mistyped
  const id: WarningId = "secret-missing";
  if (isUnchanged && !secret) yield { to, messages: [`secret/${name} not found, and no selected target lists it`], ids: [id] };
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
