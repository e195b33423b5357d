import { setImmediate as idle } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Asked } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";
import type { Given } from "../../support/rows.ts";
import { aksNodes, healthy } from "../../support/situations/setups.ts";

type Port = Asked["port"];

/** The time of a request to each port. Milliseconds of a clock that only requests advance. */
const latencies: Readonly<Record<Port, number>> = { cluster: 20, azure: 400, registry: 150 };

/** Runs doctor. @returns its time on that clock, and the sum of the times of its requests */
async function timeOf(given: Given): Promise<{ readonly elapsed: number; readonly sum: number }> {
  const world = await healthy();
  await given(world);
  const requests: { readonly at: number; end(): void }[] = [];
  let [now, sum, hasEnded] = [0, 0, false];
  world.asking.around(async ({ port }, next) => {
    sum += latencies[port];
    await new Promise<void>((end) => requests.push({ at: now + latencies[port], end }));
    return next();
  });
  const running = type("doctor --registry myregistry -n demo", world.ports).finally(() => {
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
  expect((await running).code).toBe(0);
  return { elapsed: now, sum };
}

/** The longest chain of requests that each need the response to the one before. */
const rows: readonly { readonly when: string; readonly given: Given; readonly chain: readonly Port[] }[] = [
  // The registry, then its tokens
  { when: "you configure the nodes", given: () => {}, chain: ["azure", "azure"] },
  // The registry, the roles on it, a service principal that has one, then its application
  { when: "the nodes are AKS nodes", given: aksNodes, chain: ["azure", "azure", "azure", "azure"] },
];

test.for(rows)("takes at most 1.5 times as long as the longest chain of requests when $when", async ({ given, chain }) => {
  const longest = chain.reduce((time, port) => time + latencies[port], 0);

  const { elapsed, sum } = await timeOf(given);

  expect(elapsed).toBeGreaterThanOrEqual(longest);
  expect(elapsed).toBeLessThanOrEqual(1.5 * longest);
  expect(sum).toBeGreaterThan(3 * elapsed);
});
