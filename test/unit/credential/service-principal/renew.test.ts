import { expect, test } from "vitest";
import type { Application } from "../../../../src/azure/port.ts";
import { planKeyRetirement, planPrincipalRenewal, planPrincipalRevocation } from "../../../../src/credential/service-principal/plan.ts";
import { azureDescription } from "../../../../src/secret/azure-words.ts";

const application = (keys: readonly string[], notes = ""): Application => ({
  id: "o-1",
  appId: "a-1",
  displayName: "ci",
  notes,
  madeAt: "2026-01-01T00:00:00Z",
  keys: keys.map((slot) => ({ slot, displayName: slot, madeAt: "2026-01-01T00:00:00Z" })),
});

const current = { hosts: ["h"], kind: "service-principal", identity: "a-1", slot: "k1", madeAt: "2026-01-01T00:00:00Z" };
const role = { name: "r", principalId: "p-1", role: "AcrPull", here: true, ours: true, condition: undefined, madeAt: undefined };
const principal = { id: "p-1", appId: "a-1", enabled: true };

test.for<{ why: string; keys: string[]; previous: object | undefined }>([
  { why: "the held password exists", keys: ["k1", "others"], previous: { slot: "k1", madeAt: current.madeAt } },
  { why: "the held password was deleted", keys: ["others"], previous: undefined },
])("adds another password when $why", ({ keys, previous }) => {
  const { mint, entry } = planPrincipalRenewal(
    { host: "h", current, key: "for demo", expiresAt: "2026-05-01T00:00:00Z" },
    application(keys),
  );
  expect(mint).toMatchObject({ act: "mint", to: { kind: "application.graph.microsoft.com", name: "ci" }, slot: "for demo", inNew: false });
  expect(entry).toEqual({
    hosts: ["h"],
    kind: "service-principal",
    identity: "a-1",
    expiresAt: "2026-05-01T00:00:00Z",
    ...(previous && { previous }),
  });
});

test("retires exactly the given keys", () => {
  const found = application(["k1", "k2", "k3"]);
  const plan = planKeyRetirement(found, [{ slot: "k2" }, { slot: "gone" }, {}]);
  expect(plan.map(({ slot, madeAt }) => [slot, madeAt])).toEqual([["k2", "2026-01-01T00:00:00Z"]]);
});

type Other = "password" | "certificate" | "federated credential";

test.for<{ why: string; keys: string[]; notes?: string; roles?: (typeof role)[]; otherKeys?: Other[]; is: string[] }>([
  { why: "another user signs in with a certificate", keys: ["k1"], otherKeys: ["certificate"], is: ["application k1", "roleassignment"] },
  {
    why: "another user signs in with a federated credential",
    keys: ["k1"],
    otherKeys: ["federated credential"],
    is: ["application k1", "roleassignment"],
  },
  { why: "this plugin created it and no other user has a password", keys: ["k1"], is: ["application", "roleassignment"] },
  { why: "another user has a password", keys: ["k1", "k2"], is: ["application k1"] },
  {
    why: "another tool created it and assigned the role",
    keys: ["k1"],
    notes: "payroll",
    roles: [{ ...role, ours: false }],
    is: ["application k1"],
  },
  {
    why: "another tool created it and this plugin assigned the role",
    keys: ["k1", "his"],
    notes: "payroll",
    is: ["application k1", "roleassignment"],
  },
  { why: "another Secret has a password of it", keys: ["k1", "acr-secret: another"], notes: "payroll", is: ["application k1"] },
  {
    why: "the role is assigned above the registry or by another tool",
    keys: ["k1"],
    roles: [
      { ...role, ours: false },
      { ...role, here: false },
    ],
    is: ["application"],
  },
  { why: "the password was deleted", keys: ["k2"], is: [] },
])(
  "plans the revocation of a service principal when $why",
  ({ keys, notes = azureDescription("demo"), roles = [role], otherKeys = [], is }) => {
    const found = { principal, assignments: roles, otherKeys, scope: "/x" };
    const plan = planPrincipalRevocation(application(keys, notes), found, [{ slot: "k1" }]);
    expect(plan.filter(({ act, to: { kind } }) => act === "delete" && kind.startsWith("roleassignment"))).toHaveLength(
      is.includes("application") && is.includes("roleassignment") ? 1 : 0,
    );
    expect(plan.map((change) => `${change.to.kind.split(".")[0]} ${"slot" in change ? (change.slot ?? "") : ""}`.trim())).toEqual(is);
  },
);
