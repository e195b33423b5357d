import { AsyncLocalStorage } from "node:async_hooks";
import { lost } from "../demo.ts";
import { type Run, type, type World } from "../in-process.ts";
import { type Around, losing } from "./asked.ts";
import { killing } from "./killing.ts";
import type { FakeWorld } from "./world.ts";

/** What a run leaves that was killed, or that lost an answer, and the call at which that happened. */
export type Remains = { readonly world: FakeWorld; readonly where: string };

/** A run: the world in which it begins, what is typed, and the clock. */
export type Begun = { readonly begin: () => Promise<FakeWorld>; readonly line: string; readonly more?: World };

/** True in the calls of a run that is killed: they stay blocked while the next run uses the same ports. */
const dying = new AsyncLocalStorage<true>();

/** Every state that a kill leaves at one request after the other: a read is the same whether it was answered or not. */
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
  // Calls at the same time reach their last request too
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  return { world, where: `request ${at}: ${world.asking.all[at - 1]}${answered ? "" : ", without an answer"}` };
}

/** Every state that a run leaves that loses the answer to one request after the other, and how it ended. */
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
