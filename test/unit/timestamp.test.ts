import { expect, test } from "vitest";
import { isSameTime, isTimestamp, renewedExpiry } from "../../src/timestamp.ts";

test.for([
  { a: "2100-12-31T12:59:59.000Z", b: "2100-12-31T12:59:59+00:00", same: true },
  { a: "2100-12-31T13:59:59.1234567+01:00", b: "2100-12-31T12:59:59.123Z", same: true },
  { a: "2100-12-31T12:59:59Z", b: "2100-12-31T12:59:58Z", same: false },
  { a: "never", b: "never", same: false },
  { a: undefined, b: undefined, same: false },
])("$a and $b are the same moment: $same", ({ a, b, same }) => {
  expect(isSameTime(a, b)).toBe(same);
});

test.for([
  { text: "2026-01-01T00:00:00Z", is: true },
  { text: "9999-12-31T23:59:59Z", is: true },
  { text: "9999-12-31T23:59:59-00:01", is: false },
  { text: "0000-01-01T00:00:00+00:01", is: false },
  { text: "2026-13-01T00:00:00Z", is: false },
  { text: "tomorrow", is: false },
])("$text is a time of RFC 3339: $is", ({ text, is }) => {
  expect(isTimestamp(text)).toBe(is);
});

test.for([
  { madeAt: "2026-01-01T00:00:00Z", expiresAt: "2026-01-11T00:00:00Z", renewed: "2026-02-11T00:00:00Z" },
  { madeAt: "2026-01-01T00:00:00Z", expiresAt: "2025-01-01T00:00:00Z", renewed: undefined },
  { madeAt: "2026-01-01T00:00:00Z", expiresAt: "+275760-09-13T00:00:00Z", renewed: undefined },
  { madeAt: "2026-01-01T00:00:00Z", expiresAt: "9999-12-31T00:00:00Z", renewed: undefined },
  { madeAt: "yesterday", expiresAt: "2026-01-11T00:00:00Z", renewed: undefined },
])("renews a password that lasted from $madeAt to $expiresAt until $renewed", ({ madeAt, expiresAt, renewed }) => {
  expect(renewedExpiry(madeAt, expiresAt, new Date("2026-02-01T00:00:00Z"))).toBe(renewed);
});
