import { asCliError, CliError, Interrupted, isRefusal, withLines } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { act, byOf, Open } from "./act.ts";
import type { Desired } from "./desired.ts";
import { type Knowledge, NotRead, nothing, type Observed, observe } from "./observe.ts";
import type { World } from "./read.ts";
import type { Step } from "./steps.ts";
import { after, nextStep, withSource } from "./table.ts";

/** How long to wait for the claim of another run, in milliseconds. */
const longestWait = 5 * 60_000;

/** More turns than any run needs: each reads, writes or waits once. */
const mostTurns = 2_000;

/**
 * Makes a source and its copies what is desired. Each turn observes, and takes the step of the first row of the table that applies. After a
 * kill, a conflict or an answer that was lost there is nothing to resume. A run that fails ends what it made and did not store.
 * @param secret the source, if the verb has read it; null if there is none
 * @returns what the run knows and remembers in the end
 * @throws CliError
 */
export async function* reconcile(d: Desired, world: World, secret?: Secret | null): AsyncGenerator<Outcome, Knowledge> {
  const run = { known: secret === undefined ? nothing : withSource(nothing, secret) };
  try {
    yield* saidOnce(follow(d, run, world));
    return run.known;
  } catch (error) {
    if (error instanceof Open) run.known = { ...run.known, memory: { ...run.known.memory, open: error.open } };
    const left = await undo(d, run, world);
    throw left && isRefusal(error) ? notReversed(error, left) : error;
  }
}

/** Leaves out that an object is unchanged, if the run has named it before: it starts again if another run comes first. */
async function* saidOnce(outcomes: AsyncIterable<Outcome>): AsyncGenerator<Outcome> {
  const seen = new Set<string>();
  for await (const outcome of outcomes) {
    const isKnown = outcome.result === "unchanged" && seen.has(keyOf(outcome.to));
    if (outcome.result !== undefined) seen.add(keyOf(outcome.to));
    if (!isKnown) yield outcome;
  }
}

type Run = { known: Knowledge };

async function* follow(d: Desired, run: Run, world: World): AsyncGenerator<Outcome> {
  const { tools } = world;
  for (let turn = 0; turn < mostTurns; turn++) {
    if (tools.interrupted() && !d.undo) throw new Interrupted();
    const o = observed(run.known, d, world);
    const step = nextStep(d, o, (one) => observed(after(run.known, one), d, world));
    if (step.kind === "done") return;
    if (step.kind === "refuse") throw step.error;
    run.known = yield* taking(run.known, d, o, step, world);
  }
  throw new CliError("internal", "the run does not end");
}

/** Does a step. If a read needs another fact, reads that one. */
async function* taking(known: Knowledge, d: Desired, o: Observed, step: Step, world: World): AsyncGenerator<Outcome, Knowledge> {
  try {
    return yield* act(known, d, o, step, world);
  } catch (error) {
    if (!(error instanceof NotRead)) throw error;
    return yield* taking(known, d, o, { kind: "read", does: "read", fact: error.fact, of: error.of }, world);
  }
}

function observed(known: Knowledge, { source: { namespace = "" } }: Desired, world: World): Observed {
  const { tools, waited } = world;
  return observe(known, byOf(world), { waited: waited.get(namespace) ?? 0, claimWait: tools.claimWait ?? longestWait });
}

/**
 * Ends what the run made and did not store, and then its claim. If this fails too, the claim ends by itself, and notes what is left.
 * @returns why a password could not be ended
 */
async function undo(d: Desired, run: Run, world: World): Promise<CliError | undefined> {
  // The run has written nothing
  if (run.known.memory.uid === undefined && !world.creating?.print) return undefined;
  const undoing = { ...d, undo: true } as const;
  const fails = () => world.tools.uninterrupted(() => Array.fromAsync(follow(undoing, run, world))).then(() => undefined, asCliError);
  const left = await fails();
  const { made, granted, open } = run.known.memory;
  if (!left || !(made || granted)) return open?.error;
  run.known = { ...run.known, memory: { ...run.known.memory, made: undefined, granted: undefined } };
  await fails();
  return left;
}

/** Azure keeps what could not be reversed until the command runs again, or until `prune` deletes it. */
const notReversed = ({ kind, message, hint }: CliError, left: CliError): CliError =>
  new CliError(kind, withLines(message, `the changes in Azure were not rolled back: ${left.message}`), { hint });
