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

test("fetches the first item before it is read, and no second one", async () => {
  const { log, items } = counted();
  await turn();
  expect(log).toEqual(["asked for 1"]);

  const read: number[] = [];
  for await (const item of items) {
    read.push(item);
    if (item === 3) break;
  }
  expect(read).toEqual([1, 2, 3]);
  expect(log).toEqual(["asked for 1", "asked for 2", "asked for 3", "over"]);
});

test("throws the error of the first item only to its reader", async () => {
  const { items } = counted(new Error("refused"));
  await turn();

  await expect(items[Symbol.asyncIterator]().next()).rejects.toThrow("refused");
});
