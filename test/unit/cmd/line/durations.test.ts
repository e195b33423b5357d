import { expect, test } from "vitest";
import { expiryAfter, lifetime } from "../../../../cmd/line/durations.ts";

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
