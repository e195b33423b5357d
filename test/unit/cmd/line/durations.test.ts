import { expect, test } from "vitest";
import { expiryAfter, goDuration, lifetime, milliseconds } from "../../../../cmd/line/durations.ts";

test.for([
  ["90d", "2026-04-01T00:00:00Z"],
  ["12h", "2026-01-01T12:00:00Z"],
  ["30m", "2026-01-01T00:30:00Z"],
  ["2w", "2026-01-15T00:00:00Z"],
  ["1y", "2027-01-01T00:00:00Z"],
  ["1h30m", "2026-01-01T01:30:00Z"],
  ["1d12h", "2026-01-02T12:00:00Z"],
] as const)("adds %s to the time: %s", ([duration, time]) => {
  expect(expiryAfter(duration, new Date("2026-01-01T00:00:00.500Z"))).toBe(time);
});

test.for(["", "0d", "5", "d", "1.5h", "9999999d", "9999y", "1M", "1h 30m", "1h30", "90s"])("rejects the lifetime %o", (duration) => {
  expect(() => expiryAfter(duration, new Date())).toThrow("invalid --expires-in");
});

test("names the values without a unit when a flag accepts some", () => {
  expect(() => lifetime("5", "--grace", { zero: true, words: ["next"] })).toThrow(/invalid --grace "5": .* 1y, or 0, or next$/);
});

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
  expect(milliseconds(text)).toBeCloseTo(value, 6);
});

test.for(["x", "5 s", "", "-5", "1h-", "1e3s", "1.5", ".s", "s", "5d", "2562048h", "99999999999999999999"])(
  "rejects the timeout %o",
  (text) => {
    expect(milliseconds(text)).toBeUndefined();
  },
);

test.for(["-5m", "-1s", "-0s", "-1h30m"])("rejects the negative duration %s", (text) => {
  expect(goDuration(text)).toBeUndefined();
});
