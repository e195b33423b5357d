import { CliError, Interrupted } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Change, Plan } from "../plan/change.ts";
import { over } from "../scope/concurrency.ts";
import { actionOf } from "./actions.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { rollback, withLeft } from "./rollback.ts";
import type { Env } from "./tools.ts";

/**
 * Executes a plan and yields each outcome in the plan's order, as soon as it is known. Changes are independent but for what they `need`:
 * one that fails keeps only those from their turn that need it. A client dry run sends nothing: it yields what each change would result in.
 */
export async function* execute(plan: Plan | AsyncIterable<Change>, env: Env): AsyncGenerator<ChangeOutcome> {
  if (env.tools.dryRun === "client") {
    for await (const change of plan) yield preview(change, env);
    return;
  }
  const went: Went = new Map();
  yield* over(plan, { width: env.tools.width, halted: () => false }, (change) => step(change, went, env));
}

/** Whether the change of an object went well, by what names it. */
type Went = Map<string, Promise<boolean>>;

async function* step(change: Change, went: Went, env: Env): AsyncGenerator<ChangeOutcome> {
  const needed = [change.needs ?? []].flat().flatMap((ref) => went.get(keyOf(ref)) ?? []);
  const outcome = attempt(change, needed, env);
  const good = outcome.then(
    ({ error, left }) => !error && !left,
    () => false,
  );
  if (change.act !== "tell") went.set(keyOf(change.to), good);
  yield await outcome;
}

async function attempt(change: Change, needed: readonly Promise<boolean>[], env: Env): Promise<ChangeOutcome> {
  if ((await Promise.all(needed)).includes(false)) return { change, left: env.tools.halted() ? "interrupted" : "failed" };
  if (env.tools.halted() && change.act !== "tell") return { change, left: "interrupted" };
  try {
    return { change, ...(await actionOf(change).apply(change, env)) };
  } catch (error) {
    if (error instanceof CliError) return { change, error };
    throw error;
  }
}

/** The outcome of a change in a client dry run. */
const preview = (change: Change, env: Env): ChangeOutcome => ({ change, ...actionOf(change).preview?.(change, env) });

/** Executes a single change. */
export async function executeOne(change: Change, env: Env): Promise<ChangeOutcome> {
  for await (const outcome of execute([change], env)) return outcome;
  return { change, left: "interrupted" };
}

/**
 * Executes a plan all or nothing, one change after the other: if one fails, it and those before it are rolled back.
 * @throws CliError of the change that failed, with what could not be rolled back
 */
export async function executeAll(plan: Plan, env: Env): Promise<ChangeOutcome[]> {
  if (env.tools.dryRun === "client") return plan.map((change) => preview(change, env));
  const done: ChangeOutcome[] = [];
  for (const change of plan) {
    const outcome = await attempt(change, [], env);
    if (outcome.left) throw await takenBack(new Interrupted(), done, env);
    // A change whose answer was lost may have happened
    if (outcome.error) throw await takenBack(outcome.error, [...done, outcome], env);
    done.push(outcome);
  }
  return done;
}

/** The error that ended a run, once what it did is taken back. */
const takenBack = async (error: CliError, done: readonly ChangeOutcome[], env: Env) =>
  withLeft(error, await rollback(done, env), env.tools);
