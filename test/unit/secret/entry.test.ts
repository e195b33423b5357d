import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { type Entry, entryFor, loginsAnnotation, managedBy, readEntries, sameEntry, sameLogin } from "../../../src/secret/entry.ts";
import { pullSecret, pullSecretPatch, unclaimed } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
const given: Entry = { hosts: ["r.azurecr.io"], kind: "given", identity: "ci" };
const token: Entry = {
  hosts: ["r.azurecr.io"],
  kind: "acr-token",
  identity: "demo-acr-1",
  slot: "password2",
  madeAt: "2026-01-01T00:00:00.1234567+00:00",
  expiresAt: "2027-01-01T00:00:00Z",
};

test.for([given, token])("what is noted on a Secret is read back: $kind", (entry) => {
  expect(readEntries(pullSecret(to, entry, "{}"))).toEqual([entry]);
});

/** Returns a Secret with the plugin's label and this annotation. */
const noted = (note: string | undefined): Pick<Secret, "metadata"> => ({
  metadata: {
    name: "acr",
    labels: { [managedBy.key]: managedBy.value },
    ...(note !== undefined && { annotations: { [loginsAnnotation]: note } }),
  },
});

test("a Secret without our label says nothing of itself, unless we added a login to what others made", () => {
  const annotations = (...entries: Entry[]) => ({ [loginsAnnotation]: JSON.stringify(entries) });
  const added: Entry = { ...given, beside: true };

  for (const labels of [{}, { [managedBy.key]: "Helm" }]) {
    const of = (note: Record<string, string>) => readEntries({ metadata: { name: "x", labels, annotations: note } });
    expect(of(annotations(given))).toBeUndefined();
    expect(of(annotations(given, added))).toEqual([added]);
    expect(of({})).toBeUndefined();
  }
});

test("a kind of credential that this version does not know is read as it is written, with every field", () => {
  const newer = { ...given, kind: "service-principal", keyId: "k1", made: ["application"] };

  expect(readEntries(noted(JSON.stringify([newer])))).toEqual([newer]);
});

test.for<{ why: string; note: string | undefined; entries: readonly Entry[] }>([
  { why: "no note", note: undefined, entries: [] },
  { why: "no JSON", note: "{", entries: [] },
  { why: "no list", note: "{}", entries: [] },
  { why: "nothing and texts in the list", note: '[null, "x", 1]', entries: [] },
  { why: "hosts that are no list", note: JSON.stringify([{ ...given, hosts: "r" }]), entries: [] },
  { why: "hosts that are no texts", note: JSON.stringify([{ ...given, hosts: [1] }]), entries: [] },
  { why: "no kind", note: JSON.stringify([{ ...given, kind: undefined }]), entries: [] },
  { why: "an identity that is a number", note: JSON.stringify([{ ...given, identity: 7 }]), entries: [] },
  { why: "a slot that is a number", note: JSON.stringify([{ ...token, slot: 1 }]), entries: [] },
  { why: "a moment that is an object", note: JSON.stringify([{ ...token, madeAt: {} }]), entries: [] },
  { why: "an end that is null", note: JSON.stringify([{ ...token, expiresAt: null }]), entries: [] },
  { why: "hosts of which one is no text", note: JSON.stringify([{ ...given, hosts: ["r", 1] }]), entries: [] },
  { why: "one that is whole among others", note: JSON.stringify([{}, given]), entries: [given] },
  { why: "one that is whole after nothing", note: JSON.stringify([null, given]), entries: [given] },
])("anybody can write a note: $why", ({ note, entries }) => {
  expect(readEntries(noted(note))).toEqual(entries);
});

test("the entry of a registry is the one that names its host", () => {
  const other = { ...given, hosts: ["a.azurecr.io", "b.azurecr.io"] };

  expect(entryFor([given, other], "b.azurecr.io")).toBe(other);
  expect(entryFor([given, other], "c.azurecr.io")).toBeUndefined();
  expect(entryFor(undefined, "r.azurecr.io")).toBeUndefined();
});

test.for<{ why: string; more: Partial<Entry>; login: boolean; entry: boolean }>([
  { why: "the same", more: {}, login: true, entry: true },
  { why: "its moment written in another way", more: { madeAt: "2026-01-01T00:00:00.123Z" }, login: true, entry: true },
  { why: "another end", more: { expiresAt: "2028-01-01T00:00:00Z" }, login: true, entry: false },
  { why: "other hosts", more: { hosts: ["s.azurecr.io"] }, login: true, entry: false },
  { why: "another moment", more: { madeAt: "2026-01-02T00:00:00Z" }, login: false, entry: false },
  { why: "another slot", more: { slot: "password1" }, login: false, entry: false },
  { why: "another identity", more: { identity: "x" }, login: false, entry: false },
  { why: "another kind", more: { kind: "given" }, login: false, entry: false },
])("two notes: $why", ({ more, login, entry }) => {
  expect([sameLogin(token, { ...token, ...more }), sameEntry(token, { ...token, ...more })]).toEqual([login, entry]);
});

test("two notes without a moment are of one login, and one without is of another", () => {
  expect([sameLogin(given, { ...given }), sameLogin(given, { ...given, madeAt: "2026-01-01T00:00:00Z" })]).toEqual([true, false]);
});

test("a Secret is made whole, and later only gets what is ours to write, on the version that was seen", () => {
  const data = { ".dockerconfigjson": Buffer.from("{}").toString("base64") };
  const note = {
    labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" },
    annotations: { "acr-secret/logins": JSON.stringify([given]) },
  };

  expect(pullSecret(to, given, "{}")).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr", namespace: "demo", ...note },
    type: "kubernetes.io/dockerconfigjson",
    data,
  });
  const { labels, annotations } = note;
  expect(pullSecretPatch("7", given, "{}", { claim: unclaimed })).toEqual({
    metadata: { resourceVersion: "7", labels, annotations: { ...annotations, "acr-secret/claim": null } },
    // Data that a killed run has set aside.
    data: { ...data, "acr-secret.withdrawn": null },
  });
});

test("a sensitive text shows in no form of printing", () => {
  const secret = new Sensitive("hunter2");

  expect([`${secret}`, String(secret), JSON.stringify({ secret }), inspect(secret), inspect({ deep: [secret] })]).toEqual([
    "***",
    "***",
    '{"secret":"***"}',
    "***",
    "{ deep: [ *** ] }",
  ]);
  expect(secret.reveal()).toBe("hunter2");
});

test("two sensitive texts are compared without being shown", () => {
  const secret = new Sensitive("hunter2");

  expect([secret.equals(new Sensitive("hunter2")), secret.equals(new Sensitive("hunter3"))]).toEqual([true, false]);
  expect([secret.isEmpty, new Sensitive("").isEmpty]).toEqual([false, true]);
});
