import { expect, test } from "vitest";
import { pool } from "../../../src/apply/pool.ts";

test("no more than the width at once, results in the items' order", async () => {
  let running = 0;
  let most = 0;
  const results = await pool([30, 5, 20, 1, 10], 2, async (wait) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, wait));
    running--;
    return wait * 2;
  });

  expect(results).toEqual([60, 10, 40, 2, 20]);
  expect(most).toBe(2);
});

test("a failure is thrown once the others have ended", async () => {
  const done: number[] = [];
  const work = pool([1, 2, 3], 3, async (item) => {
    if (item === 1) throw new Error("first");
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push(item);
  });

  await expect(work).rejects.toThrow("first");
  expect(done).toEqual([2, 3]);
});
