import { CliError, Conflict } from "../errors.ts";
import { over } from "../fleet/over.ts";
import type { Sight } from "../observe/place.ts";
import { remember, type Seen } from "../observe/seen.ts";
import type { Outlook } from "../observe/sights.ts";
import { type Change, mints, type Plan, type Rehearse, type Store } from "../plan/change.ts";
import { apply, applyWhole, failWith, takeBack } from "./apply.ts";
import type { DryRun, Outcome } from "./outcome.ts";
import { rehearse } from "./rehearse.ts";
import { sketch } from "./sketch.ts";
import type { Bench, Run, Tools } from "./tools.ts";

/**
 * What a verb that writes decides: what comes first, what is made once it is wanted, and what is done in each place. One credential
 * for a thousand namespaces is a unit of a thousand places, and one for each is a thousand units of one.
 */
export type Unit = {
  /** Done before the first place, all or nothing. */
  readonly before: Plan;
  /** Done when the first Secret is to be written, all or nothing; taken back if no Secret comes to hold it. */
  readonly demand: Plan;
  readonly run: Run;
  /** It was decided by the look at its only place: what has changed since ends it. */
  readonly once?: true;
  /** Plans one place. @throws CliError of that place */
  each(sight: Sight): Plan;
};

/**
 * Carries out a unit: each outcome in the order of the places, as soon as it is due. A place that fails does not stop the others.
 * @throws CliError of what all places depend on; Conflict where a unit of one place was decided by an old look
 */
export async function* runUnit(
  unit: Unit,
  places: AsyncIterable<Outlook> | Iterable<Outlook>,
  tools: Tools,
  dryRun: DryRun,
): AsyncGenerator<Outcome> {
  const bench: Bench = { tools, run: unit.run, seen: new Map() };
  const carry = (plan: Plan, seen: Seen) => (dryRun === "client" ? sketch(plan, { ...bench, seen }) : apply(plan, { ...bench, seen }));
  yield* dryRun === "client" ? sketch(unit.before, bench) : await applyWhole(unit.before, bench);
  const gate = openGate(unit.demand, bench, dryRun);

  async function* inPlace(outlook: Outlook): AsyncGenerator<Outcome> {
    const planned = await planIn(outlook, unit, gate.pass).catch(asPlaceError);
    if (planned instanceof CliError) yield failure(outlook, planned);
    else yield* carry(planned.plan, planned.seen);
  }

  let landed = false;
  try {
    for await (const outcome of over(places, tools, inPlace)) {
      landed ||= outcome.change.act === "store" && !outcome.error && !outcome.left;
      if (landed) yield* gate.made.splice(0);
      yield outcome;
    }
  } catch (error) {
    if (!landed) await failWith(error, gate.made, tools);
    throw error;
  }
  // A credential that no Secret got is nobody's
  if (!landed) yield* await takeBack(gate.made, tools);
}

/** What ended a place; an interruption only leaves it, unless it left something behind. */
export function failure({ place: { context, namespace } }: Outlook, error: CliError): Outcome {
  const to = { kind: "namespace", name: namespace, namespace, ...(context !== undefined && { context }) } as const;
  const change: Change = { act: "tell", to, says: "" };
  const left = error.kind === "cancelled" && error.hint === undefined;
  return { change, ofPlace: true, ...(left ? { left: "interrupted" } : { error }) };
}

/** An error that all places depend on ends the unit; every other is the place's own. */
class Shared extends Error {
  readonly reason: unknown;
  constructor(reason: unknown) {
    super("shared");
    this.reason = reason;
  }
}

function asPlaceError(error: unknown): CliError {
  if (error instanceof Shared) throw error.reason;
  if (error instanceof CliError) return error;
  throw error;
}

/** Plans a place, and sees to it that what its Secret needs is there. Looks again when another has written since. */
async function planIn(outlook: Outlook, unit: Unit, pass: (store: Store) => Promise<void>): Promise<{ plan: Plan; seen: Seen }> {
  for (let round = 1; ; round++) {
    const sight = await outlook.look();
    const plan = unit.each(sight);
    const store = plan.find((change): change is Store => change.act === "store");
    try {
      if (store) await pass(store);
      const { secret, accounts, pods, place } = sight;
      return { plan, seen: remember([secret, ...accounts, ...pods], place.context) };
    } catch (error) {
      if (!(error instanceof Conflict) || unit.once || round === 5) throw error;
    }
  }
}

type Gate = {
  /** Lets a Secret through once what it needs is made; the first one has it made. */
  pass(store: Store): Promise<void>;
  /** What was made, until it is told. */
  readonly made: Outcome[];
};

/** Places come one at a time until one of them is through: a password is not made for a Secret that the server would refuse. */
function openGate(demand: Plan, bench: Bench, dryRun: DryRun): Gate {
  const made: Outcome[] = [];
  let open = demand.length === 0;
  let failed: Shared | undefined;
  let turn: Promise<void> = Promise.resolve();

  /** @throws CliError of this Secret alone; Shared of what all Secrets need */
  async function make(store: Store): Promise<void> {
    if (failed) throw failed;
    if (open) return;
    if (dryRun === "none") for (const change of trialOf(store)) await rehearse(change, bench.tools);
    made.push(...(await carryOut(store)));
    open = true;
  }

  const trialOf = ({ to, stands, replaces }: Store): Rehearse[] => (mints(demand) ? [{ act: "rehearse", to, stands, replaces }] : []);

  async function carryOut(store: Store): Promise<Outcome[]> {
    if (dryRun === "client") return sketch([...trialOf(store), ...demand], bench);
    try {
      return await applyWhole(demand, bench);
    } catch (error) {
      failed = new Shared(error);
      throw failed;
    }
  }

  return {
    made,
    pass: (store) => {
      const mine = turn.then(() => make(store));
      turn = mine.catch(() => {});
      return mine;
    },
  };
}
