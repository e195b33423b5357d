import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { prefetch } from "../../../src/scope/concurrency.ts";

/** Returns the prefetched numbers from 1, and a log of the reads of their source. */
function counted(refuse?: Error) {
  const log: string[] = [];
  async function* count() {
    try {
      for (let number = 1; ; number++) {
        log.push(`asked for ${number}`);
        if (refuse) throw refuse;
        yield number;
      }
    } finally {
      log.push("over");
    }
  }
  return { log, items: prefetch(count()) };
}

test("fetches one item ahead of the caller", async () => {
  const { log, items } = counted();

  for await (const item of items) {
    await turn();
    expect(log.at(-1)).toBe(`asked for ${item + 1}`);
    if (item === 3) break;
  }
  expect(log).toEqual(["asked for 1", "asked for 2", "asked for 3", "asked for 4", "over"]);
});

test("throws the error of an item only to its reader", async () => {
  const { items } = counted(new Error("refused"));

  await expect(items.next()).rejects.toThrow("refused");
});
