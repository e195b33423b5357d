import { expect, test } from "vitest";
import { type ExistingSecret, holds } from "../../../src/plan/existing-secret.ts";
import { planStore, refuseForeign, warnLoss } from "../../../src/plan/store.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const east = "r.eastus.geo.azurecr.io";

test.for<{ why: string; existing: Partial<ExistingSecret>; holds: boolean }>([
  { why: "recorded", existing: {}, holds: true },
  { why: "recorded, and present under a path", existing: { hosts: [`${host}/team`] }, holds: true },
  { why: "recorded differently", existing: { entries: [{ ...entry, identity: "old" }] }, holds: false },
  { why: "no annotation", existing: { entries: undefined }, holds: false },
])("detects whether a Secret holds a login: $why", ({ existing: more, holds: expected }) => {
  expect(holds(entry, host, { ...existing, ...more })).toBe(expected);
});

test("overwrites a login for a regional host only with --force and warns about it", () => {
  const theirs = { ...existing, hosts: [host, east] };
  const options = { entry, host, fresh: true, force: true, merge: false };

  expect(() => refuseForeign(to, { host }, theirs)).toThrow(`holds a credential for ${east}`);
  expect(warnLoss(planStore(to, options, theirs), theirs)).toMatchObject([
    { message: `secret/acr also held a login for ${east}, which is overwritten` },
  ]);
});
