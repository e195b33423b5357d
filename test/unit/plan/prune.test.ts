import { expect, test } from "vitest";
import { type CreatedObject, type PruneFacts, type PruneRow, planPrune, reasonToKeep, removalsOf } from "../../../src/plan/prune.ts";
import type { Entry } from "../../../src/secret/entry.ts";

const [host, here, there] = ["myregistry.azurecr.io", "1a2b3c4d", "5e6f7a8b"];
const olderThan = 600_000;
const old = "2026-01-01T00:00:00Z";

const token: CreatedObject = {
  to: { kind: "token.azurecr.io", name: "demo-acr-1" },
  what: "token",
  kind: "acr-token",
  identity: "demo-acr-1",
  host,
  passwords: [{ slot: "password1", madeAt: old }],
  for: { words: "secret acr in namespace demo", clusters: [here] },
  madeAt: old,
  changedAt: old,
};

const key = (slot: string): CreatedObject => {
  const { host: _, ...rest } = token;
  const to = { kind: "application.graph.microsoft.com", name: "ci" } as const;
  return { ...rest, to, what: "password", kind: "service-principal", identity: "app-1", passwords: [{ slot, madeAt: old }] };
};

const facts: PruneFacts = { entries: [], clusters: new Set([here]), whole: true, now: new Date("2026-01-01T00:10:00Z") };
const entry: Entry = { hosts: [host], kind: "acr-token", identity: "demo-acr-1", slot: "password1", madeAt: old };
const keyEntry: Entry = { hosts: ["other.azurecr.io"], kind: "service-principal", identity: "app-1", slot: "k1" };
const of = (...clusters: readonly string[]) => ({ ...token, for: { ...token.for, clusters } });

test.for<{ what: string; made: CreatedObject; facts?: Partial<PruneFacts>; state: PruneRow["state"] }>([
  { what: "nobody notes it", made: token, state: "orphan" },
  { what: "a Secret notes it", made: token, facts: { entries: [entry] }, state: "in use" },
  { what: "in another case", made: token, facts: { entries: [{ ...entry, identity: "Demo-ACR-1" }] }, state: "in use" },
  { what: "a Secret notes its other password", made: token, facts: { entries: [{ ...entry, slot: "password2" }] }, state: "in use" },
  {
    what: "a Secret notes one of that name at another registry",
    made: token,
    facts: { entries: [{ ...entry, hosts: ["o"] }] },
    state: "orphan",
  },
  { what: "another kind has that name", made: token, facts: { entries: [{ ...entry, kind: "given" }] }, state: "orphan" },
  { what: "something else in Azure needs it", made: { ...token, needed: true }, state: "in use" },
  { what: "it is of another cluster", made: of(there), state: "other cluster" },
  { what: "one of its clusters is not given", made: of(here, there), state: "other cluster" },
  { what: "all of its clusters are given", made: of(here, there), facts: { clusters: new Set([here, there]) }, state: "orphan" },
  { what: "its cluster could not be listed", made: token, facts: { clusters: new Set(), whole: false }, state: "other cluster" },
  { what: "it says no cluster", made: of(), state: "unknown" },
  { what: "its owner is gone", made: { ...of(), lost: true }, state: "orphan" },
  { what: "it was written to nine minutes ago", made: { ...token, changedAt: "2026-01-01T00:00:01Z" }, state: "too recent" },
  { what: "nobody knows when it was written", made: { ...token, changedAt: undefined }, state: "too recent" },
  { what: "Azure's clock is not known", made: token, facts: { now: undefined }, state: "too recent" },
  { what: "a Secret notes another password of the application", made: key("k2"), facts: { entries: [keyEntry] }, state: "orphan" },
  { what: "a Secret notes the password", made: key("k1"), facts: { entries: [keyEntry] }, state: "in use" },
  {
    what: "it is the one before the last rotation",
    made: key("k2"),
    facts: { entries: [{ ...keyEntry, previous: { slot: "k2" } }] },
    state: "in use",
  },
  {
    what: "a Secret does not say which password it holds",
    made: key("k2"),
    facts: { entries: [{ hosts: [], kind: "service-principal", identity: "app-1" }] },
    state: "in use",
  },
])("$what: $state", ({ made, facts: more, state }) => {
  const [row] = planPrune([made], { ...facts, ...more }, { includeUnknown: false, olderThan });

  expect(row).toMatchObject({ ...made, state, isDeleted: state === "orphan" });
});

test.for([
  { includeUnknown: false, whole: true, isDeleted: false },
  { includeUnknown: true, whole: true, isDeleted: true },
  { includeUnknown: true, whole: false, isDeleted: false },
])(
  "what says no cluster isDeleted: $isDeleted, asked $includeUnknown, every cluster listed $whole",
  ({ includeUnknown, whole, isDeleted }) => {
    expect(planPrune([of()], { ...facts, whole }, { includeUnknown, olderThan })).toMatchObject([{ state: "unknown", isDeleted }]);
  },
);

test("whoever says so lets go what was made this moment too", () => {
  const young = { ...token, changedAt: "2026-01-01T00:10:01Z" };

  expect(planPrune([young, { ...young, changedAt: undefined }], facts, { includeUnknown: false, olderThan: 0 })).toMatchObject([
    { state: "orphan" },
    { state: "orphan" },
  ]);
});

test("the passwords of one application go at once, and a token goes as a whole", () => {
  const rows = planPrune([token, key("k1"), key("k2"), of(there)], facts, { includeUnknown: false, olderThan });

  expect(removalsOf(rows)).toMatchObject([
    { to: token.to, kind: "acr-token", identity: "demo-acr-1", passwords: [{ slot: "password1" }], whole: true, lost: false },
    { to: { name: "ci" }, kind: "service-principal", identity: "app-1", passwords: [{ slot: "k1" }, { slot: "k2" }], whole: false },
  ]);
});

test.for([
  { more: {}, stays: undefined },
  { more: { entries: [entry] }, stays: "a Secret now holds it" },
  { more: { clusters: new Set<string>(), whole: false }, stays: "its holders are no longer known" },
])("right before it goes it is looked at once more: $stays", ({ more, stays }) => {
  const options = { includeUnknown: false, olderThan };
  const [removal] = removalsOf(planPrune([token], facts, options));

  expect(removal && reasonToKeep(removal, { ...facts, ...more }, options)).toBe(stays);
});
