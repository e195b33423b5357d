import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { limit } from "../../../src/http/limit.ts";

test("no more than so many run at once, in their order, and all of them do", async () => {
  const gate = limit(3);
  const begun: number[] = [];
  let [running, most] = [0, 0];
  const work = (index: number) =>
    gate(async () => {
      begun.push(index);
      most = Math.max(most, ++running);
      await sleep(index % 4);
      running--;
      return index;
    });

  const all = Array.from({ length: 20 }, (_, index) => index);
  expect(await Promise.all(all.map(work))).toEqual(all);
  expect(begun).toEqual(all);
  expect(most).toBe(3);
});

test("work that fails makes room for the next", async () => {
  const gate = limit(1);
  const failing = gate(async () => Promise.reject(new Error("no")));
  const next = gate(async () => "yes");

  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
  expect(await gate(async () => "again")).toBe("again");
});
