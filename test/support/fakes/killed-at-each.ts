import { type } from "../in-process.ts";
import { killing } from "./killing.ts";
import type { FakeWorld } from "./world.ts";

/** What a kill leaves, and the call at which it came. */
export type Remains = { readonly world: FakeWorld; readonly where: string };

/** Every state that a kill leaves at one request after the other: a read is the same whether it was answered or not. */
export async function* killedAtEach(begin: () => Promise<FakeWorld>, line: string): AsyncGenerator<Remains> {
  for (let at = 1; ; at++) {
    const answered = await killedAt(await begin(), line, { at, answered: true });
    if (!answered) return;
    yield answered;
    const unanswered = isRead(answered.where) ? undefined : await killedAt(await begin(), line, { at, answered: false });
    if (unanswered) yield unanswered;
  }
}

const isRead = (where: string) => /: (get|list) /.test(where);

async function killedAt(
  world: FakeWorld,
  line: string,
  { at, answered }: { readonly at: number; readonly answered: boolean },
): Promise<Remains | undefined> {
  const kill = killing(at, answered);
  const free = world.asking.around(kill);
  const isKilled = await Promise.race([type(line, world.ports).then(() => false), kill.killed.then(() => true)]);
  // What was under way beside it comes to its last call, too
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  free();
  if (!isKilled) return undefined;
  return { world, where: `request ${at}: ${world.asking.all[at - 1]}${answered ? "" : ", without an answer"}` };
}
