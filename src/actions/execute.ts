import { asCliError, CliError, Interrupted, isForbidden } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Change, Plan } from "../plan/change.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import type { Env } from "./action.ts";
import { actionOf } from "./actions.ts";
import type { ChangeOutcome, IssuedLogin } from "./outcome.ts";
import { rollback, withLeft } from "./rollback.ts";

/**
 * Executes a plan and yields each outcome in the plan's order, as soon as it is known. Changes are independent except for their `needs`: a
 * change that fails prevents only the changes that need it. A client dry run sends nothing and yields the result that each change would
 * have.
 */
export async function* execute(plan: Plan, env: Env): AsyncGenerator<ChangeOutcome> {
  if (env.tools.dryRun === "client") {
    for (const change of plan) yield preview(change, env);
    return;
  }
  const successes: Successes = new Map();
  yield* runConcurrently(plan, { interrupted: () => false }, (change) => step(change, successes, env));
}

/** Whether the change of an object succeeded, by the object's key. */
type Successes = Map<string, Promise<boolean>>;

async function* step(change: Change, successes: Successes, env: Env): AsyncGenerator<ChangeOutcome> {
  const needed = [change.needs ?? []].flat().flatMap((ref) => successes.get(keyOf(ref)) ?? []);
  const attempted = attempt(change, needed, env);
  const good = attempted.then(
    ({ outcome: { error, left } }) => !error && !left,
    () => false,
  );
  if (change.act !== "warn") successes.set(keyOf(change.to), good);
  yield (await attempted).outcome;
}

type Attempted = { readonly outcome: ChangeOutcome; readonly issued?: IssuedLogin | undefined };

async function attempt(change: Change, needed: readonly Promise<boolean>[], env: Env): Promise<Attempted> {
  if ((await Promise.all(needed)).includes(false)) return { outcome: { change, left: env.tools.interrupted() ? "interrupted" : "failed" } };
  if (env.tools.interrupted() && change.act !== "warn") return { outcome: { change, left: "interrupted" } };
  try {
    const { issued, ...result } = await actionOf(change).apply(change, env);
    return { outcome: { change, ...result }, issued };
  } catch (error) {
    if (error instanceof CliError) return { outcome: { change, error } };
    throw error;
  }
}

const preview = (change: Change, env: Env): ChangeOutcome => ({ change, ...actionOf(change).preview?.(change, env) });

type InOrder = {
  /** The words before the command that does the same manually. */
  readonly message: string;
  /** A change whose object is not found is done. Otherwise it fails, because Azure also answers so while it replicates. */
  readonly missingIsDone?: true;
  /** Is called before each change. If it throws, the change fails. */
  check?(): Promise<void>;
};

/** Executes deletions in Azure one after the other, until one fails. */
export async function* executeInOrder(plan: Plan, env: Env, { message, missingIsDone, check }: InOrder): AsyncGenerator<ChangeOutcome> {
  for (const change of plan) {
    const outcome = await executeChecked(change, env, check);
    const isMissing = missingIsDone && outcome.error?.kind === "notFound";
    if (outcome.error && !isMissing)
      return yield { ...outcome, messages: [message], fix: { do: "shell", argv: env.tools.removal(change) } };
    yield isMissing ? { change } : outcome;
    if (outcome.left) return;
  }
}

async function executeChecked(change: Change, env: Env, check: InOrder["check"]): Promise<ChangeOutcome> {
  try {
    if (env.tools.dryRun === "none") await check?.();
  } catch (error) {
    return { change, error: asCliError(error) };
  }
  for await (const outcome of execute([change], env)) return outcome;
  return { change, left: "interrupted" };
}

/**
 * Executes a plan all or nothing, one change after the other. If one fails, rolls back this one and all before it.
 * @returns the outcomes, and the login that the changes have issued
 * @throws CliError of the change that failed, with the changes that could not be rolled back
 */
export async function executeAll(plan: Plan, env: Env): Promise<{ readonly outcomes: ChangeOutcome[]; readonly issued: IssuedLogin }> {
  let issued = env.issued ?? {};
  if (env.tools.dryRun === "client") return { outcomes: plan.map((change) => preview(change, env)), issued };
  const outcomes: ChangeOutcome[] = [];
  for (const change of plan) {
    const { outcome, issued: more } = await attempt(change, [], { ...env, issued });
    if (outcome.left) throw await rolledBack(new Interrupted(), outcomes, env);
    if (outcome.error) throw await rolledBack(outcome.error, [...outcomes, outcome].filter(mayHaveHappened), env);
    outcomes.push(outcome);
    issued = { ...issued, ...more };
  }
  return { outcomes, issued };
}

/** A change may have happened if its response was lost. An update is one request, so it has not happened if it was forbidden. */
const mayHaveHappened = ({ change, error }: ChangeOutcome): boolean => change.act !== "update" || !isForbidden(error);

/** Rolls back the changes and returns the error that ended the run, extended by the changes that could not be rolled back. */
const rolledBack = async (error: CliError, done: readonly ChangeOutcome[], env: Env) =>
  withLeft(error, await rollback(done, env), env.tools);
