import { expect, test } from "vitest";
import { managedBy } from "../../../src/objects.ts";
import { azureName } from "../../../src/secret/azure-words.ts";
import {
  type Created,
  type HolderFacts,
  judgeLeftovers,
  type Leftover,
  openHeld,
  type PruneOptions,
  reasonToKeep,
} from "../../../src/secret/leftovers.ts";
import { type Credential, copyLabel, credentialKey } from "../../../src/secret/record.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const [host, here, there] = ["myregistry.azurecr.io", "1a2b3c4d", "5e6f7a8b"];
const old = "2026-01-01T00:00:00Z";
const now = new Date("2026-01-01T00:10:00Z");
const options: PruneOptions = { olderThan: 600_000, exports: "none", force: false };

/** The name that is derived for Secret acr of namespace demo. */
const name = azureName("uid-of-demo", "demo", "acr");

const token: Created = {
  to: { kind: "token.azurecr.io", name },
  what: "token",
  kind: "acr-token",
  identity: name,
  host,
  passwords: [{ slot: "password1", madeAt: old }],
  for: { words: "secret acr in namespace demo", namespaceUid: "uid-of-demo", cluster: here },
  madeAt: old,
  changedAt: old,
};

const key = (slot: string): Created => {
  const { host: _, ...rest } = token;
  const to = { kind: "application.graph.microsoft.com", name: "ci" } as const;
  return {
    ...rest,
    to,
    what: "password",
    kind: "service-principal",
    identity: "app-1",
    passwords: [{ slot, madeAt: old }],
    existing: ["k1", "k2"],
  };
};

type Holding = {
  readonly record?: Partial<Credential>;
  readonly logins?: readonly [server: string, username: string, password: string][];
  readonly namespace?: string;
  /** The namespace of its source. */
  readonly copyOf?: string;
};

/** What Secrets hold. */
function held(...secrets: readonly Holding[]): HolderFacts["held"] {
  const found = openHeld();
  for (const { record, logins = [], namespace = "a", copyOf } of secrets) {
    const credential = record && { kind: "acr-token", host, identity: token.identity, slot: "password1", madeAt: old, ...record };
    found.add({
      metadata: {
        ...{ name: "acr", namespace },
        labels: { [managedBy.key]: managedBy.value, ...(copyOf !== undefined && { [copyLabel]: copyOf }) },
        ...(credential && { annotations: { [credentialKey]: JSON.stringify(credential) } }),
      },
      logins: logins.map(([server, username, password]) => ({ server, login: { username, password: new Sensitive(password) } })),
    });
  }
  return found.all();
}

const facts: HolderFacts = { held: held(), cluster: here, recorded: new Map(), closed: new Set(), force: false, namespaceUids: new Set() };
const ofKey: Partial<Credential> = { kind: "service-principal", identity: "app-1", slot: "k1" };
const of = (cluster?: string): Created => ({ ...token, for: { ...token.for, cluster } });
const exported = (cluster?: string): Created => ({ ...token, for: { ...token.for, cluster, isExported: true } });

