import { expect, test } from "vitest";
import type { ScopeMap } from "../../../../src/azure/port.ts";
import { planToken, type TokenFacts } from "../../../../src/credential/acr-token/plan.ts";
import { pullActions, pulledRepositories } from "../../../../src/credential/acr-token/scope-map.ts";
import { keptWarnings } from "../../../../src/credential/password-credential.ts";
import type { Entry } from "../../../../src/secret/entry.ts";
import { host, map, noted, nothing, p1, p2, right, token } from "../../../support/own-token.ts";

/** Formats a plan as one line: the actions on the scope map, the token and its password, and the slot. */
function plan(found: Partial<TokenFacts>): string {
  const { scope, created, mint } = planToken({ ...nothing, ...found });
  const does = mint.act === "mint" ? `mint ${mint.inNew ? "new " : ""}${mint.slot}` : mint.act;
  return [scope.act, created[0]?.act ?? "keep", does].join(", ");
}

test.for<{ why: string; found: Partial<TokenFacts>; does: string }>([
  { why: "Azure has no objects", found: {}, does: "create, create, mint new password1" },
  { why: "everything is correct", found: right, does: "keep, keep, keep" },
  { why: "the registry was not asked", found: { ...right, pulls: "unknown" }, does: "keep, keep, keep" },
  { why: "the scope map has another repository", found: { ...right, scopeMap: map("app/api") }, does: "update, keep, keep" },
  {
    why: "its password is rejected and the token is its own",
    found: { ...right, token: token(p1, p2), pulls: "no" },
    does: "keep, keep, mint password1",
  },
  {
    why: "the slot is empty",
    found: { ...right, current: noted(p2), pulls: "unknown" },
    does: "keep, keep, mint password2",
  },
  {
    why: "a run crashed before it wrote the Secret",
    found: { token: token(p1), scopeMap: map("app/web") },
    does: "keep, keep, mint password2",
  },
  {
    why: "two runs crashed before they wrote the Secret",
    found: { token: token(p1, p2), scopeMap: map("app/web") },
    does: "keep, keep, mint password1",
  },
  {
    why: "two runs crashed there and the second slot is older",
    found: { token: token({ ...p1, madeAt: "2026-03-01T00:00:00Z" }, p2), scopeMap: map("app/web") },
    does: "keep, keep, mint password2",
  },
  { why: "a run crashed before it created the token", found: { scopeMap: map("app/web") }, does: "keep, create, mint new password1" },
  {
    why: "the token was deleted in Azure",
    found: { current: noted(p1), scopeMap: map("app/web"), pulls: "no" },
    does: "keep, create, mint new password1",
  },
  {
    why: "a named token has an empty second slot",
    found: { token: token(p1), scopeMap: map("app/web"), alone: false },
    does: "keep, keep, mint password2",
  },
  {
    why: "a named token has an empty first slot",
    found: { token: token(p2), scopeMap: map("app/web"), alone: false },
    does: "keep, keep, mint password1",
  },
  {
    why: "the recorded password of a shared token is rejected",
    found: { ...right, pulls: "no", alone: false },
    does: "keep, keep, mint password2",
  },
  {
    why: "the recorded password of a shared token has expired",
    found: { ...right, token: token({ ...p1, expiresAt: "2026-04-30T23:59:59Z" }, p2), pulls: "no", alone: false },
    does: "keep, keep, mint password1",
  },
  {
    why: "the Secret holds a supplied login",
    found: { current: { hosts: [host], kind: "given", identity: "ci" }, pulls: "yes" },
    does: "create, create, mint new password1",
  },
  {
    why: "the Secret holds another token's password",
    found: { ...right, current: noted(p1, { identity: "theirs-acr-2" }) },
    does: "keep, keep, mint password2",
  },
  {
    why: "Azure writes the token's name in another case",
    found: { ...right, token: { ...token(p1), name: "Demo-ACR-1" } },
    does: "keep, keep, keep",
  },
  {
    why: "Azure writes the time in another format",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-01T00:00:00.0000000+00:00" }) },
    does: "keep, keep, keep",
  },
  {
    why: "another user regenerated the recorded slot",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-02T00:00:00Z" }), pulls: "no" },
    does: "keep, keep, mint password2",
  },
  {
    why: "the annotation has no creation time",
    found: { ...right, current: noted(p1, { madeAt: "" }), pulls: "yes" },
    does: "keep, keep, mint password2",
  },
])("plans $does when $why", ({ found, does }) => {
  expect(plan(found)).toBe(does);
});

/** The hint that deletes the older password. */
const deletion = {
  do: "shell",
  argv: "az acr token credential delete --registry myregistry --name demo-acr-1 --password1".split(" "),
  when: "if no Secret or exported copy uses the older one, password1",
};

