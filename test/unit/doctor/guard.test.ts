import { setImmediate as idle } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Asked } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";
import { healthy } from "../../support/situations/setups.ts";

/** The time of a request to each port. Milliseconds of a clock that only requests advance. */
const latencies: Readonly<Record<Asked["port"], number>> = { cluster: 20, azure: 400, registry: 150 };

/** Runs a command line. @returns its time on that clock, and the sum of the times of its requests */
async function timeOf(command: string): Promise<{ readonly elapsed: number; readonly sum: number }> {
  const world = await healthy();
  const requests: { readonly at: number; end(): void }[] = [];
  let [now, sum, hasEnded] = [0, 0, false];
  world.asking.around(async ({ port }, next) => {
    sum += latencies[port];
    await new Promise<void>((end) => requests.push({ at: now + latencies[port], end }));
    return next();
  });
  const running = type(command, world.ports).finally(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    // Everything that can start without a response has started after a few turns of the event loop
    for (let turn = 0; turn < 20; turn++) await idle();
    const [first] = requests.sort((a, b) => a.at - b.at);
    if (!first) continue;
    requests.shift();
    now = first.at;
    first.end();
  }
  expect((await running).code, command).toBe(0);
  return { elapsed: now, sum };
}

test("takes at most 1.5 times as long as the slowest command that it combines", async () => {
  const commands = ["check -n demo", "list -n demo", "whoami --registry myregistry", "prune --registry myregistry"];
  const alone = await Promise.all(commands.map(timeOf));
  const slowest = Math.max(...alone.map(({ elapsed }) => elapsed));

  const { elapsed, sum } = await timeOf("doctor --registry myregistry -n demo");

  expect(slowest).toBeGreaterThan(800);
  expect(elapsed).toBeLessThanOrEqual(1.5 * slowest);
  expect(sum).toBeGreaterThan(3 * elapsed);
});
