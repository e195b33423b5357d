import { expect, test } from "vitest";
import { type Lanes, openLanes } from "../../../src/scope/lanes.ts";

/** Reads until nothing more comes; what came last is the reason, where there is one. */
async function readAll<T>(lanes: Lanes<T>): Promise<(T | string)[]> {
  const read: (T | string)[] = [];
  try {
    while (await lanes.more()) read.push(...lanes.due.splice(0));
  } catch (error) {
    read.push(`threw ${error instanceof Error ? error.message : error}`);
  }
  return read;
}

test("the first lane's results come as they are put, the second's behind its end", async () => {
  const lanes = openLanes<number>();
  const [first, second] = [lanes.open(), lanes.open()];

  lanes.put(second, 20);
  lanes.put(first, 10);
  expect(lanes.due).toEqual([10]);
  lanes.end(second);
  expect(lanes.due).toEqual([10]);
  lanes.end(first);
  expect(lanes.due).toEqual([10, 20]);

  lanes.close();
  expect(await readAll(lanes)).toEqual([10, 20]);
});

test("an error is read in its lane's place, behind what the lane gave, and ends it all", async () => {
  const lanes = openLanes<number>();
  const [first, second, third] = [lanes.open(), lanes.open(), lanes.open()];
  lanes.put(second, 20);
  lanes.end(second, { error: new Error("second") });
  lanes.put(third, 30);
  lanes.end(third);
  lanes.put(first, 10);
  lanes.end(first);
  lanes.close();

  expect(await readAll(lanes)).toEqual([10, 20, "threw second"]);
});

test("an error that is undefined is one too", async () => {
  const lanes = openLanes<number>();
  lanes.end(lanes.open(), { error: undefined });

  expect(await readAll(lanes)).toEqual(["threw undefined"]);
});

test("a reader that waits is woken by a result, by an end, by an error and by the close", async () => {
  const lanes = openLanes<number>();
  const read = readAll(lanes);
  const pause = () => new Promise(setImmediate);
  await pause();
  const [first, second] = [lanes.open(), lanes.open()];
  lanes.put(second, 2);
  await pause();
  lanes.put(first, 1);
  await pause();
  lanes.end(first);
  await pause();
  lanes.end(second);
  await pause();
  lanes.close();

  expect(await read).toEqual([1, 2]);
});

test("without any lane the close ends it", async () => {
  const lanes = openLanes<number>();
  const read = readAll(lanes);
  await new Promise(setImmediate);
  lanes.close();

  expect(await read).toEqual([]);
});

test("what is not read to its end is counted", () => {
  const lanes = openLanes<number>();
  const [first, second] = [lanes.open(), lanes.open()];
  expect(lanes.unread()).toBe(2);

  lanes.put(first, 1);
  lanes.put(first, 2);
  expect(lanes.unread()).toBe(4);
  lanes.end(first);
  lanes.due.splice(0);
  expect(lanes.unread()).toBe(1);
  lanes.end(second);
  expect(lanes.unread()).toBe(0);
});