test.for<{ why: string; found: Partial<TokenFacts>; says: RegExp; hint: unknown }>([
  {
    why: "both slots of a shared token may be in use",
    found: { token: token(p1, p2), alone: false },
    says: /^both passwords of the ACR token "demo-acr-1" may be in use/,
    hint: deletion,
  },
  {
    why: "another user regenerated the recorded slot of a shared token and the other slot is in use",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-02T00:00:00Z" }, p2), pulls: "no", alone: false },
    says: /may be in use/,
    hint: deletion,
  },
  {
    why: "only the recorded expiry of a shared token's password is over",
    found: {
      ...right,
      token: token({ ...p1, expiresAt: "2026-05-01T00:00:01Z" }, p2),
      current: noted(p1, { expiresAt: "2026-04-01T00:00:00Z" }),
      pulls: "no",
      alone: false,
    },
    says: /may be in use/,
    hint: deletion,
  },
  {
    why: "the token is disabled",
    found: { token: { ...token(p1), status: "disabled" } },
    says: /^the ACR token "demo-acr-1" is disabled$/,
    hint: "az acr token update --registry myregistry --name demo-acr-1 --status enabled",
  },
])("refuses when $why", ({ found, says, hint }) => {
  const refused = () => planToken({ ...nothing, ...found });

  expect(refused).toThrow(expect.objectContaining({ kind: "conflict", message: expect.stringMatching(says), hint }));
});

test("keeps a scope map that is not the token's own", () => {
  const found = { token: { ...token(), scopeMapId: "/r/scopeMaps/_repositories_pull" } };
  const { scope } = planToken({ ...nothing, ...found, alone: false });

  expect(scope).toMatchObject({ act: "keep", to: { name: "_repositories_pull" }, because: "it is not the token's own" });
});

test("keeps the actions of other users in a scope map", () => {
  const theirs = ["repositories/base/content/write", ...pullActions(["app/api"])];
  const { scope } = planToken({ ...right, scopeMap: { ...map(), actions: theirs } });

  expect(scope).toMatchObject({
    act: "update",
    before: [...theirs].sort(),
    after: [...theirs, ...pullActions(["app/web"])].sort(),
    because: "lacks repositories",
  });
});

test("keeps a scope map that grants more, in any order", () => {
  const { scope } = planToken({ ...right, scopeMap: { ...map(), actions: pullActions(["z", "app/web", "a"]).reverse() } });

  expect(scope).toMatchObject({ act: "keep", because: "already grants it" });
});

test("creates a scope map of the token's name with the repositories", () => {
  const { scope, created, mint, entry } = planToken({ ...nothing, repositories: ["b", "a"] });

  expect(scope).toMatchObject({ act: "create", to: { kind: "scopemap.azurecr.io", name: "demo-acr-1" }, after: pullActions(["a", "b"]) });
  expect(created).toMatchObject([{ act: "create", to: { kind: "token.azurecr.io", name: "demo-acr-1" }, because: "it does not exist" }]);
  expect(mint).toMatchObject({ act: "mint", slot: "password1", inNew: true });
  expect(entry).toEqual({ hosts: [host], kind: "acr-token", identity: "demo-acr-1", slot: "password1" });
});

test("sets the expiry of a new password and keeps that of an existing one", () => {
  const expiresAt = "2027-01-01T00:00:00Z";
  const minted = planToken({ ...nothing, expiresAt });
  const current = noted(p1, { expiresAt });
  const again = planToken({ ...right, current, expiresAt: "2028-01-01T00:00:00Z" });

  expect(minted).toMatchObject({ mint: { expiresAt }, entry: { expiresAt, slot: "password1" } });
  expect(again).toMatchObject({ mint: { act: "keep" } });
  expect(again.entry).toEqual(current);
});

test("reads the repositories that it wrote to a scope map", () => {
  expect(pulledRepositories(map("app/web", "base/*"))).toEqual(["app/web", "base/*"]);
  expect(pulledRepositories(undefined)).toEqual([]);
  expect(pulledRepositories({ ...map(), actions: ["repositories/a/metadata/read", "repositories/b/content/write"] })).toEqual([]);
});

