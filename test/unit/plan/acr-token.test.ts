import { expect, test } from "vitest";
import type { AcrToken, ScopeMap } from "../../../src/context.ts";
import {
  keptTooLong,
  planAcrToken,
  pullActions,
  pulledRepositories,
  type TokenObserved,
  type TokenRequest,
} from "../../../src/plan/acr-token.ts";
import type { Held } from "../../../src/plan/store.ts";

const registry = "myregistry.azurecr.io";
const request: TokenRequest = {
  secret: { namespace: "demo", name: "acr" },
  registry,
  token: "demo-acr-1",
  derived: true,
  repositories: ["app/web"],
  force: false,
};
const map = (...repositories: string[]): ScopeMap => ({
  id: "/r/scopeMaps/demo-acr-1",
  name: "demo-acr-1",
  description: "",
  actions: pullActions(repositories),
});
const token = (...passwords: AcrToken["passwords"]): AcrToken => ({
  name: "demo-acr-1",
  scopeMapId: "/r/scopeMaps/demo-acr-1",
  status: "enabled",
  passwords,
});
const p1 = { name: "password1", creationTime: "2026-01-01T00:00:00Z" } as const;
const p2 = { name: "password2", creationTime: "2026-02-01T00:00:00Z" } as const;
const ours = (credential: Held["credential"], slot: "password1" | "password2" = "password1"): Held => ({
  uid: "u1",
  type: "kubernetes.io/dockerconfigjson",
  immutable: false,
  provenance: { registry, credential: "acr-token", identity: "demo-acr-1", slot },
  credential,
});

/** A plan in one line: what is done to the scope map, the token (and which slot) and the Secret. */
function plan(observed: TokenObserved, more: Partial<TokenRequest> = {}): string {
  return planAcrToken({ ...request, ...more }, observed)
    .map((change) => (change.act === "mint" ? `mint ${change.isNew ? "new " : ""}${change.slot}` : change.act))
    .join(", ");
}

test.for<{ why: string; observed: TokenObserved; more?: Partial<TokenRequest>; does: string }>([
  { why: "nothing is there", observed: {}, does: "scope, mint new password1, store" },
  { why: "all is right", observed: { held: ours("works"), token: token(p1), scopeMap: map("app/web") }, does: "keep, keep, keep" },
  {
    why: "nobody asked the registry",
    observed: { held: ours("unproven"), token: token(p1), scopeMap: map("app/web") },
    does: "keep, keep, keep",
  },
  { why: "another repository", observed: { held: ours("works"), token: token(p1), scopeMap: map("app/api") }, does: "scope, keep, keep" },
  {
    why: "the password is dead: its own slot, which nobody can use",
    observed: { held: ours("dead"), token: token(p1, p2), scopeMap: map("app/web") },
    does: "keep, mint password1, store",
  },
  {
    why: "the slot was emptied",
    observed: { held: ours("unproven", "password2"), token: token(p1), scopeMap: map("app/web") },
    does: "keep, mint password2, store",
  },
  {
    why: "killed between mint and store: the other slot",
    observed: { token: token(p1), scopeMap: map("app/web") },
    does: "keep, mint password2, store",
  },
  {
    why: "killed there twice: the older slot",
    observed: { token: token(p1, p2), scopeMap: map("app/web") },
    does: "keep, mint password1, store",
  },
  { why: "killed between scope map and token", observed: { scopeMap: map("app/web") }, does: "keep, mint new password1, store" },
  {
    why: "the token was deleted in Azure",
    observed: { held: ours("dead"), scopeMap: map("app/web") },
    does: "keep, mint new password1, store",
  },
  {
    why: "a named token with an empty slot",
    observed: { token: token(p1), scopeMap: map("app/web") },
    more: { derived: false },
    does: "keep, mint password2, store",
  },
  {
    why: "the Secret held a given credential",
    observed: { held: { ...ours("works"), provenance: { registry, credential: "given", identity: "ci" } } },
    does: "scope, mint new password1, store",
  },
])("$does: $why", ({ observed, more, does }) => {
  expect(plan(observed, more)).toBe(does);
});

test.for<{ why: string; observed: TokenObserved; more?: Partial<TokenRequest>; says: RegExp }>([
  { why: "both slots of a named token may be in use", observed: { token: token(p1, p2) }, more: { derived: false }, says: /may be in use/ },
  { why: "somebody disabled the token", observed: { token: { ...token(p1), status: "disabled" } }, says: /is disabled/ },
  {
    why: "the Secret is not ours",
    observed: { held: { uid: "u", type: "Opaque", immutable: false, credential: "unproven" } },
    says: /was not made by/,
  },
  {
    why: "it holds another registry's credential",
    observed: { held: { ...ours("works"), provenance: { registry: "b.azurecr.io", credential: "given", identity: "x" } } },
    says: /holds a credential for b\.azurecr\.io/,
  },
])("refuses: $why", ({ observed, more, says }) => {
  expect(() => plan(observed, more)).toThrow(says);
});

test("a token with a scope map of somebody's own keeps it", () => {
  const [scope] = planAcrToken({ ...request, derived: false }, { token: { ...token(), scopeMapId: "/r/scopeMaps/_repositories_pull" } });

  expect(scope).toMatchObject({ act: "keep", to: { name: "_repositories_pull" } });
});

test("the expiry goes with a new password, and stays with an old one", () => {
  const expiresAt = "2027-01-01T00:00:00Z";
  const [, , minted] = planAcrToken({ ...request, expiresAt }, {});
  const kept = {
    ...ours("works"),
    provenance: { registry, credential: "acr-token", identity: "demo-acr-1", slot: "password1", expiresAt },
  } as const;
  const [, , again] = planAcrToken(
    { ...request, expiresAt: "2028-01-01T00:00:00Z" },
    { held: kept, token: token(p1), scopeMap: map("app/web") },
  );

  expect(minted).toMatchObject({ provenance: { expiresAt, slot: "password1" } });
  expect(again).toMatchObject({ act: "keep" });
});

test("a scope map's repositories are read back as they were written", () => {
  expect(pulledRepositories(map("app/web", "base/*"))).toEqual(["app/web", "base/*"]);
});

test.for<{ why: string; asked?: string; until?: string; credential?: Held["credential"]; says: string | undefined }>([
  { why: "no expiry is asked for", says: undefined },
  { why: "the password never expires", asked: "2026-06-01T00:00:00Z", says: "never expires" },
  { why: "it expires later", asked: "2026-06-01T00:00:00Z", until: "2026-06-02T00:00:00Z", says: "works until 2026-06-02T00:00:00Z" },
  { why: "it expires earlier, as after a first run", asked: "2026-06-01T00:00:00Z", until: "2026-05-31T00:00:00Z", says: undefined },
  { why: "a new one is made", asked: "2026-06-01T00:00:00Z", credential: "dead", says: undefined },
])("a kept password is told where it lasts longer than asked for: $why", ({ asked, until, credential = "works", says }) => {
  const wanted = { ...request, ...(asked && { expiresAt: asked }) };
  const { provenance, ...rest } = ours(credential);
  const held: Held = { ...rest, ...(provenance && { provenance: { ...provenance, ...(until && { expiresAt: until }) } }) };

  const notice = keptTooLong(wanted, held, planAcrToken(wanted, { held, token: token(p1), scopeMap: map("app/web") }));

  if (says === undefined) expect(notice).toBeUndefined();
  else expect(notice).toMatch(new RegExp(`^secret/acr keeps its password, which ${says}: --expires-in is for a new one`));
});
