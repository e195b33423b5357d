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
  { why: "nothing is there", found: {}, does: "create, create, mint new password1" },
  { why: "all is right", found: right, does: "keep, keep, keep" },
  { why: "nobody asked the registry", found: { ...right, pulls: "unknown" }, does: "keep, keep, keep" },
  { why: "another repository", found: { ...right, scopeMap: map("app/api") }, does: "update, keep, keep" },
  {
    why: "the password is dead: its own slot, which nobody can use",
    found: { ...right, token: token(p1, p2), pulls: "no" },
    does: "keep, keep, mint password1",
  },
  {
    why: "the slot was emptied",
    found: { ...right, held: noted(p2), pulls: "unknown" },
    does: "keep, keep, mint password2",
  },
  {
    why: "killed between mint and store: the other slot",
    found: { token: token(p1), scopeMap: map("app/web") },
    does: "keep, keep, mint password2",
  },
  {
    why: "killed there twice: the older slot",
    found: { token: token(p1, p2), scopeMap: map("app/web") },
    does: "keep, keep, mint password1",
  },
  {
    why: "killed there twice, the second slot being the older",
    found: { token: token({ ...p1, madeAt: "2026-03-01T00:00:00Z" }, p2), scopeMap: map("app/web") },
    does: "keep, keep, mint password2",
  },
  { why: "killed between scope map and token", found: { scopeMap: map("app/web") }, does: "keep, create, mint new password1" },
  {
    why: "the token was deleted in Azure",
    found: { held: noted(p1), scopeMap: map("app/web"), pulls: "no" },
    does: "keep, create, mint new password1",
  },
  {
    why: "a named token with an empty slot",
    found: { token: token(p1), scopeMap: map("app/web"), alone: false },
    does: "keep, keep, mint password2",
  },
  {
    why: "a named token whose first slot is empty",
    found: { token: token(p2), scopeMap: map("app/web"), alone: false },
    does: "keep, keep, mint password1",
  },
  {
    why: "a named token refuses the password that is noted, which others may hold: the other slot",
    found: { ...right, pulls: "no", alone: false },
    does: "keep, keep, mint password2",
  },
  {
    why: "the noted password of a named token has ended: its own slot, which nobody can use",
    found: { ...right, token: token({ ...p1, expiresAt: "2026-04-30T23:59:59Z" }, p2), pulls: "no", alone: false },
    does: "keep, keep, mint password1",
  },
  {
    why: "the token was named, with --force: its own slot, whoever else may hold that",
    found: { ...right, token: token(p1, p2), pulls: "no", alone: false, insists: true },
    does: "keep, keep, mint password1",
  },
  {
    why: "the Secret held a given credential",
    found: { held: { hosts: [host], kind: "given", identity: "ci" }, pulls: "yes" },
    does: "create, create, mint new password1",
  },
  {
    why: "the Secret held another token's password",
    found: { ...right, held: noted(p1, { identity: "theirs-acr-2" }) },
    does: "keep, keep, mint password2",
  },
  {
    why: "Azure spells the name of the token in its own way",
    found: { ...right, token: { ...token(p1), name: "Demo-ACR-1" } },
    does: "keep, keep, keep",
  },
  {
    why: "Azure writes the moment in its own way",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-01T00:00:00.0000000+00:00" }) },
    does: "keep, keep, keep",
  },
  {
    why: "somebody made the noted slot anew, so it is theirs: the other one, which is empty",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-02T00:00:00Z" }), pulls: "no" },
    does: "keep, keep, mint password2",
  },
  {
    why: "the note does not say when its password was made, so it proves nothing",
    found: { ...right, held: noted(p1, { madeAt: "" }), pulls: "yes" },
    does: "keep, keep, mint password2",
  },
])("$does: $why", ({ found, does }) => {
  expect(plan(found)).toBe(does);
});

