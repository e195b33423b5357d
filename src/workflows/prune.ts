import { Claims } from "../actions/claims.ts";
import { executeInOrder } from "../actions/execute.ts";
import type { Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import type { Remover } from "../credential/kind.ts";
import { asCliError } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Change } from "../plan/change.ts";
import { type PruneFacts, type PruneOptions, type Removal, reasonToKeep } from "../plan/prune.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";

export type Pruning = {
  readonly tools: Tools;
  readonly options: PruneOptions;
  look(): Promise<PruneFacts>;
  remover(removal: Removal): Promise<Remover>;
};

/** Removes leftovers. Checks each one again right before, and removes it only if it is still a leftover. */
export async function* pruning(removals: readonly Removal[], run: Pruning): AsyncGenerator<Outcome> {
  const bounds = { width: limits.credentials, interrupted: () => false };
  // Objects of the same name are removed one after the other
  const groups = [...Map.groupBy(removals, ({ to }) => keyOf(to)).values()];
  for (let at = 0; at < groups.length; at += limits.credentials) {
    const facts = run.tools.interrupted() ? undefined : await run.look();
    yield* runConcurrently(groups.slice(at, at + limits.credentials), bounds, async function* (group) {
      for (const removal of group) yield* remove(removal, facts, run);
    });
  }
}

async function* remove(removal: Removal, facts: PruneFacts | undefined, run: Pruning): AsyncGenerator<Outcome> {
  const { to } = removal;
  const deletion: Change = { act: "delete", to, because: "it is left over" };
  if (!facts || run.tools.interrupted()) return yield { change: deletion, left: "interrupted" };
  const reason = reasonToKeep(removal, facts, run.options);
  if (reason !== undefined) return yield kept(removal, reason);
  try {
    const remover = await run.remover(removal);
    const plan = await remover.plan(removal);
    if (plan.length === 0 || (removal.whole && plan.some((change) => "slot" in change))) return yield kept(removal, "it has changed since");
    const tools = { ...run.tools, apply: remover.apply, removal: remover.removal };
    const env = { tools, claims: new Claims(tools), objects: new Map() };
    yield* executeInOrder(plan, env, { message: "it was not removed; to remove it yourself", missingIsDone: true });
  } catch (error) {
    yield { change: deletion, error: asCliError(error) };
  }
}

const kept = ({ to }: Removal, because: string): Outcome => ({
  change: { act: "keep", to, because },
  messages: [`${to.name} is kept: ${because}`],
});
