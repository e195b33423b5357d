import { expect, test } from "vitest";
import { runConcurrently } from "../../../src/scope/concurrency.ts";

/** Returns a task whose items a test completes one by one. */
function workshop() {
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  let atOnce = 0;
  let most = 0;
  return {
    begun,
    most: () => most,
    end: (item: number) => ends.get(item)?.(),
    work: async function* (item: number) {
      begun.push(item);
      most = Math.max(most, ++atOnce);
      yield `${item}a`;
      await new Promise<void>((resolve) => ends.set(item, resolve));
      yield `${item}b`;
      atOnce--;
    },
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const bounds = (width: number, interrupted = () => false) => ({ width, interrupted });

/** Reads the items in the background. */
function reading<T>(items: AsyncIterable<T>): { readonly read: T[]; readonly whole: Promise<void> } {
  const read: T[] = [];
  const whole = (async () => {
    for await (const item of items) read.push(item);
  })();
  return { read, whole };
}

test("yields results in the order of the items", async () => {
  const { work, end } = workshop();
  const { read, whole } = reading(runConcurrently(numbers(3), bounds(3), work));
  await settle();

  end(2);
  end(1);
  await settle();
  end(0);
  await whole;

  expect(read).toEqual(["0a", "0b", "1a", "1b", "2a", "2b"]);
});

test("yields the results of the first item before it ends", async () => {
  const { work, end } = workshop();
  const { read, whole } = reading(runConcurrently(numbers(2), bounds(2), work));
  await settle();

  expect(read).toEqual(["0a"]);
  end(0);
  await settle();
  expect(read).toEqual(["0a", "0b", "1a"]);
  end(1);
  await whole;
});

test("runs at most the width of items at once", async () => {
  const { work, end, begun, most } = workshop();
  const { whole } = reading(runConcurrently(numbers(10), bounds(3), work));
  for (const item of numbers(10)) {
    await settle();
    expect(begun.length).toBeLessThanOrEqual(item + 3);
    end(item);
  }
  await whole;

  expect(most()).toBe(3);
});

test("starts at most four widths of items after a slow item", async () => {
  const { work, end, begun } = workshop();
  const { whole } = reading(runConcurrently(numbers(30), bounds(2), work));
  for (const item of numbers(30).slice(1)) {
    await settle();
    end(item);
  }
  await settle();
  expect(begun).toEqual(numbers(8));

  end(0);
  await settle();
  for (const item of numbers(30)) {
    end(item);
    await settle();
  }
  await whole;
  expect(begun).toEqual(numbers(30));
});

test("takes one item at a time when a slot is free", async () => {
  const { work, end } = workshop();
  const taken: number[] = [];
  const items = (async function* () {
    for (const item of numbers(100)) {
      taken.push(item);
      yield item;
    }
  })();
  const { whole } = reading(runConcurrently(items, bounds(2), work));
  await settle();

  expect(taken.length).toBeLessThanOrEqual(3);
  for (const item of numbers(100)) {
    await Promise.resolve();
    end(item);
    if (item % 2 === 1) await settle();
  }
  for (const item of numbers(100)) {
    end(item);
    await new Promise(setImmediate);
  }
  await whole;
  expect(taken).toEqual(numbers(100));
});

test("starts no item after an interruption and finishes running items", async () => {
  const { work, end, begun } = workshop();
  let interrupted = false;
  const { read, whole } = reading(
    runConcurrently(
      numbers(10),
      bounds(2, () => interrupted),
      work,
    ),
  );
  await settle();

  interrupted = true;
  end(0);
  end(1);
  await whole;

  expect(begun).toEqual([0, 1]);
  expect(read).toEqual(["0a", "0b", "1a", "1b"]);
});

test("throws an error at the position of its item and ends", async () => {
  const { work, end } = workshop();
  const failing = async function* (item: number) {
    if (item === 1) throw new Error("one");
    yield* work(item);
  };
  const { read, whole } = reading(runConcurrently(numbers(3), bounds(3), failing));
  await settle();
  expect(read).toEqual(["0a"]);

  end(0);
  await expect(whole).rejects.toThrow("one");
  expect(read).toEqual(["0a", "0b"]);
});

test("starts no item after an error", async () => {
  const begun: number[] = [];
  const work = async function* (item: number): AsyncGenerator<number> {
    begun.push(item);
    if (item === 0) throw new Error("zero");
    yield item;
  };

  await expect(Array.fromAsync(runConcurrently(numbers(100), bounds(1), work))).rejects.toThrow("zero");
  await settle();
  expect(begun.length).toBeLessThan(6);
});

test("throws an error of the item source after the started items", async () => {
  const items = (async function* () {
    yield 1;
    throw new Error("no more");
  })();
  const { read, whole } = reading(
    runConcurrently(items, bounds(2), async function* (item) {
      await settle();
      yield item;
    }),
  );

  await expect(whole).rejects.toThrow("no more");
  expect(read).toEqual([1]);
});

test("stops when the reader stops", async () => {
  const begun: number[] = [];
  const results = runConcurrently(numbers(1000), bounds(2), async function* (item) {
    begun.push(item);
    yield item;
  });

  for await (const result of results) if (result === 3) break;
  await settle();

  expect(begun.length).toBeLessThan(20);
});

test("yields nothing without items", async () => {
  expect(await Array.fromAsync(runConcurrently([], bounds(2), async function* () {}))).toEqual([]);
});