test.for<{
  what: string;
  made: Created;
  holding?: readonly Holding[];
  more?: Partial<HolderFacts>;
  at?: undefined;
  state: Leftover["state"];
}>([
  { what: "no Secret holds it", made: token, state: "orphan" },
  { what: "a Secret records it", made: token, holding: [{ record: {} }], state: "in use" },
  { what: "a Secret records it in another case", made: token, holding: [{ record: { identity: name.toUpperCase() } }], state: "in use" },
  { what: "a Secret records its other password", made: token, holding: [{ record: { slot: "password2" } }], state: "in use" },
  { what: "a Secret has its user name", made: token, holding: [{ logins: [[host, name, "p"]] }], state: "in use" },
  {
    what: "a Secret has its user name under a URL",
    made: token,
    holding: [{ logins: [[`https://${host}/v1/`, name, "p"]] }],
    state: "in use",
  },
  { what: "a Secret records that name at another registry", made: token, holding: [{ record: { host: "o.azurecr.io" } }], state: "orphan" },
  {
    what: "a Secret has that user name at another registry",
    made: token,
    holding: [{ logins: [["o.azurecr.io", name, "p"]] }],
    state: "orphan",
  },
  { what: "another object in Azure needs it", made: { ...token, needed: true }, state: "in use" },
  { what: "it names another cluster", made: of(there), state: "other cluster" },
  { what: "it was changed a moment ago in another cluster", made: { ...of(there), changedAt: undefined }, state: "other cluster" },
  { what: "its cluster could not be listed", made: token, more: { cluster: undefined }, state: "other cluster" },
  { what: "it names no cluster", made: of(), state: "unknown" },
  {
    what: "it names no cluster, but a namespace of this one",
    made: of(),
    more: { namespaceUids: new Set(["uid-of-demo"]) },
    state: "orphan",
  },
  {
    what: "it names a namespace of this cluster, which could not be listed",
    made: of(),
    more: { cluster: undefined, namespaceUids: new Set(["uid-of-demo"]) },
    state: "unknown",
  },
  ...[true, false].map((force) => ({
    what: `its namespace refuses its Secrets, with force ${force}`,
    made: token,
    more: { closed: new Set(["demo"]), force },
    state: "unknown" as const,
  })),
  {
    what: "a namespace of another cluster has the name of one",
    made: of(there),
    more: { closed: new Set(["demo"]) },
    state: "other cluster",
  },
  { what: "another namespace refuses its Secrets", made: token, more: { closed: new Set(["kube-system"]) }, state: "unknown" },
  {
    what: "another namespace refuses its Secrets, with force",
    made: token,
    more: { closed: new Set(["kube-system"]), force: true },
    state: "orphan",
  },
  { what: "it was exported", made: exported(here), state: "exported" },
  { what: "it was exported a moment ago", made: { ...exported(here), changedAt: undefined }, state: "exported" },
  { what: "it was exported for another cluster", made: exported(there), state: "other cluster" },
  { what: "it was exported, and its cluster could not be listed", made: exported(here), more: { cluster: undefined }, state: "exported" },
  { what: "it was exported and a Secret records it", made: exported(here), holding: [{ record: {} }], state: "in use" },
  { what: "it was marked as exported without a password", made: { ...exported(here), passwords: [] }, state: "orphan" },
  ...(["token", "scope map", "application"] as const).map((what) => ({
    what: `it is the ${what} of another user with a copy of the description`,
    made: { ...token, what, to: { ...token.to, name: "ci-deploy" } },
    state: "unknown" as const,
  })),
  {
    what: "it is an export with a copy of the description of another one",
    made: { ...exported(here), passwords: [], to: { ...token.to, name: "demo-ci-aaaaaaaaaaaaaaaa" } },
    state: "unknown",
  },
  {
    what: "its description has only the start of its Secret's name",
    made: {
      ...token,
      for: { ...token.for, words: "secret acr~ in namespace demo" },
      to: { ...token.to, name: "demo-acr--aaaaaaaaaaaaaaaa" },
    },
    state: "orphan",
  },
  { what: "its principal was deleted", made: { ...of(), lost: true }, state: "orphan" },
  { what: "it was changed nine minutes ago", made: { ...token, changedAt: "2026-01-01T00:00:01Z" }, state: "too recent" },
  { what: "Azure does not show when it was changed", made: { ...token, changedAt: undefined }, state: "too recent" },
  { what: "a Secret records another password of the application", made: key("k2"), holding: [{ record: ofKey }], state: "orphan" },
  {
    what: "a Secret records the password at another registry",
    made: key("k1"),
    holding: [{ record: { ...ofKey, host: "o" } }],
    state: "in use",
  },
  {
    what: "a Secret records it as the previous password",
    made: key("k2"),
    holding: [{ record: { ...ofKey, previous: { slot: "k2", madeAt: old } } }],
    state: "in use",
  },
  { what: "a Secret records no slot", made: key("k2"), holding: [{ record: { ...ofKey, slot: undefined } }], state: "in use" },
  {
    what: "a Secret records and holds another password",
    made: key("k2"),
    holding: [{ record: ofKey, logins: [[host, "app-1", "p"]] }],
    state: "orphan",
  },
  {
    what: "a copy holds the password that its source records",
    made: key("k2"),
    holding: [
      { namespace: "b", copyOf: "a", logins: [[host, "app-1", "p"]] },
      { record: ofKey, logins: [[host, "app-1", "p"]] },
    ],
    state: "orphan",
  },
  {
    what: "only a Secret of another namespace says that a copy holds another password",
    made: key("k1"),
    holding: [
      { namespace: "b", copyOf: "a", logins: [[host, "app-1", "p"]] },
      { namespace: "evil", record: { ...ofKey, slot: "k2" }, logins: [[host, "app-1", "p"]] },
    ],
    state: "in use",
  },
  {
    what: "a Secret has another password than the source",
    made: key("k2"),
    holding: [{ logins: [[host, "app-1", "q"]] }, { record: ofKey, logins: [[host, "app-1", "p"]] }],
    state: "in use",
  },
  {
    what: "a source has another login for another registry",
    made: key("k2"),
    holding: [
      {
        record: ofKey,
        logins: [
          [host, "app-1", "p"],
          ["o.azurecr.io", "app-1", "q"],
        ],
      },
    ],
    state: "in use",
  },
])("returns $state when $what", ({ made, holding = [], more, state }) => {
  const [row] = judgeLeftovers([made], { ...facts, held: held(...holding), ...more }, now, options);

  expect(row).toMatchObject({ ...made, state, willDelete: state === "orphan" });
});

