import { expect, test } from "vitest";
import { type ExistingSecret, holds, keysOf, widened } from "../../../src/plan/existing-secret.ts";
import { planStore, refuseForeign, warnLoss } from "../../../src/plan/store.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const east = "r.eastus.geo.azurecr.io";
const west = "r.westeurope.geo.azurecr.io";
const noted = (...hosts: string[]) => [{ ...entry, hosts: [host, ...hosts] }];

test.for<{ why: string; existing: Partial<ExistingSecret>; keys: string[] }>([
  { why: "none beside", existing: {}, keys: [host] },
  {
    why: "noted and there, with another login by now",
    existing: { entries: noted(west, east), hosts: [host, east, west] },
    keys: [host, east, west],
  },
  { why: "noted, and not there", existing: { entries: noted(east) }, keys: [host] },
  { why: "there as an address", existing: { entries: noted(east), hosts: [host, `https://${east}/v2/`] }, keys: [host, east] },
  { why: "the same login, which nobody noted", existing: { hosts: [host, east], alike: [host, east] }, keys: [host, east] },
  { why: "another login, which nobody noted", existing: { hosts: [host, east] }, keys: [host] },
  { why: "another registry's, whatever is noted", existing: { entries: noted("ghcr.io"), hosts: [host, "ghcr.io"] }, keys: [host] },
  {
    why: "another registry's with the same login",
    existing: { hosts: [host, "q.eastus.geo.azurecr.io"], alike: ["q.eastus.geo.azurecr.io"] },
    keys: [host],
  },
  { why: "noted for another login", existing: { entries: [entry, { ...entry, hosts: [east] }], hosts: [host, east] }, keys: [host] },
])("the keys of a registry's login: $why", ({ existing: more, keys }) => {
  expect(keysOf(host, { ...existing, ...more })).toEqual(keys);
});

test("what is asked for comes to what is there, in one order", () => {
  const there = { ...existing, entries: noted(west), hosts: [host, west], alike: [host, west] };

  expect(widened([host, east], host, there)).toEqual([host, east, west]);
  expect(widened([host, west, east], host, there)).toEqual([host, east, west]);
  expect(widened([host], host, existing)).toEqual([host]);
});

test.for<{ why: string; existing: Partial<ExistingSecret>; holds: boolean }>([
  { why: "noted, and the same under both", existing: { entries: noted(east), hosts: [host, east], alike: [host, east] }, holds: true },
  { why: "noted, and another login under one", existing: { entries: noted(east), hosts: [host, east] }, holds: false },
  { why: "the same under both, and not noted", existing: { hosts: [host, east], alike: [host, east] }, holds: false },
  {
    why: "noted otherwise",
    existing: { entries: [{ ...entry, hosts: [host, east], identity: "old" }], alike: [host, east] },
    holds: false,
  },
  { why: "no note", existing: { entries: undefined, alike: [host, east] }, holds: false },
])("a Secret holds a login under two keys: $why", ({ existing: more, holds: expected }) => {
  expect(holds({ ...entry, hosts: [host, east] }, host, { ...existing, ...more })).toBe(expected);
});

test("the login server's own key is told by others: under a path of it the kubelet finds it too", () => {
  expect(holds(entry, host, { ...existing, hosts: [`${host}/team`], alike: [`${host}/team`] })).toBe(true);
});

const options = { entry, host, fresh: true, force: false, merge: false };
const both = { ...existing, entries: noted(east), hosts: [host, east], alike: [host, east] };

test("no run takes a regional key away, and none of them is a loss", () => {
  expect(planStore(to, options, both)).toMatchObject({ act: "store", entry: { hosts: [host, east] } });
  expect(planStore(to, { ...options, fresh: false }, both)).toMatchObject({ act: "keep" });
  expect(planStore(to, { ...options, merge: true }, both)).toMatchObject({ act: "store", entry: { hosts: [host, east] }, merges: true });
  expect(warnLoss(planStore(to, { ...options, force: true }, both), both)).toEqual([]);
  expect(() => refuseForeign(to, { host }, both)).not.toThrow();
});

test("by force one that is not ours goes, which is told", () => {
  const theirs = { ...existing, hosts: [host, east] };

  expect(() => refuseForeign(to, { host }, theirs)).toThrow(`holds a credential for ${east}`);
  expect(warnLoss(planStore(to, { ...options, force: true }, theirs), theirs)).toMatchObject([
    { message: `secret/acr also held a login for ${east}, which is overwritten` },
  ]);
});

const of = (...hosts: string[]) => ({ ...options, entry: { ...entry, hosts: [host, ...hosts] }, merge: true });

test.for<{ why: string; existing: Partial<ExistingSecret>; message: string | undefined }>([
  { why: "one that is new", existing: {}, message: undefined },
  { why: "somebody else's", existing: { hosts: [host, east] }, message: `holds a login for ${east} that this plugin did not add` },
  { why: "the same login", existing: { hosts: [host, east], alike: [host, east] }, message: undefined },
  {
    why: "one of ours of another kind, though that of the login server pulls no more",
    existing: { entries: [entry, { ...entry, hosts: [east], kind: "admin" }], hosts: [host, east], pulls: "no" },
    message: 'holds the credential of "ci" (admin)',
  },
  {
    why: "one login of another kind, which pulls no more",
    existing: { entries: [{ ...entry, hosts: [host, east], kind: "admin" }], hosts: [host, east], pulls: "no" },
    message: undefined,
  },
])("a regional key is added: $why", ({ existing: more, message }) => {
  const plan = () => planStore(to, of(east), { ...existing, ...more });

  if (message === undefined) expect(plan()).toMatchObject({ act: "store", merges: true, entry: { hosts: [host, east] } });
  else expect(plan).toThrow(message);
});
