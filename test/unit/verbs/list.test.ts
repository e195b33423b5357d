import { expect, test } from "vitest";
import type { Holding } from "../../../src/secret/holdings.ts";
import { expiryBy } from "../../../src/verbs/list.ts";

const known: Holding = {
  hosts: ["myregistry.azurecr.io"],
  kind: "acr-token",
  guessed: false,
  identity: "ci-pull",
  slot: "password1",
  expiry: "at",
  expiresAt: "2026-02-01T00:00:00Z",
};
const { expiresAt: _, ...never } = { ...known, expiry: "never" as const };
const ends = (expiresAt: string): Holding => ({ ...known, expiresAt });

test.for<{ what: string; holdings: readonly Holding[]; is: ReturnType<typeof expiryBy> }>([
  { what: "a second before", holdings: [never, ends("2026-01-31T23:59:59Z")], is: "due" },
  { what: "exactly then", holdings: [never, ends("2026-02-01T00:00:00Z")], is: "due" },
  { what: "a second later", holdings: [never, ends("2026-02-01T00:00:01Z")], is: "later" },
  { what: "never", holdings: [never, never], is: "never" },
  { what: "never or at an unknown time", holdings: [never, { ...never, expiry: "unknown" }], is: "unknown" },
  { what: "soon or at an unknown time", holdings: [ends("2026-01-01T00:00:00Z"), { ...never, expiry: "unknown" }], is: "due" },
  { what: "at no time, without a login", holdings: [], is: "unknown" },
])("reports a Secret as $is when its logins expire $what", ({ holdings, is }) => {
  expect(expiryBy(holdings, new Date("2026-02-01T00:00:00Z"))).toBe(is);
});