test.for<{ why: string; asked?: string; until?: string; pulls?: TokenFacts["pulls"]; says: string | undefined }>([
  { why: "no expiry is requested", says: undefined },
  { why: "the password never expires", asked: "2026-06-01T00:00:00Z", says: "never expires" },
  { why: "it expires later", asked: "2026-06-01T00:00:00Z", until: "2026-06-02T00:00:00Z", says: "works until 2026-06-02T00:00:00Z" },
  { why: "it expires earlier", asked: "2026-06-01T00:00:00Z", until: "2026-05-31T00:00:00Z", says: undefined },
  { why: "a new one is generated", asked: "2026-06-01T00:00:00Z", pulls: "no", says: undefined },
])("warns that a kept password is valid for longer than requested when $why", ({ asked, until, pulls = "yes", says }) => {
  const held = noted(p1, until === undefined ? {} : { expiresAt: until });

  const warnings = keptWarnings("acr", asked, { pulls }, planToken({ ...right, current: held, pulls, expiresAt: asked }));

  const message = new RegExp(`^secret/acr keeps its password, which ${says}. To use --expires-in`);
  expect(warnings).toEqual(says === undefined ? [] : [expect.stringMatching(message)]);
});

test.for<{ why: string; scopeMap: ScopeMap | undefined; grants: readonly string[] | undefined }>([
  { why: "there is no scope map", scopeMap: undefined, grants: ["app/web", "base/*"] },
  { why: "the scope map lacks one", scopeMap: map("app/web", "other"), grants: ["base/*"] },
  {
    why: "the scope map can pull but not list one",
    scopeMap: { ...map("app/web"), actions: [...pullActions(["app/web"]), "repositories/base/*/content/read"] },
    grants: ["base/*"],
  },
  { why: "the scope map has all", scopeMap: map("app/web", "base/*"), grants: undefined },
])("plans the newly granted repositories when $why", ({ scopeMap, grants }) => {
  const { scope } = planToken({ ...nothing, scopeMap, repositories: ["app/web", "base/*"] });
  expect("grants" in scope ? scope.grants : undefined).toEqual(grants);
});

const many = (count: number) => Array.from({ length: count }, (_, at) => `team/app-${at}`);

test.for([
  { why: "a new scope map", found: {}, wanted: 250, fits: true },
  { why: "a new scope map", found: {}, wanted: 251, fits: false },
  { why: "a scope map with 249 others", found: { scopeMap: map(...many(249)) }, wanted: 1, fits: true },
  { why: "a scope map with 250 others", found: { scopeMap: map(...many(250)) }, wanted: 1, fits: false },
])("accepts $wanted repositories in $why: $fits", ({ found, wanted, fits }) => {
  const planning = () => plan({ ...found, repositories: wanted === 1 ? ["app/web"] : many(wanted) });

  if (fits) expect(planning()).toMatch(/^(?:create|update), /);
  else expect(planning).toThrow(expect.objectContaining({ kind: "invalid" }));
});

const before1 = { slot: "password1", madeAt: p1.madeAt };
const before2 = { slot: "password2", madeAt: p2.madeAt };

test.for<{ why: string; found: Partial<TokenFacts>; previous: Entry["previous"] }>([
  { why: "the token is new", found: {}, previous: undefined },
  { why: "the only password is regenerated", found: { ...right, pulls: "no" }, previous: undefined },
  {
    why: "a run crashed before it wrote the Secret",
    found: { token: token(p1), scopeMap: map() },
    previous: before1,
  },
  { why: "two runs crashed before they wrote the Secret", found: { token: token(p1, p2), scopeMap: map() }, previous: before2 },
  {
    why: "the Secret's password is rejected and a run left the other",
    found: { ...right, token: token(p1, p2), pulls: "no" },
    previous: before2,
  },
  {
    why: "the Secret's password is rejected and the other is in its grace period",
    found: {
      ...right,
      token: token(p1, p2),
      current: noted(p1, { previous: { ...before2, until: "2026-06-01T00:00:00Z" } }),
      pulls: "no",
    },
    previous: { ...before2, until: "2026-06-01T00:00:00Z" },
  },
  {
    why: "the previous password was regenerated during its grace period",
    found: {
      ...right,
      token: token(p1, { ...p2, madeAt: "2026-03-01T00:00:00Z" }),
      current: noted(p1, { previous: { ...before2, until: "2026-06-01T00:00:00Z" } }),
      pulls: "no",
    },
    previous: { slot: "password2", madeAt: "2026-03-01T00:00:00Z" },
  },
  {
    why: "the annotation records another token",
    found: { token: token(p1), current: noted(p1, { identity: "theirs-acr-2", previous: { ...before1, until: "2026-06-01T00:00:00Z" } }) },
    previous: before1,
  },
  {
    why: "another user regenerated the recorded slot",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-02T00:00:00Z" }), pulls: "no" },
    previous: undefined,
  },
  { why: "other Secrets may have it", found: { token: token(p1), alone: false }, previous: undefined },
  { why: "Azure shows no creation time", found: { token: token({ slot: "password1" }) }, previous: undefined },
])("records the password in the other slot as the previous one when $why", ({ found, previous }) => {
  expect(planToken({ ...nothing, ...found }).entry.previous).toEqual(previous);
});
