import { expect, test } from "vitest";
import { expiryAfter } from "../../../../cmd/line/durations.ts";

test.for([
  ["90d", "2026-04-01T00:00:00Z"],
  ["12h", "2026-01-01T12:00:00Z"],
  ["30m", "2026-01-01T00:30:00Z"],
] as const)("in %s is %s", ([duration, moment]) => {
  expect(expiryAfter(duration, new Date("2026-01-01T00:00:00.500Z"))).toBe(moment);
});

test.for(["", "0d", "5", "d", "1.5h", "9999999d"])("%o is no time to live", (duration) => {
  expect(() => expiryAfter(duration, new Date())).toThrow("invalid --expires-in");
});
