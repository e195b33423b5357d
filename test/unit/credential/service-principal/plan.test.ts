import { expect, test } from "vitest";
import type { Application, RoleAssignment } from "../../../../src/azure/port.ts";
import { only } from "../../../../src/credential/service-principal/access.ts";
import { type PrincipalFacts, planPrincipal } from "../../../../src/credential/service-principal/plan.ts";
import { conditionOf, refuseScoped } from "../../../../src/credential/service-principal/roles.ts";
import type { Entry } from "../../../../src/secret/entry.ts";

const host = "myregistry.azurecr.io";
const application: Application = { id: "o-1", appId: "a-1", displayName: "ci", notes: "", madeAt: "2026-01-01T00:00:00Z", keys: [] };
const principal = { id: "p-1", appId: "a-1", enabled: true };
const nothing: PrincipalFacts = {
  host,
  name: "ci",
  mode: "legacy",
  repositories: ["*"],
  key: "acr-secret: x",
  isOwnKey: true,
  expiresAt: undefined,
  application: undefined,
  principal: undefined,
  assignments: [],
  current: undefined,
  pulls: "no",
};

const roles = {
  pull: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
  push: "8311e382-0749-4cb8-b61a-304f252e45ec",
  reader: "b93aa761-3e63-49ed-ac28-beffa264f7ac",
  writer: "2a1e307c-b015-4ebd-883e-5b7698a07328",
};
const assignment = (role: string, more: Partial<RoleAssignment> = {}): RoleAssignment => ({
  name: "n-1",
  principalId: "p-1",
  role,
  here: true,
  ours: true,
  condition: undefined,
  madeAt: undefined,
  ...more,
});
const there: PrincipalFacts = { ...nothing, application, principal, assignments: [assignment(roles.pull)] };
const current = { hosts: [host], kind: "service-principal", identity: "a-1", slot: "k-1", madeAt: "2026-01-01T00:00:00Z" };

/** Formats a plan briefly. */
function plan(found: Partial<PrincipalFacts>): string {
  const { created, role, mint } = planPrincipal({ ...nothing, ...found });
  const minted = mint.act === "mint" ? `mint${mint.inNew ? " new" : ""}` : "keep";
  return [...created.map(({ to }) => to.kind.split(".")[0]), `role ${role.act}`, minted].join(", ");
}

test.for<{ why: string; found: Partial<PrincipalFacts>; does: string }>([
  { why: "Azure has no objects", found: {}, does: "application, serviceprincipal, role create, mint new" },
  { why: "a run crashed after it created the application", found: { application }, does: "serviceprincipal, role create, mint" },
  { why: "a run crashed after it created the service principal", found: { application, principal }, does: "role create, mint" },
  { why: "a run crashed after it assigned the role", found: there, does: "role keep, mint" },
  { why: "the Secret's login pulls", found: { ...there, current, pulls: "yes" }, does: "role keep, keep" },
  { why: "the registry could not be asked", found: { ...there, current, pulls: "unknown" }, does: "role keep, keep" },
  { why: "its password was deleted", found: { ...there, current, pulls: "no" }, does: "role keep, mint" },
  {
    why: "the Secret holds the login of another application",
    found: { ...there, current: { ...current, identity: "a-2" }, pulls: "yes" },
    does: "role keep, mint",
  },
  {
    why: "the Secret holds another kind",
    found: { ...there, current: { ...current, kind: "given" }, pulls: "yes" },
    does: "role keep, mint",
  },
  { why: "its role was removed", found: { ...there, assignments: [], current, pulls: "unknown" }, does: "role create, keep" },
  { why: "it can also push", found: { ...there, assignments: [assignment(roles.push)] }, does: "role keep, mint" },
  {
    why: "it has a role on a scope above the registry",
    found: { ...there, assignments: [assignment(roles.pull, { here: false })] },
    does: "role keep, mint",
  },
  { why: "it has a role for the other mode", found: { ...there, assignments: [assignment(roles.reader)] }, does: "role create, mint" },
])("plans $does when $why", ({ found, does }) => {
  expect(plan(found)).toBe(does);
});

