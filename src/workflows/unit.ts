import { execute, executeAll } from "../actions/execute.ts";
import type { ChangeOutcome, NamespaceError, Outcome } from "../actions/outcome.ts";
import { endClaims } from "../actions/release.ts";
import { keepUncertain, rollback, withLeft } from "../actions/rollback.ts";
import type { Env, Run, Tools } from "../actions/tools.ts";
import { asCliError, CliError, Conflict, Interrupted } from "../errors.ts";
import type { Change, Plan, Store } from "../plan/change.ts";
import { aheadOf } from "../plan/wording.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { over } from "../scope/concurrency.ts";
import type { SecretClaim } from "../secret/claim.ts";
import type { NamespaceReader } from "../state/namespace-reader.ts";
import { type NamespaceState, remember, type Seen } from "../state/namespace-state.ts";
import { openFirstSecret, type Prepared, type ReusedLogin, type Turn } from "./first-secret.ts";

/**
 * The decisions of a verb that writes: the first steps, the steps before the first Secret is written, and the plan for each namespace. One
 * credential for a thousand namespaces is one unit of a thousand namespaces. One credential for each is a thousand units of one namespace.
 */
export type Unit = {
  /** Applied before the first namespace, all or nothing. */
  readonly steps?: Plan;
  /** The steps are applied before the first Secret is written instead, and rolled back if no Secret gets the login. */
  readonly isLazy?: boolean;
  readonly run: Run;
  /** A login that other Secrets hold already. It is checked again when the first Secret is claimed. */
  readonly reused?: ReusedLogin | undefined;
  /**
   * The claims of other runs that were read for the decision, by Secret. A different claim on the Secret that this unit claims ends the
   * unit.
   */
  readonly claims?: ReadonlyMap<string, SecretClaim> | undefined;
  /** The decision used the state of the only namespace. If that has changed since, the unit ends. */
  readonly once?: true;
  /** The claims last beyond the last namespace. The caller that continues must end them. */
  readonly goesOn?: true;
  /** Plans one namespace. @throws CliError of that namespace */
  each(state: NamespaceState): Plan;
  /** Returns warnings for the end of a namespace's plan. Executing the plan doesn't wait for the requests that they need. */
  later?(state: NamespaceState, plan: Plan): Promise<Plan> | undefined;
};

/**
 * Executes a unit and yields the outcomes in the order of the namespaces, each as soon as possible. A namespace that fails doesn't stop the
 * others.
 * @throws CliError of a step that all namespaces depend on; Conflict if a unit of one namespace was decided by an old read
 */
export async function* runUnit(
  unit: Unit,
  places: AsyncIterable<NamespaceReader> | Iterable<NamespaceReader>,
  tools: Tools,
): AsyncGenerator<Outcome> {
  const env: Env = { tools, run: unit.run, seen: new Map() };
  const carry = (planned: Planned) => {
    const changes = planned.later ? withLater(planned.plan, planned.later) : planned.plan;
    return execute(changes, { ...env, seen: planned.seen });
  };
  const { steps = [], isLazy } = unit;
  if (!isLazy) yield* await executeAll(steps, env);
  const firstSecret = openFirstSecret({ ...unit, lazySteps: isLazy ? steps : [] }, env);

  async function* inPlace(reader: NamespaceReader): AsyncGenerator<Outcome> {
    const turn = firstSecret.enter();
    try {
      yield* inTurn(reader, turn);
    } finally {
      turn.leave();
    }
  }

  async function* inTurn(reader: NamespaceReader, { prepare, leave }: Turn): AsyncGenerator<Outcome> {
    const planned = await planIn(reader, unit, prepare).catch(asCliError);
    if (planned instanceof CliError) return yield failure(reader, planned);
    if ("unitError" in planned) throw planned.unitError;
    if (!planned.isFirst) leave();
    if (tools.dryRun === "none") yield* announced(planned.plan, reader);
    yield* untilStored(carry(planned), leave);
  }

  let landed = false;
  try {
    for await (const outcome of over(places, tools, inPlace)) {
      landed ||= outcome.change?.act === "store" && !outcome.error && !outcome.left;
      if (landed) yield* firstSecret.issued.splice(0);
      yield outcome;
    }
  } catch (error) {
    throw withLeft(error, await clear(landed ? [] : firstSecret.issued, env), tools);
  }
  yield* await clear(landed ? [] : firstSecret.issued, env, unit);
}

/** Lets the next namespace proceed after the Secret is stored: other Secrets are written only after the claimed one has the password. */
async function* untilStored(outcomes: AsyncIterable<ChangeOutcome>, leave: () => void): AsyncGenerator<ChangeOutcome> {
  for await (const outcome of outcomes) {
    if (outcome.change.act === "store") leave();
    yield outcome;
  }
}

/** Rolls back a credential that no Secret got. Ends the claims last, so that no other run starts to use an object that is rolled back. */
async function clear(made: readonly ChangeOutcome[], env: Env, { goesOn }: Pick<Unit, "goesOn"> = {}): Promise<ChangeOutcome[]> {
  const { unsure } = env.run;
  return [...(unsure.size > 0 ? keepUncertain(made, env) : await rollback(made, env)), ...(goesOn ? [] : await endClaims(env))];
}

/** Announces the changes of a plan that end pods, before any of them. */
function* announced(plan: Plan, { scope: { context, namespace } }: NamespaceReader): Generator<Outcome> {
  const ahead = aheadOf(plan);
  if (ahead === undefined) return;
  const to = { kind: "namespace", name: namespace, namespace, ...(context !== undefined && { context }) } as const;
  yield { to, ahead };
}

/** Returns the error of a namespace. An interruption is not an error, unless it left something to clean up. */
export function failure(
  { scope: { context, namespace } }: { scope: Pick<NamespaceScope, "context" | "namespace"> },
  error: CliError,
): NamespaceError {
  const to = { kind: "namespace", name: namespace, namespace, ...(context !== undefined && { context }) } as const;
  return error instanceof Interrupted && error.hint === undefined ? { to, left: "interrupted" } : { to, error };
}

/** The plan of a namespace, and warnings that are added to it later. */
type Planned = {
  readonly plan: Plan;
  /** The login was issued for this Secret. */
  readonly isFirst: boolean;
  readonly later: Promise<Plan> | undefined;
  readonly seen: Seen;
};

async function* withLater(plan: Plan, later: Promise<Plan>): AsyncGenerator<Change> {
  yield* plan;
  yield* await later;
}

/**
 * Plans a namespace and has the login of its Secret issued. Plans again if another run has written since.
 * @returns the error that ends all namespaces, if there is one
 * @throws CliError of this namespace
 */
async function planIn(reader: NamespaceReader, unit: Unit, prepare: Turn["prepare"]): Promise<Planned | { readonly unitError: unknown }> {
  for (let round = 1; ; round++) {
    const state = await reader.read();
    const plan = unit.each(state);
    const store = plan.find((change): change is Store => change.act === "store");
    const prepared = store ? await prepare(store).catch(asRetry) : "ready";
    if (typeof prepared === "string") return plannedFor(state, plan, unit, prepared === "first");
    if ("unitError" in prepared) return prepared;
    if (unit.once || round === 5) throw prepared.retry;
  }
}

function plannedFor(state: NamespaceState, plan: Plan, unit: Unit, isFirst: boolean): Planned {
  const { secret, targets, pods, scope } = state;
  return { plan, isFirst, later: unit.later?.(state, plan), seen: remember([secret, ...targets, ...pods], scope.context) };
}

function asRetry(error: unknown): Prepared {
  if (error instanceof Conflict) return { retry: error };
  throw error;
}
