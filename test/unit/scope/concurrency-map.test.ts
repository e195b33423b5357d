import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapConcurrently } from "../../../src/scope/concurrency.ts";

/** Returns a task that a test ends item by item, and the items that were started. */
function workshop() {
  const begun: number[] = [];
  const waits = new Map<number, PromiseWithResolvers<string>>();
  return {
    begun,
    end: async (item: number) => {
      waits.get(item)?.resolve(`result ${item}`);
      await setImmediate();
    },
    fail: async (item: number) => {
      waits.get(item)?.reject(new Error(`error ${item}`));
      await setImmediate();
    },
    work: (item: number): Promise<string> => {
      begun.push(item);
      waits.set(item, Promise.withResolvers());
      return (waits.get(item) as PromiseWithResolvers<string>).promise;
    },
  };
}

test("returns results in the order of the items", async () => {
  const { work, end } = workshop();
  const mapped = mapConcurrently([0, 1, 2], 3, work);
  for (const item of [2, 0, 1]) await end(item);

  expect(await mapped).toEqual(["result 0", "result 1", "result 2"]);
});

test("starts an item when another one ends", async () => {
  const { work, end, begun } = workshop();
  const mapped = mapConcurrently([0, 1, 2, 3], 2, work);
  expect(begun).toEqual([0, 1]);
  await end(1);
  expect(begun).toEqual([0, 1, 2]);
  for (const item of [0, 2, 3]) await end(item);

  expect(await mapped).toHaveLength(4);
});

test("starts no item after an error, and waits for the running items", async () => {
  const { work, end, fail, begun } = workshop();
  let isOver = false;
  const mapped = mapConcurrently([0, 1, 2, 3], 2, work).finally(() => {
    isOver = true;
  });
  const failure = expect(mapped).rejects.toThrow("error 0");
  await fail(0);
  expect({ begun, isOver }).toEqual({ begun: [0, 1], isOver: false });
  await end(1);

  await failure;
  expect(begun).toEqual([0, 1]);
});
