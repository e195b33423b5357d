import { expect, test } from "vitest";
import { type Change, mints, opposite } from "../../../src/plan/change.ts";

const token = { kind: "token.azurecr.io", name: "demo-acr-1" } as const;
const map = { kind: "scopemap.azurecr.io", name: "demo-acr-1" } as const;
const account = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;

const minted: Change = { act: "mint", to: token, slot: "password2", inNew: false, because: "there is none" };
const kept: Change = { act: "keep", to: secret, because: "holds this credential" };

test.for<{ why: string; change: Change; back: Change | undefined }>([
  {
    why: "what was made goes",
    change: { act: "create", to: token, because: "there is none" },
    back: { act: "delete", to: token, because: "taken back" },
  },
  {
    why: "with what it allowed",
    change: { act: "create", to: map, after: ["app/web"], because: "there is none" },
    back: { act: "delete", to: map, before: ["app/web"], because: "taken back" },
  },
  {
    why: "what was changed is as it was",
    change: { act: "update", to: map, before: ["app/web"], after: ["app/web", "app/db"], because: "allows less" },
    back: { act: "update", to: map, before: ["app/web", "app/db"], after: ["app/web"], because: "taken back" },
  },
  {
    why: "also where it referred to nothing",
    change: { act: "update", to: token, because: "is disabled" },
    back: { act: "update", to: token, before: [], after: [], because: "taken back" },
  },
  {
    why: "a password of a token that was there before",
    change: minted,
    back: { act: "delete", to: token, slot: "password2", because: "taken back" },
  },
  { why: "a password goes with the token that was made for it", change: { ...minted, inNew: true }, back: undefined },
  { why: "what is gone does not come back", change: { act: "delete", to: token, because: "not needed" }, back: undefined },
  { why: "a claim ends", change: { act: "claim", to: secret, precondition: undefined }, back: { act: "release", to: secret } },
  { why: "nothing was done", change: kept, back: undefined },
  {
    why: "the cluster's objects stay",
    change: { act: "attach", to: account, secret: "acr", before: [], after: ["acr"] },
    back: undefined,
  },
])("$change.act is taken back: $why", ({ change, back }) => {
  expect(opposite(change)).toEqual(back);
});

test("a plan makes a password when one of its steps does", () => {
  expect([mints([]), mints([kept]), mints([kept, minted])]).toEqual([false, false, true]);
});
