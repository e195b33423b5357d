import { expect, test } from "vitest";
import { age, parseGoDuration, parseTimeout, until } from "../../src/duration.ts";

// Values that kubectl 1.37 accepts for --request-timeout, and values that it rejects.
test.for([
  ["0", 0],
  ["30", 30_000],
  ["+30", 30_000],
  ["5s", 5000],
  ["1h2m3s", 3_723_000],
  ["500ms", 500],
  [".5s", 500],
  ["1.s", 1000],
  ["1.5h", 5_400_000],
  ["100us", 0.1],
  ["100µs", 0.1],
  ["100μs", 0.1],
  ["1000ns", 0.001],
  ["-0", 0],
  ["-1s", 0],
  ["1200h", 4_320_000_000],
  ["2562047h", 9_223_369_200_000],
  ["10000000000", 10_000_000_000_000],
] as const)("reads %s as %d milliseconds", ([text, value]) => {
  expect(parseTimeout(text)).toBeCloseTo(value, 6);
});

test.for(["x", "5 s", "", "-5", "1h-", "1e3s", "1.5", ".s", "s", "5d", "2562048h", "99999999999999999999"])(
  "rejects the timeout %o",
  (text) => {
    expect(parseTimeout(text)).toBeUndefined();
  },
);

test.for(["-5m", "-1s", "-0s", "-1h30m"])("rejects the negative duration %s", (text) => {
  expect(parseGoDuration(text)).toBeUndefined();
});

const now = new Date("2026-01-01T00:00:00Z");
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

test.for([
  [5, "5s"],
  [119, "119s"],
  [120, "2m"],
  [192, "3m12s"],
  [3600, "60m"],
  [5 * 3600, "5h"],
  [30 * 3600, "30h"],
  [12 * 86_400, "12d"],
] as const)("formats %i seconds as %s", ([seconds, text]) => {
  expect(age(before(seconds), now)).toBe(text);
});

test("formats an invalid date as <unknown>", () => {
  expect(["soon", "", "2026-13-01T00:00:00Z"].map((date) => [age(date, now), until(date, now)])).toEqual(
    Array(3).fill(["<unknown>", "<unknown>"]),
  );
});

test("formats the time until a timestamp", () => {
  expect([until(undefined, now), until(before(1), now), until(before(-7200), now)]).toEqual(["never", "expired", "120m"]);
});