test.for<{ why: string; assignments: RoleAssignment[]; does: string; grants?: string[]; after?: string[] }>([
  { why: "there is no role", assignments: [], does: "create", grants: ["app/api", "app/web"], after: ["app/api", "app/web"] },
  { why: "the role covers the whole registry", assignments: [assignment(roles.reader)], does: "keep" },
  {
    why: "its condition covers the repositories",
    assignments: [assignment(roles.reader, { condition: conditionOf(["app/*"]) })],
    does: "keep",
  },
  {
    why: "its condition lacks some repositories",
    assignments: [assignment(roles.reader, { condition: conditionOf(["app/web", "team/*"]) })],
    does: "update",
    grants: ["app/api"],
    after: ["app/api", "app/web", "team/*"],
  },
  {
    why: "roles here and above cover the repositories together",
    assignments: [
      assignment(roles.reader, { condition: conditionOf(["app/web"]) }),
      assignment(roles.writer, { condition: conditionOf(["app/api"]), here: false }),
    ],
    does: "keep",
  },
  {
    why: "only a role above covers some repositories",
    assignments: [assignment(roles.reader, { condition: conditionOf(["app/web"]), here: false, ours: false })],
    does: "create",
    grants: ["app/api"],
    after: ["app/api", "app/web"],
  },
])("plans $does of the role on an ABAC registry when $why", ({ assignments, does, grants, after }) => {
  const { role } = planPrincipal({ ...there, assignments, mode: "abac", repositories: ["app/api", "app/web"] });

  expect(role.act).toBe(does);
  expect("grants" in role ? role.grants : undefined).toEqual(grants);
  expect("after" in role ? role.after : undefined).toEqual(after);
});

test("records the application's ID and the expiry, and keeps the entry of a kept password", () => {
  const expiresAt = "2027-01-01T00:00:00Z";

  expect(planPrincipal({ ...there, expiresAt })).toMatchObject({
    mint: { slot: "acr-secret: x", expiresAt },
    entry: { hosts: [host], kind: "service-principal", identity: "a-1", expiresAt },
  });
  expect(planPrincipal({ ...there, current, pulls: "yes", expiresAt }).entry).toEqual(current);
  expect(planPrincipal(nothing).entry).toMatchObject({ identity: "ci" });
});

const ours = { slot: "k-1", displayName: "acr-secret: x", madeAt: "2026-01-01T00:00:00Z" };
const later = { ...ours, slot: "k-2", madeAt: "2026-02-01T00:00:00Z" };
const until = "2026-06-01T00:00:00Z";

test.for<{
  why: string;
  keys: Application["keys"];
  held?: Partial<typeof current> & { previous?: object };
  own?: boolean;
  previous: unknown;
}>([
  { why: "the application has no password", keys: [], previous: undefined },
  { why: "only other users have passwords", keys: [{ ...ours, displayName: "acr-secret: y" }], previous: undefined },
  { why: "a run crashed before it wrote the Secret", keys: [ours], previous: { slot: "k-1", madeAt: ours.madeAt } },
  { why: "two runs crashed before they wrote the Secret", keys: [ours, later], previous: { slot: "k-2", madeAt: later.madeAt } },
  { why: "Azure shows no creation time", keys: [{ slot: "k-1", displayName: "acr-secret: x" }], previous: { slot: "k-1" } },
  { why: "passwords of other Secrets may have the same name", keys: [ours], own: false, previous: undefined },
  {
    why: "the previous password is in its grace period",
    keys: [ours, later],
    held: { previous: { slot: "k-1", until } },
    previous: { slot: "k-1", until },
  },
  {
    why: "the annotation names a password of another user",
    keys: [{ ...ours, displayName: "theirs" }],
    held: { previous: { slot: "k-1", until } },
    previous: undefined,
  },
  {
    why: "the annotation records another application",
    keys: [ours],
    held: { identity: "a-2", previous: { slot: "k-1", until } },
    previous: { slot: "k-1", madeAt: ours.madeAt },
  },
])("records a lost password of this Secret as the previous one when $why", ({ keys, held: more, own: isOwnKey = true, previous }) => {
  const found = {
    ...there,
    application: { ...application, keys },
    ...(more && { current: { ...current, slot: "k-0", ...more } as Entry }),
  };
  expect(planPrincipal({ ...found, isOwnKey }).entry.previous).toEqual(previous);
});

test("rejects a name that several applications have", () => {
  expect(only("ci", [])).toBeUndefined();
  expect(only("ci", [application])).toBe(application);
  expect(() => only("ci", [{ ...application, appId: "a-2" }, application])).toThrow('2 applications are named "ci": a-1, a-2');
});

test.for([
  { mode: "legacy", repositories: [], refused: false },
  { mode: "legacy", repositories: ["*"], refused: false },
  { mode: "legacy", repositories: ["*", "app/web"], refused: true },
  { mode: "abac", repositories: ["app/web"], refused: false },
] as const)("answers $refused whether a $mode registry refuses $repositories", ({ mode, repositories, refused }) => {
  const check = () => refuseScoped(mode, repositories, "myregistry");

  if (refused) expect(check).toThrow("has no roles for single repositories");
  else expect(check).not.toThrow();
});