test("keeps everything when Azure's clock is not known", () => {
  expect(judgeLeftovers([token], facts, undefined, options)).toMatchObject([{ state: "too recent" }]);
});

test("deletes an object of this moment when olderThan is 0", () => {
  const young = { ...token, changedAt: "2026-01-01T00:10:01Z" };

  expect(judgeLeftovers([young, { ...young, changedAt: undefined }], facts, now, { ...options, olderThan: 0 })).toMatchObject([
    { state: "orphan" },
    { state: "orphan" },
  ]);
});

test.for([
  { made: exported(here), state: "orphan" },
  { made: exported(there), state: "other cluster" },
  { made: exported(), state: "unknown" },
  { made: { ...exported(here), changedAt: undefined }, state: "too recent" },
  { made: { ...exported(here), needed: true as const }, state: "in use" },
])("treats an exported object like any other when all exports are deleted: $state", ({ made, state }) => {
  expect(judgeLeftovers([made], facts, now, { ...options, exports: "all" })).toMatchObject([{ state }]);
});

test("keeps the newest export of each Secret, and one whose time is not known", () => {
  const at = (minute: number | undefined, words = "secret acr in namespace demo"): Created => ({
    ...exported(here),
    madeAt: minute === undefined ? undefined : `2025-12-31T00:0${minute}:00Z`,
    for: { ...exported(here).for, words },
    to: { ...token.to, name: azureName("uid-of-demo", "demo", words.split(" ")[1] ?? "", `-${minute}`) },
  });
  const all = [
    at(1),
    at(3),
    at(2),
    at(1, "secret b in namespace demo"),
    at(2, "secret c in namespace demo"),
    at(undefined, "secret c in namespace demo"),
  ];

  expect(judgeLeftovers(all, facts, now, { ...options, exports: "older" }).map(({ state }) => state)).toEqual([
    "orphan",
    "exported",
    "orphan",
    "exported",
    "orphan",
    "exported",
  ]);
});

test.for([
  { more: {}, stays: undefined },
  { more: { held: held({ record: {} }) }, stays: "held" },
  { more: { cluster: undefined }, stays: "unlisted" },
  { more: { closed: new Set(["demo"]) }, stays: "unlisted" },
  { more: { closed: new Set(["kube-system"]) }, stays: "unlisted" },
  { more: { closed: new Set(["kube-system"]), force: true }, stays: undefined },
])("checks an object again before its deletion: $stays", ({ more, stays }) => {
  expect(reasonToKeep([token], { ...facts, ...more })).toBe(stays);
});

test.for([
  ["role", undefined],
  ["federated credential", "unlisted"],
] as const)("looks at a %s again when the cluster can no longer be listed", ([what, stays]) => {
  expect(reasonToKeep([{ ...token, what, lost: true }], { ...facts, cluster: undefined })).toBe(stays);
});