test.for<{ why: string; found: Partial<TokenFacts>; says: RegExp; hint: RegExp }>([
  {
    why: "both slots of a named token may be in use",
    found: { token: token(p1, p2), alone: false },
    says: /^both passwords of the ACR token "demo-acr-1" may be in use/,
    hint: /--acr-token/,
  },
  {
    why: "the noted slot of a named token was made anew by another, and the other slot is taken",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-02T00:00:00Z" }, p2), pulls: "no", alone: false },
    says: /may be in use/,
    hint: /--acr-token/,
  },
  {
    why: "the note of a named token's password has ended, and the password not",
    found: {
      ...right,
      token: token({ ...p1, expiresAt: "2026-05-01T00:00:01Z" }, p2),
      held: noted(p1, { expiresAt: "2026-04-01T00:00:00Z" }),
      pulls: "no",
      alone: false,
    },
    says: /may be in use/,
    hint: /^add --force to regenerate password1, which the Secret records/,
  },
  {
    why: "somebody disabled the token",
    found: { token: { ...token(p1), status: "disabled" } },
    says: /^the ACR token "demo-acr-1" is disabled$/,
    hint: /^az acr token update --registry myregistry --name demo-acr-1 --status enabled$/,
  },
])("refuses: $why", ({ found, says, hint }) => {
  const refused = () => planToken({ ...nothing, ...found });

  expect(refused).toThrow(
    expect.objectContaining({ kind: "conflict", message: expect.stringMatching(says), hint: expect.stringMatching(hint) }),
  );
});

test("a token with a scope map of somebody's own keeps it", () => {
  const found = { token: { ...token(), scopeMapId: "/r/scopeMaps/_repositories_pull" } };
  const { scope } = planToken({ ...nothing, ...found, alone: false });

  expect(scope).toMatchObject({ act: "keep", to: { name: "_repositories_pull" }, because: "it is not the token's own" });
});

test("a scope map is only added to: what others put there stays", () => {
  const theirs = ["repositories/base/content/write", ...pullActions(["app/api"])];
  const { scope } = planToken({ ...right, scopeMap: { ...map(), actions: theirs } });

  expect(scope).toMatchObject({
    act: "update",
    before: [...theirs].sort(),
    after: [...theirs, ...pullActions(["app/web"])].sort(),
    because: "lacks repositories",
  });
});

test("a scope map that allows more is left as it is, in whatever order", () => {
  const { scope } = planToken({ ...right, scopeMap: { ...map(), actions: pullActions(["z", "app/web", "a"]).reverse() } });

  expect(scope).toMatchObject({ act: "keep", because: "already grants it" });
});

test("a new token gets the scope map of its name, with what is to be pulled", () => {
  const { scope, created, mint, entry } = planToken({ ...nothing, repositories: ["b", "a"] });

  expect(scope).toMatchObject({ act: "create", to: { kind: "scopemap.azurecr.io", name: "demo-acr-1" }, after: pullActions(["a", "b"]) });
  expect(created).toMatchObject([{ act: "create", to: { kind: "token.azurecr.io", name: "demo-acr-1" }, after: ["demo-acr-1"] }]);
  expect(mint).toMatchObject({ act: "mint", slot: "password1", inNew: true });
  expect(entry).toEqual({ hosts: [host], kind: "acr-token", identity: "demo-acr-1", slot: "password1" });
});

test("the expiry goes with a new password, and stays with an old one", () => {
  const expiresAt = "2027-01-01T00:00:00Z";
  const minted = planToken({ ...nothing, expiresAt });
  const held = noted(p1, { expiresAt });
  const again = planToken({ ...right, held, expiresAt: "2028-01-01T00:00:00Z" });

  expect(minted).toMatchObject({ mint: { expiresAt }, entry: { expiresAt, slot: "password1" } });
  expect(again).toMatchObject({ mint: { act: "keep" } });
  expect(again.entry).toEqual(held);
});

test("a scope map's repositories are read back as they were written", () => {
  expect(pulledRepositories(map("app/web", "base/*"))).toEqual(["app/web", "base/*"]);
  expect(pulledRepositories(undefined)).toEqual([]);
  expect(pulledRepositories({ ...map(), actions: ["repositories/a/metadata/read", "repositories/b/content/write"] })).toEqual([]);
});

