import { AsyncLocalStorage } from "node:async_hooks";
import { lost } from "../demo.ts";
import { type Run, type, type World } from "../in-process.ts";
import { type Around, losing } from "./asked.ts";
import { killing } from "./killing.ts";
import type { FakeWorld } from "./world.ts";

/** The state after a run that was killed or lost a response, and the call at which that happened. */
export type Remains = { readonly world: FakeWorld; readonly where: string };

/** A run: the world at its start, the command line, and the clock. */
export type Begun = { readonly begin: () => Promise<FakeWorld>; readonly line: string; readonly more?: World };

/** True in the calls of a killed run. They stay blocked while the next run uses the same ports. */
const dying = new AsyncLocalStorage<true>();

/** Yields every state that a kill at each request leaves. For a read it does not matter whether it got its response. */
export async function* killedAtEach(run: Begun): AsyncGenerator<Remains> {
  for (let at = 1; ; at++) {
    const answered = await killedAt(run, at, true);
    if (!answered) return;
    yield answered;
    const unanswered = isRead(answered.where) ? undefined : await killedAt(run, at, false);
    if (unanswered) yield unanswered;
  }
}

const isRead = (where: string) => /: (get|list) /.test(where);

async function killedAt({ begin, line, more }: Begun, at: number, answered: boolean): Promise<Remains | undefined> {
  const world = await begin();
  const kill = killing(at, answered);
  const around: Around = (asked, next) => (dying.getStore() ? kill(asked, next) : next());
  world.asking.around(around);
  const typed = dying.run(true, () => type(line, world.ports, more));
  const isKilled = await Promise.race([typed.then(() => false), kill.killed.then(() => true)]);
  if (!isKilled) return undefined;
  // Concurrent calls must also reach their last request.
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  return { world, where: `request ${at}: ${world.asking.all[at - 1]}${answered ? "" : ", without an answer"}` };
}

/** Yields every state that a run leaves when it loses the response to each request in turn, and the result of the run. */
export async function* lostAtEach({ begin, line, more }: Begun): AsyncGenerator<Remains & { readonly run: Run }> {
  for (let at = 1; ; at++) {
    const world = await begin();
    let calls = 0;
    const free = world.asking.around(losing(() => ++calls === at, lost));
    const run = await type(line, world.ports, more);
    free();
    if (calls < at) return;
    yield { world, run, where: `lost the answer to request ${at}: ${world.asking.all[at - 1]}` };
  }
}
