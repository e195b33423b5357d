import { expect, test } from "vitest";
import { messageOf, rollbackOf } from "../../../src/actions/actions.ts";
import type { Change } from "../../../src/plan/change.ts";

const token = { kind: "token.azurecr.io", name: "demo-acr-1" } as const;
const map = { kind: "scopemap.azurecr.io", name: "demo-acr-1" } as const;
const account = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;
const entry = { hosts: [], kind: "", identity: "" };
const precondition = { uid: "u", version: "1" };

const minted: Change = { act: "mint", to: token, slot: "password2", inNew: false, because: "it does not exist" };
const kept: Change = { act: "keep", to: secret, because: "holds this credential" };

test.for<{ change: Change; message: string | undefined }>([
  { change: { act: "keep", to: secret, because: "" }, message: "unchanged" },
  { change: { act: "warn", to: secret, message: "" }, message: undefined },
  { change: { act: "create", to: token, because: "" }, message: "created" },
  { change: { act: "update", to: token, because: "" }, message: "configured" },
  { change: { act: "delete", to: token, because: "" }, message: "deleted" },
  { change: { act: "mint", to: token, slot: "password1", inNew: false, because: "" }, message: "configured" },
  { change: { act: "mint", to: token, slot: "password1", inNew: true, because: "" }, message: undefined },
  { change: { act: "prove", to: { kind: "registry", name: "r" }, repositories: [], fresh: true }, message: undefined },
  { change: { act: "rehearse", to: secret, precondition: undefined }, message: undefined },
  { change: { act: "restart", to: { ...account, kind: "deployment.apps" }, because: "" }, message: "restarted" },
  { change: { act: "claim", to: secret, precondition: undefined }, message: undefined },
  { change: { act: "store", to: secret, entry, precondition: undefined, because: "" }, message: "created" },
  { change: { act: "store", to: secret, entry, precondition, because: "" }, message: "configured" },
  { change: { act: "withdraw", to: secret, entries: [], precondition, because: "" }, message: undefined },
  { change: { act: "remove", to: secret, entries: [], precondition, because: "" }, message: "deleted" },
  { change: { act: "attach", to: account, secret: "acr", before: [], after: [] }, message: "patched" },
  { change: { act: "detach", to: account, secret: "acr", before: [], after: [] }, message: "patched" },
  {
    change: { act: "recreate", to: { ...account, kind: "pod" }, does: "attach", secret: "acr", before: [], after: [] },
    message: "replaced",
  },
  { change: { act: "restart", to: { ...account, kind: "pod" }, uid: "u", because: "" }, message: "restarted" },
])("reports $change.act as $message", ({ change, message }) => {
  expect(messageOf(change)).toBe(message);
});

test.for<{ why: string; change: Change; back: Change | undefined }>([
  {
    why: "deletes a created object",
    change: { act: "create", to: token, because: "it does not exist" },
    back: { act: "delete", to: token, because: "rolled back" },
  },
  {
    why: "deletes a created scope map",
    change: { act: "create", to: map, after: ["app/web"], because: "it does not exist" },
    back: { act: "delete", to: map, before: ["app/web"], because: "rolled back" },
  },
  {
    why: "restores an updated object",
    change: { act: "update", to: map, before: ["app/web"], after: ["app/web", "app/db"], because: "allows less" },
    back: { act: "update", to: map, before: ["app/web", "app/db"], after: ["app/web"], because: "rolled back" },
  },
  {
    why: "restores an object that referred to no other",
    change: { act: "update", to: token, because: "is disabled" },
    back: { act: "update", to: token, before: [], after: [], because: "rolled back" },
  },
  {
    why: "deletes a password of an earlier token",
    change: minted,
    back: { act: "delete", to: token, slot: "password2", because: "rolled back" },
  },
  { why: "the deletion of a new token deletes its password", change: { ...minted, inNew: true }, back: undefined },
  { why: "a deleted object is not restored", change: { act: "delete", to: token, because: "not needed" }, back: undefined },
  { why: "the end of the run releases a claim", change: { act: "claim", to: secret, precondition: undefined }, back: undefined },
  { why: "an unchanged object has nothing to roll back", change: kept, back: undefined },
  {
    why: "objects in the cluster are kept",
    change: { act: "attach", to: account, secret: "acr", before: [], after: ["acr"] },
    back: undefined,
  },
])("rolls back $change.act: $why", ({ change, back }) => {
  expect(rollbackOf(change)).toEqual(back);
});
