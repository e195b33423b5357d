import { expect, test } from "vitest";
import { type ExistingSecret, holds, keysOf, mergedKeys } from "../../../src/plan/existing-secret.ts";
import { planStore, refuseForeign, warnLoss } from "../../../src/plan/store.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const east = "r.eastus.geo.azurecr.io";
const west = "r.westeurope.geo.azurecr.io";
const entriesWith = (...hosts: string[]) => [{ ...entry, hosts: [host, ...hosts] }];

test.for<{ why: string; existing: Partial<ExistingSecret>; keys: string[] }>([
  { why: "no other key", existing: {}, keys: [host] },
  {
    why: "recorded and present, now with another login",
    existing: { entries: entriesWith(west, east), hosts: [host, east, west] },
    keys: [host, east, west],
  },
  { why: "recorded, but absent", existing: { entries: entriesWith(east) }, keys: [host] },
  { why: "present as a URL", existing: { entries: entriesWith(east), hosts: [host, `https://${east}/v2/`] }, keys: [host, east] },
  { why: "the same login, not recorded", existing: { hosts: [host, east], alike: [host, east] }, keys: [host, east] },
  { why: "another login, not recorded", existing: { hosts: [host, east] }, keys: [host] },
  { why: "another registry's, recorded", existing: { entries: entriesWith("ghcr.io"), hosts: [host, "ghcr.io"] }, keys: [host] },
  {
    why: "another registry's with the same login",
    existing: { hosts: [host, "q.eastus.geo.azurecr.io"], alike: ["q.eastus.geo.azurecr.io"] },
    keys: [host],
  },
  { why: "recorded for another login", existing: { entries: [entry, { ...entry, hosts: [east] }], hosts: [host, east] }, keys: [host] },
])("returns the keys of a registry's login: $why", ({ existing: more, keys }) => {
  expect(keysOf(host, { ...existing, ...more })).toEqual(keys);
});

test("adds requested keys to existing keys in a fixed order", () => {
  const there = { ...existing, entries: entriesWith(west), hosts: [host, west], alike: [host, west] };

  expect(mergedKeys([host, east], host, there)).toEqual([host, east, west]);
  expect(mergedKeys([host, west, east], host, there)).toEqual([host, east, west]);
  expect(mergedKeys([host], host, existing)).toEqual([host]);
});

test.for<{ why: string; existing: Partial<ExistingSecret>; holds: boolean }>([
  {
    why: "recorded, with the same login under both",
    existing: { entries: entriesWith(east), hosts: [host, east], alike: [host, east] },
    holds: true,
  },
  { why: "recorded, with another login under one", existing: { entries: entriesWith(east), hosts: [host, east] }, holds: false },
  { why: "the same login under both, not recorded", existing: { hosts: [host, east], alike: [host, east] }, holds: false },
  {
    why: "recorded differently",
    existing: { entries: [{ ...entry, hosts: [host, east], identity: "old" }], alike: [host, east] },
    holds: false,
  },
  { why: "no annotation", existing: { entries: undefined, alike: [host, east] }, holds: false },
])("detects whether a Secret holds a login under two keys: $why", ({ existing: more, holds: expected }) => {
  expect(holds({ ...entry, hosts: [host, east] }, host, { ...existing, ...more })).toBe(expected);
});

test("treats a path of the login server as its key", () => {
  expect(holds(entry, host, { ...existing, hosts: [`${host}/team`], alike: [`${host}/team`] })).toBe(true);
});

const options = { entry, host, fresh: true, force: false, merge: false };
const both = { ...existing, entries: entriesWith(east), hosts: [host, east], alike: [host, east] };

test("keeps regional keys and reports no loss of them", () => {
  expect(planStore(to, options, both)).toMatchObject({ act: "store", entry: { hosts: [host, east] } });
  expect(planStore(to, { ...options, fresh: false }, both)).toMatchObject({ act: "keep" });
  expect(planStore(to, { ...options, merge: true }, both)).toMatchObject({ act: "store", entry: { hosts: [host, east] }, merges: true });
  expect(warnLoss(planStore(to, { ...options, force: true }, both), both)).toEqual([]);
  expect(() => refuseForeign(to, { host }, both)).not.toThrow();
});

test("overwrites a foreign regional key with --force and warns about it", () => {
  const theirs = { ...existing, hosts: [host, east] };

  expect(() => refuseForeign(to, { host }, theirs)).toThrow(`holds a credential for ${east}`);
  expect(warnLoss(planStore(to, { ...options, force: true }, theirs), theirs)).toMatchObject([
    { message: `secret/acr also held a login for ${east}, which is overwritten` },
  ]);
});

const of = (...hosts: string[]) => ({ ...options, entry: { ...entry, hosts: [host, ...hosts] }, merge: true });

test.for<{ why: string; existing: Partial<ExistingSecret>; message: string | undefined }>([
  { why: "one that is new", existing: {}, message: undefined },
  { why: "another tool's login", existing: { hosts: [host, east] }, message: `holds a login for ${east} that this plugin did not add` },
  { why: "the same login", existing: { hosts: [host, east], alike: [host, east] }, message: undefined },
  {
    why: "a recorded login of another kind, although the login server's is invalid",
    existing: { entries: [entry, { ...entry, hosts: [east], kind: "admin" }], hosts: [host, east], pulls: "no" },
    message: 'holds the credential of "ci" (admin)',
  },
  {
    why: "one recorded login of another kind, which is invalid",
    existing: { entries: [{ ...entry, hosts: [host, east], kind: "admin" }], hosts: [host, east], pulls: "no" },
    message: undefined,
  },
])("adds a regional key: $why", ({ existing: more, message }) => {
  const plan = () => planStore(to, of(east), { ...existing, ...more });

  if (message === undefined) expect(plan()).toMatchObject({ act: "store", merges: true, entry: { hosts: [host, east] } });
  else expect(plan).toThrow(message);
});
