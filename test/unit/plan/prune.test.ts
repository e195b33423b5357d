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

const facts: PruneFacts = { entries: [], cluster: here, now: new Date("2026-01-01T00:10:00Z") };
const entry: Entry = { hosts: [host], kind: "acr-token", identity: "demo-acr-1", slot: "password1", madeAt: old };
const keyEntry: Entry = { hosts: ["other.azurecr.io"], kind: "service-principal", identity: "app-1", slot: "k1" };
const exported = (...clusters: readonly string[]) => ({ ...token, for: { ...token.for, clusters, isExported: true as const } });
const of = (...clusters: readonly string[]) => ({ ...token, for: { ...token.for, clusters } });

test.for<{ what: string; made: CreatedObject; facts?: Partial<PruneFacts>; state: PruneRow["state"] }>([
  { what: "no Secret records it", made: token, state: "orphan" },
  { what: "a Secret records it", made: token, facts: { entries: [entry] }, state: "in use" },
  { what: "a Secret records it in another case", made: token, facts: { entries: [{ ...entry, identity: "Demo-ACR-1" }] }, state: "in use" },
  { what: "a Secret records its other password", made: token, facts: { entries: [{ ...entry, slot: "password2" }] }, state: "in use" },
  {
    what: "a Secret records that name at another registry",
    made: token,
    facts: { entries: [{ ...entry, hosts: ["o"] }] },
    state: "orphan",
  },
  { what: "another kind has that name", made: token, facts: { entries: [{ ...entry, kind: "given" }] }, state: "orphan" },
  { what: "another object in Azure needs it", made: { ...token, needed: true }, state: "in use" },
  { what: "it names another cluster", made: of(there), state: "other cluster" },
  { what: "it names another cluster too", made: of(here, there), state: "other cluster" },
  { what: "its cluster could not be listed", made: token, facts: { cluster: undefined }, state: "other cluster" },
  { what: "it names no cluster", made: of(), state: "unknown" },
  { what: "it was exported", made: exported(here), state: "exported" },
  { what: "it was exported a moment ago", made: { ...exported(here), changedAt: undefined }, state: "exported" },
  { what: "it was exported for another cluster", made: exported(there), state: "exported" },
  { what: "it was exported and a Secret records it", made: exported(here), facts: { entries: [entry] }, state: "in use" },
  { what: "it was marked as exported without a password", made: { ...exported(here), passwords: [] }, state: "orphan" },
  { what: "its principal was deleted", made: { ...of(), lost: true }, state: "orphan" },
  { what: "it was changed nine minutes ago", made: { ...token, changedAt: "2026-01-01T00:00:01Z" }, state: "too recent" },
  { what: "Azure does not show when it was changed", made: { ...token, changedAt: undefined }, state: "too recent" },
  { what: "Azure's clock is not known", made: token, facts: { now: undefined }, state: "too recent" },
  { what: "a Secret records another password of the application", made: key("k2"), facts: { entries: [keyEntry] }, state: "orphan" },
  { what: "a Secret records the password", made: key("k1"), facts: { entries: [keyEntry] }, state: "in use" },
  {
    what: "a Secret records it as the previous password",
    made: key("k2"),
    facts: { entries: [{ ...keyEntry, previous: { slot: "k2" } }] },
    state: "in use",
  },
  {
    what: "a Secret records no slot",
    made: key("k2"),
    facts: { entries: [{ hosts: [], kind: "service-principal", identity: "app-1" }] },
    state: "in use",
  },
])("returns $state when $what", ({ made, facts: more, state }) => {
  const [row] = planPrune([made], { ...facts, ...more }, { includeUnknown: false, includeExported: false, olderThan });

  expect(row).toMatchObject({ ...made, state, isDeleted: state === "orphan" });
});

test.for([
  { includeUnknown: false, cluster: here, isDeleted: false },
  { includeUnknown: true, cluster: here, isDeleted: true },
  { includeUnknown: true, cluster: undefined, isDeleted: false },
])(
  "deletes an object without a cluster: $isDeleted, --include-unknown $includeUnknown, listed cluster $cluster",
  ({ includeUnknown, cluster, isDeleted }) => {
    expect(planPrune([of()], { ...facts, cluster }, { includeUnknown, includeExported: false, olderThan })).toMatchObject([
      { state: "unknown", isDeleted },
    ]);
  },
);

test.for([
  { made: exported(here), state: "orphan", isDeleted: true },
  { made: exported(there), state: "other cluster", isDeleted: false },
  { made: exported(), state: "unknown", isDeleted: false },
  { made: { ...exported(here), changedAt: undefined }, state: "too recent", isDeleted: false },
  { made: { ...exported(here), needed: true as const }, state: "in use", isDeleted: false },
])("treats an exported object like any other when --include-exported: $state", ({ made, state, isDeleted }) => {
  expect(planPrune([made], facts, { includeUnknown: false, includeExported: true, olderThan })).toMatchObject([{ state, isDeleted }]);
});

test("deletes an object of this moment with --older-than 0s", () => {
  const young = { ...token, changedAt: "2026-01-01T00:10:01Z" };

  expect(
    planPrune([young, { ...young, changedAt: undefined }], facts, { includeUnknown: false, includeExported: false, olderThan: 0 }),
  ).toMatchObject([{ state: "orphan" }, { state: "orphan" }]);
});

test("deletes the passwords of one application together, and a token as a whole", () => {
  const rows = planPrune([token, key("k1"), key("k2"), of(there)], facts, { includeUnknown: false, includeExported: false, olderThan });

  expect(removalsOf(rows)).toMatchObject([
    { to: token.to, kind: "acr-token", identity: "demo-acr-1", passwords: [{ slot: "password1" }], whole: true, lost: false },
    { to: { name: "ci" }, kind: "service-principal", identity: "app-1", passwords: [{ slot: "k1" }, { slot: "k2" }], whole: false },
  ]);
});

test.for([
  { more: {}, stays: undefined },
  { more: { entries: [entry] }, stays: "a Secret now holds it" },
  { more: { cluster: undefined }, stays: "its holders are no longer known" },
])("checks an object again before its deletion: $stays", ({ more, stays }) => {
  const options = { includeUnknown: false, includeExported: false, olderThan };
  const [removal] = removalsOf(planPrune([token], facts, options));

  expect(removal && reasonToKeep(removal, { ...facts, ...more }, options)).toBe(stays);
});
