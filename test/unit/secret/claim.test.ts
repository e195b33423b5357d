import { expect, test } from "vitest";
import { claimLasts, isLive, noteClaim, readClaim, sameClaim } from "../../../src/secret/claim.ts";

const now = new Date("2026-01-01T00:00:00Z");
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const noted = (text: string) => ({ metadata: { name: "acr", annotations: { "acr-secret/claim": text } } });

test("a claim is noted with its run and its end", () => {
  const [text = ""] = Object.values(noteClaim("this-run", now));

  expect(JSON.parse(text)).toEqual({ by: "this-run", until: "2026-01-01T00:00:30.000Z" });
  expect(readClaim(noted(text))).toEqual({ by: "this-run", until: "2026-01-01T00:00:30.000Z" });
});

test.for([
  "",
  "null",
  "7",
  '"mine"',
  "[]",
  "{",
  "{}",
  '{"by":"x"}',
  '{"until":"2026-01-01T00:01:00Z"}',
  '{"by":7,"until":"2026-01-01T00:01:00Z"}',
  '{"by":"x","until":7}',
])("what anybody may have written is no claim: %s", (text) => {
  expect(readClaim(noted(text))).toBeUndefined();
});

test("a Secret without notes has no claim", () => {
  expect(readClaim({ metadata: { name: "acr" } })).toBeUndefined();
  expect(readClaim({ metadata: { name: "acr", annotations: {} } })).toBeUndefined();
});

test.for([
  { until: later(claimLasts).toISOString(), live: true },
  { until: later(1).toISOString(), live: true },
  { until: now.toISOString(), live: false },
  { until: later(-1).toISOString(), live: false },
  { until: "some day", live: false },
])("a claim until $until is live: $live", ({ until, live }) => {
  expect(isLive({ by: "x", until }, now)).toBe(live);
});

test.for([
  { other: { by: "x", until: "a" }, same: true },
  { other: { by: "y", until: "a" }, same: false },
  { other: { by: "x", until: "b" }, same: false },
  { other: undefined, same: false },
])("a claim that is renewed or another's is another: $other", ({ other, same }) => {
  expect(sameClaim({ by: "x", until: "a" }, other)).toBe(same);
});