test.for<{ why: string; asked?: string; until?: string; pulls?: TokenFacts["pulls"]; says: string | undefined }>([
  { why: "no expiry is asked for", says: undefined },
  { why: "the password never expires", asked: "2026-06-01T00:00:00Z", says: "never expires" },
  { why: "it expires later", asked: "2026-06-01T00:00:00Z", until: "2026-06-02T00:00:00Z", says: "works until 2026-06-02T00:00:00Z" },
  { why: "it expires earlier, as after a first run", asked: "2026-06-01T00:00:00Z", until: "2026-05-31T00:00:00Z", says: undefined },
  { why: "a new one is made", asked: "2026-06-01T00:00:00Z", pulls: "no", says: undefined },
])("a kept password is told where it lasts longer than asked for: $why", ({ asked, until, pulls = "yes", says }) => {
  const held = noted(p1, until === undefined ? {} : { expiresAt: until });

  const warnings = keptWarnings("acr", asked, { pulls }, planToken({ ...right, held, pulls, expiresAt: asked }));

  const message = new RegExp(`^secret/acr keeps its password, which ${says}. To use --expires-in`);
  expect(warnings).toEqual(says === undefined ? [] : [expect.stringMatching(message)]);
});

test.for<{ why: string; scopeMap: ScopeMap | undefined; grants: readonly string[] | undefined }>([
  { why: "a new scope map: all", scopeMap: undefined, grants: ["app/web", "base/*"] },
  { why: "one that lacks some: those", scopeMap: map("app/web", "other"), grants: ["base/*"] },
  {
    why: "one that lets pull and not list: told too, since it comes to more",
    scopeMap: { ...map("app/web"), actions: [...pullActions(["app/web"]), "repositories/base/*/content/read"] },
    grants: ["base/*"],
  },
  { why: "one that has all: nothing", scopeMap: map("app/web", "base/*"), grants: undefined },
])("what is granted anew is in the plan: $why", ({ scopeMap, grants }) => {
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
  { why: "a new token has none", found: {}, previous: undefined },
  { why: "the only password is made anew", found: { ...right, pulls: "no" }, previous: undefined },
  {
    why: "a run was killed between mint and store, or its Secret deleted",
    found: { token: token(p1), scopeMap: map() },
    previous: before1,
  },
  { why: "that happened twice: the younger of the two is left", found: { token: token(p1, p2), scopeMap: map() }, previous: before2 },
  { why: "the Secret's own is dead, and the other was left", found: { ...right, token: token(p1, p2), pulls: "no" }, previous: before2 },
  {
    why: "the Secret's own is dead, and the other is kept until a time",
    found: {
      ...right,
      token: token(p1, p2),
      held: noted(p1, { previous: { ...before2, until: "2026-06-01T00:00:00Z" } }),
      pulls: "no",
    },
    previous: { ...before2, until: "2026-06-01T00:00:00Z" },
  },
  {
    why: "what was kept until a time has been made anew since",
    found: {
      ...right,
      token: token(p1, { ...p2, madeAt: "2026-03-01T00:00:00Z" }),
      held: noted(p1, { previous: { ...before2, until: "2026-06-01T00:00:00Z" } }),
      pulls: "no",
    },
    previous: { slot: "password2", madeAt: "2026-03-01T00:00:00Z" },
  },
  {
    why: "the note before was of another token",
    found: { token: token(p1), held: noted(p1, { identity: "theirs-acr-2", previous: { ...before1, until: "2026-06-01T00:00:00Z" } }) },
    previous: before1,
  },
  {
    why: "somebody made the noted slot anew, so it is theirs",
    found: { ...right, token: token({ ...p1, madeAt: "2026-01-02T00:00:00Z" }), pulls: "no" },
    previous: undefined,
  },
  { why: "others may use a token that was named", found: { token: token(p1), alone: false }, previous: undefined },
  { why: "Azure does not tell when it was made", found: { token: token({ slot: "password1" }) }, previous: undefined },
])("the password in the other slot of an own token is noted as the one before: $why", ({ found, previous }) => {
  expect(planToken({ ...nothing, ...found }).entry.previous).toEqual(previous);
});
