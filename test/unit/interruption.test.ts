import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openInterruption } from "../../src/interruption.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an interruption ends reads and waits at once, and writes after their time of grace", () => {
  const { interrupt, signal } = openInterruption();
  const [read, write] = [signal(), signal(true)];
  expect([read.aborted, write.aborted]).toEqual([false, false]);

  interrupt();
  expect([read.aborted, write.aborted]).toEqual([true, false]);
  vi.advanceTimersByTime(4999);
  expect(write.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(write.aborted).toBe(true);
});

test("after it nothing is to be begun", () => {
  const interruption = openInterruption();
  expect(interruption.interrupted).toBe(false);

  interruption.interrupt();

  expect(interruption.interrupted).toBe(true);
  expect(interruption.signal().aborted).toBe(true);
});

test("what must not be interrupted gets a signal of its own, and the run stays interrupted", async () => {
  const interruption = openInterruption();
  interruption.interrupt();
  vi.advanceTimersByTime(10_000);

  await interruption.uninterrupted(async () => {
    expect([interruption.signal().aborted, interruption.signal(true).aborted]).toEqual([false, false]);
    expect(interruption.interrupted).toBe(true);
  });

  expect([interruption.signal().aborted, interruption.signal(true).aborted]).toEqual([true, true]);
});

test("it is given up on by what fails too, and one inside another ends with the outer one", async () => {
  const interruption = openInterruption();
  interruption.interrupt();

  await expect(
    interruption.uninterrupted(async () => {
      await interruption.uninterrupted(async () => {});
      expect(interruption.signal().aborted).toBe(false);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");

  expect(interruption.signal().aborted).toBe(true);
});
