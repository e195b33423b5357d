import { expect, test } from "vitest";
import { claimLasts, endedClaim, isLive, isMadeBy, newClaim, readClaim, sameClaim } from "../../../src/secret/claim.ts";

const now = new Date("2026-01-01T00:00:00Z");
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const recorded = (text: string) => ({ metadata: { name: "acr", annotations: { "acr-secret/claim": text } } });

test("writes a claim with its run and its end", () => {
  const [text = ""] = Object.values(newClaim("this-run", now));

  expect(JSON.parse(text)).toEqual({ by: "this-run", until: "2026-01-01T00:00:30.000Z" });
  expect(readClaim(recorded(text))).toEqual({ by: "this-run", until: "2026-01-01T00:00:30.000Z" });
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
])("ignores an invalid claim: %s", (text) => {
  expect(readClaim(recorded(text))).toBeUndefined();
});

test("returns no claim for a Secret without annotations", () => {
  expect(readClaim({ metadata: { name: "acr" } })).toBeUndefined();
  expect(readClaim({ metadata: { name: "acr", annotations: {} } })).toBeUndefined();
});

test.for([
  { until: later(claimLasts).toISOString(), live: true },
  { until: later(1).toISOString(), live: true },
  { until: now.toISOString(), live: false },
  { until: later(-1).toISOString(), live: false },
  { until: "some day", live: false },
])("detects whether a claim until $until is valid: $live", ({ until, live }) => {
  expect(isLive({ by: "x", until }, now)).toBe(live);
});

test.for([
  { other: { by: "x", until: "a" }, same: true },
  { other: { by: "y", until: "a" }, same: false },
  { other: { by: "x", until: "b" }, same: false },
  { other: undefined, same: false },
])("distinguishes a renewed or another run's claim: $other", ({ other, same }) => {
  expect(sameClaim({ by: "x", until: "a" }, other)).toBe(same);
});

const makes = { identity: "ci-pull", slot: "password2" };

test("reads back the password that a run is about to create, and ignores invalid fields", () => {
  const [text = ""] = Object.values(newClaim("this-run", now, makes));
  expect(readClaim(recorded(text))).toEqual({ by: "this-run", until: "2026-01-01T00:00:30.000Z", makes });
  const of = (it: unknown) => readClaim(recorded(JSON.stringify({ by: "x", until: "y", makes: it })));
  for (const it of [7, {}, { slot: "password2" }, { identity: 7, slot: "password2" }]) expect(of(it)).toEqual({ by: "x", until: "y" });
  expect(of({ identity: "ci-pull" })).toMatchObject({ makes: { identity: "ci-pull" } });
  expect(of({ ...makes, madeAt: 7 })).toEqual({ by: "x", until: "y", makes });
  expect(of(null)).toBeUndefined();
});

test.for([
  { what: "right before it", by: -2, made: true },
  { what: "during the claim", by: 12_000, made: true },
  { what: "as it ended", by: claimLasts, made: true },
  { what: "long before it", by: -60_000, made: false },
  { what: "after it", by: claimLasts + 6000, made: false },
])("detects whether the claim's run created a password $what: $made", ({ by, made }) => {
  const claim = readClaim(recorded(Object.values(newClaim("x", now, makes))[0] ?? "")) ?? { by: "", until: "" };
  const madeAt = later(by).toISOString();
  expect(isMadeBy(claim, "CI-pull", { slot: "password2", madeAt })).toBe(made);
  expect(isMadeBy(claim, "ci-pull", { slot: "password1", madeAt })).toBe(false);
  expect(isMadeBy(claim, "other", { slot: "password2", madeAt })).toBe(false);
  expect(isMadeBy({ by: "x", until: claim.until }, "ci-pull", { slot: "password2", madeAt })).toBe(false);
});

test("attributes a leftover password to the claim permanently, and no other password to an ended claim", () => {
  const old = later(-3_600_000).toISOString();
  const claimOf = (note: object) => readClaim(recorded(Object.values(note)[0])) ?? { by: "", until: "" };
  const heir = claimOf(newClaim("x", now, { ...makes, madeAt: old }));
  const left = claimOf(endedClaim("x", { ...makes, madeAt: old }));
  const isOf = (claim: typeof heir, at: string) => isMadeBy(claim, "ci-pull", { slot: "password2", madeAt: at });
  expect([isOf(heir, old), isOf(left, old)]).toEqual([true, true]);
  const since = later(1000).toISOString();
  expect([isOf(heir, since), isOf(left, since)]).toEqual([true, false]);
  expect(isLive(left, now)).toBe(false);
});
