import { expect, test } from "vitest";
import { openChannel } from "../../../src/fleet/channel.ts";
import { collect } from "../../support/collect.ts";

test("what was put before and while it is read comes in its order", async () => {
  const channel = openChannel<number>();
  channel.put(1);
  const whole = collect(channel);
  channel.put(2);
  await Promise.resolve();
  channel.put(3);
  channel.end();

  expect(await whole).toEqual([1, 2, 3]);
});

test("an error comes after what was put before it", async () => {
  const channel = openChannel<number>();
  channel.put(1);
  channel.fail(new Error("late"));
  const read: number[] = [];

  await expect(
    (async () => {
      for await (const item of channel) read.push(item);
    })(),
  ).rejects.toThrow("late");
  expect(read).toEqual([1]);
});

test("an error that is undefined is one too", async () => {
  const channel = openChannel<number>();
  channel.fail(undefined);

  await expect(collect(channel)).rejects.toBeUndefined();
});

test("the first end counts", async () => {
  const channel = openChannel<number>();
  channel.end();
  channel.fail(new Error("too late"));

  expect(await collect(channel)).toEqual([]);
});

test("a reader that waits is woken by what comes next", async () => {
  const channel = openChannel<string>();
  const reader = channel[Symbol.asyncIterator]();
  const next = reader.next();
  await new Promise(setImmediate);
  channel.put("late");

  expect(await next).toEqual({ value: "late", done: false });
});
