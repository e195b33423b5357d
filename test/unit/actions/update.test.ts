import { expect, test } from "vitest";
import { update } from "../../../src/actions/update.ts";
import { Conflict } from "../../../src/errors.ts";

/** Returns a server that keeps one list and rejects a write with an old version. Another client adds a name after each read. */
function server(others: string[] = []) {
  let current: readonly string[] = [];
  let reads = 0;
  const paused: number[] = [];
  const read = async () => {
    reads++;
    const state = current;
    const other = others.shift();
    if (other) current = [...current, other];
    return state;
  };
  const write = async (state: readonly string[]) => {
    if (state !== current) throw new Conflict("the object has been modified");
    current = [...state, "acr"];
    return current;
  };
  const pause = async (attempt: number) => void paused.push(attempt);
  return { current: () => current, reads: () => reads, paused, read, write, pause, attempts: 5 };
}

test("keeps the change of another client and pauses longer after each conflict", async () => {
  const steps = server(["a", "b"]);

  expect(await update(steps)).toEqual(["a", "b", "acr"]);
  expect(steps.paused).toEqual([1, 2]);
});

test("uses the initial state once, and reads after a conflict", async () => {
  const fresh = server();
  await update({ ...fresh, initial: fresh.current() });
  const stale = server();
  await update({ ...stale, initial: ["old"] });

  expect(fresh.reads()).toBe(0);
  expect(stale.reads()).toBe(1);
  expect(stale.current()).toEqual(["acr"]);
});

test("throws the conflict after the last attempt", async () => {
  const steps = server(["a", "b", "c", "d", "e"]);

  await expect(update(steps)).rejects.toBeInstanceOf(Conflict);
  expect(steps.paused).toEqual([1, 2, 3, 4]);
});

test("does not retry another error", async () => {
  const steps = server();

  await expect(update({ ...steps, write: () => Promise.reject(new Error("forbidden")) })).rejects.toThrow("forbidden");
  expect(steps.reads()).toBe(1);
});
