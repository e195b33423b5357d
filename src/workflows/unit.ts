import type { Env } from "../actions/action.ts";
import { Claims } from "../actions/claims.ts";
import { execute, executeAll } from "../actions/execute.ts";
import { restartNotice } from "../actions/notice.ts";
import { type ChangeOutcome, type IssuedLogin, isDone, type NamespaceError, type Outcome } from "../actions/outcome.ts";
import { keepUncertain, rollback, withLeft } from "../actions/rollback.ts";
import type { Tools } from "../actions/tools.ts";
import { asCliError, CliError, Conflict, Interrupted } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Plan, Store } from "../plan/change.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import type { SecretClaim } from "../secret/claim.ts";
import type { NamespaceReader } from "../usage/namespace-reader.ts";
import { type NamespaceState, type ObjectsByKey, objectsByKey } from "../usage/namespace-state.ts";
import { type FirstSecret, openFirstSecret, type Prepared, type ReusedLogin, type Turn } from "./first-secret.ts";

/**
 * The decisions of a verb that writes. One credential for a thousand namespaces is one unit of a thousand namespaces. One credential for
 * each is a thousand units of one namespace.
 */
export type Unit = {
  /** Applied before the first namespace, all or nothing. */
  readonly steps?: Plan;
  /** The steps are applied before the first Secret is written instead, and rolled back if no Secret gets the login. */
  readonly isLazy?: boolean;
  /** The login for the Secrets, if it exists already, and the images that it may be tried with. */
  readonly issued?: IssuedLogin;
  /** A login that other Secrets hold already. It is checked again when the first Secret is claimed. */
  readonly reused?: ReusedLogin | undefined;
  /** The login goes to several Secrets, so the claim on the first one lasts until the last one is written. */
  readonly isShared?: boolean;
  /**
   * The claims of other runs that were read for the decision, by Secret. A different claim on the Secret that this unit claims ends the
   * unit.
   */
  readonly foreignClaims?: ReadonlyMap<string, SecretClaim> | undefined;
  /** The claims of a caller that continues after the last namespace and then releases them. By default they end with the unit. */
  readonly claims?: Claims | undefined;
  /** The decision used the state of the only namespace. If that has changed since, the unit ends. */
  readonly once?: true;
  /** Plans one namespace, with the login as far as it is issued. @throws CliError of that namespace */
  each(state: NamespaceState, issued: IssuedLogin): Plan;
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
  const claims = unit.claims ?? new Claims(tools, { last: unit.isShared });
  const env: Env = { tools, claims, objects: new Map() };
  const { steps = [], isLazy } = unit;
  const first = isLazy ? { outcomes: [], issued: unit.issued } : await executeAll(steps, { ...env, issued: unit.issued });
  yield* first.outcomes;
  const firstSecret = openFirstSecret({ ...unit, issued: first.issued, lazySteps: isLazy ? steps : [] }, env);
  /** The Secrets that may hold the login, because the response to the write was lost. */
  const mayHold: Ref[] = [];

  async function* inPlace(reader: NamespaceReader): AsyncGenerator<Outcome> {
    const turn = firstSecret.enter();
    try {
      yield* inTurn(reader, turn);
    } finally {
      turn.leave();
    }
  }

  async function* inTurn(reader: NamespaceReader, { prepare, leave }: Turn): AsyncGenerator<Outcome> {
    const planned = await planIn(reader, unit, { prepare, decided: firstSecret.decided }).catch(asCliError);
    if (planned instanceof CliError) return yield failure(reader.scope, planned);
    if ("unitError" in planned) throw planned.unitError;
    if (!planned.isFirst) leave();
    if (tools.dryRun === "none") yield* announced(planned.plan, reader);
    yield* untilStored(execute(planned.plan, { ...env, objects: planned.objects, issued: firstSecret.decided().issued }), leave);
  }

  /** Lets the next namespace proceed after the Secret is stored: other Secrets are written only after the claimed one has the password. */
  async function* untilStored(outcomes: AsyncIterable<ChangeOutcome>, leave: () => void): AsyncGenerator<ChangeOutcome> {
    for await (const outcome of outcomes) {
      if (outcome.change.act === "store") leave();
      if (outcome.error && outcome.mayHold) mayHold.push(outcome.change.to);
      yield outcome;
    }
  }

  let landed = false;
  const clear = async () => {
    const issuing = landed ? [] : firstSecret.outcomes;
    return mayHold.length > 0 ? keepUncertain(issuing, mayHold, env) : rollback(issuing, env);
  };
  try {
    for await (const outcome of runConcurrently(places, tools, inPlace)) {
      landed ||= isDone(outcome) && outcome.change.act === "store";
      if (landed) yield* firstSecret.outcomes.splice(0);
      yield outcome;
    }
  } catch (error) {
    throw withLeft(error, [...(await clear()), ...(await claims.release())], tools);
  }
  yield* await clear();
  // Last, so that no other run starts to use an object that is rolled back
  if (!unit.claims) yield* await claims.release();
}

/** Announces the changes of a plan that end pods, before any of them. */
function* announced(plan: Plan, { scope: { namespace } }: NamespaceReader): Generator<Outcome> {
  const notice = restartNotice(plan);
  if (notice !== undefined) yield { to: { kind: "namespace", name: namespace, namespace }, notice };
}

/** Returns the error of a namespace. An interruption is not an error, unless it left something to clean up. */
export function failure({ namespace }: Pick<NamespaceScope, "namespace">, error: CliError): NamespaceError {
  const to = { kind: "namespace", name: namespace, namespace } as const;
  return error instanceof Interrupted && error.hint === undefined ? { to, left: "interrupted" } : { to, error };
}

type Planned = {
  readonly plan: Plan;
  readonly isFirst: boolean;
  readonly objects: ObjectsByKey;
};

/**
 * Plans a namespace and has the login of its Secret issued. Plans again if another run has written since.
 * @returns the error that ends all namespaces, if there is one
 * @throws CliError of this namespace
 */
async function planIn(
  reader: NamespaceReader,
  { once }: Unit,
  { prepare, decided }: Pick<Turn, "prepare"> & Pick<FirstSecret, "decided">,
): Promise<Planned | { readonly unitError: unknown }> {
  for (let round = 1; ; round++) {
    const state = await reader.read();
    const { each, issued } = decided();
    const plan = each(state, issued);
    const prepared = await preparedFor(plan, prepare);
    if (typeof prepared === "string") {
      const { secret, targets, pods } = state;
      const objects = objectsByKey([secret, ...targets, ...pods]);
      return { plan, isFirst: prepared === "first", objects };
    }
    if ("unitError" in prepared) return prepared;
    if (once) return { unitError: prepared.retry };
    if (round === 5) throw prepared.retry;
  }
}

async function preparedFor(plan: Plan, prepare: Turn["prepare"]): Promise<Prepared> {
  const store = plan.find((change): change is Store => change.act === "store");
  try {
    return store ? await prepare(store) : "ready";
  } catch (error) {
    if (error instanceof Conflict) return { retry: error };
    throw error;
  }
}
