import { expect, test } from "vitest";
import { type ExistingSecret, holds } from "../../../src/plan/existing-secret.ts";
import { entry, existing, host } from "../../support/situations/existing-secret.ts";

test.for<{ why: string; existing: Partial<ExistingSecret>; holds: boolean }>([
  { why: "recorded", existing: {}, holds: true },
  { why: "recorded, and present under a path", existing: { hosts: [`${host}/team`] }, holds: true },
  { why: "recorded differently", existing: { entries: [{ ...entry, identity: "old" }] }, holds: false },
  { why: "no annotation", existing: { entries: undefined }, holds: false },
])("detects whether a Secret holds a login: $why", ({ existing: more, holds: expected }) => {
  expect(holds(entry, host, { ...existing, ...more })).toBe(expected);
});
