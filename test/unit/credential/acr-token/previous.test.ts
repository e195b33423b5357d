import { expect, test } from "vitest";
import { planToken, type TokenFacts } from "../../../../src/credential/acr-token/plan.ts";
import type { Entry } from "../../../../src/secret/entry.ts";
import { map, noted, nothing, p1, p2, right, token } from "../../../support/own-token.ts";

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
