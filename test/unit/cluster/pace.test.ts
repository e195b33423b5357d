import { expect, test } from "vitest";
import { openPace } from "../../../src/cluster/pace.ts";

/** Returns a server on a fake clock. `takes` returns the duration of a request from the number of concurrent requests. */
function server(takes: (active: number) => number, fixed?: number) {
  let time = 0;
  let active = 0;
  let most = 0;
  let status = 200;
  const due: { readonly at: number; end(): void }[] = [];
  const pace = openPace({ fixed, now: () => time });
  const ask = (measured = true) =>
    pace.run(async () => {
      active++;
      most = Math.max(most, active);
      await new Promise<void>((resolve) => due.push({ at: time + takes(active), end: resolve }));
      active--;
      return { status };
    }, measured);

  /** Sends requests and waits until all of them have ended. */
  async function run(count: number, measured = true): Promise<void> {
    let open = count;
    for (let index = 0; index < count; index++) ask(measured).finally(() => open--);
    while (open > 0) {
      await new Promise(setImmediate);
      const next = due.sort((a, b) => a.at - b.at).shift();
      if (!next) continue;
      time = next.at;
      next.end();
    }
  }
  return {
    pace,
    run,
    most: () => most,
    answer: (code: number) => {
      status = code;
    },
  };
}

test("starts with eight concurrent requests", async () => {
  const { pace, run, most } = server(() => 10);
  expect(pace.width).toBe(8);

  await run(8);

  expect(most()).toBe(8);
});

test("raises the width while responses are fast, up to the limit", async () => {
  const { pace, run, most } = server(() => 10);

  await run(2000);

  expect(pace.width).toBe(64);
  expect(most()).toBe(64);
});

test("lowers the width while requests queue at the server", async () => {
  const { pace, run } = server(() => 10);
  await run(2000);

  const slow = server((active) => (active > 4 ? 200 : 10));
  await slow.run(4);
  await slow.run(3000);

  expect(pace.width).toBe(64);
  expect(slow.pace.width).toBeLessThan(32);
  expect(slow.pace.width).toBeGreaterThanOrEqual(8);
});

test("halves the width on 429, down to one", async () => {
  const { pace, run, answer } = server(() => 10);
  answer(429);

  await run(1);
  expect(pace.width).toBe(4);
  await run(1);
  expect(pace.width).toBe(2);
  await run(10);
  expect(pace.width).toBe(1);
});

test("raises the width again after a 429", async () => {
  const { pace, run, answer } = server(() => 10);
  answer(429);
  await run(2);
  answer(200);

  await run(500);

  expect(pace.width).toBeGreaterThan(16);
});

test("keeps a fixed width", async () => {
  const { pace, run, answer, most } = server(() => 10, 3);
  await run(500);
  answer(429);
  await run(10);

  expect(pace.width).toBe(3);
  expect(most()).toBe(3);
});

test("queues requests that are not measured, and ignores their time", async () => {
  const { pace, run, most } = server((active) => active * 100, undefined);

  await run(500, false);

  expect(pace.width).toBe(8);
  expect(most()).toBe(8);
});

test("starts the next request when one fails", async () => {
  const pace = openPace({ fixed: 1, now: () => 0 });
  const failed = pace.run(() => Promise.reject(new Error("broken")), true);
  const next = pace.run(async () => ({ status: 200 }), true);

  await expect(failed).rejects.toThrow("broken");
  expect(await next).toEqual({ status: 200 });
});

test("starts requests in order", async () => {
  const order: number[] = [];
  const pace = openPace({ fixed: 2, now: () => 0 });

  await Promise.all(
    [0, 1, 2, 3, 4].map((index) =>
      pace.run(async () => {
        order.push(index);
        await new Promise(setImmediate);
        return { status: 200 };
      }, true),
    ),
  );

  expect(order).toEqual([0, 1, 2, 3, 4]);
});
