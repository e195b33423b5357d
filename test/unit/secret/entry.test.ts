import { inspect } from "node:util";
import { expect, test } from "vitest";
import { managedBy, type Secret } from "../../../src/objects.ts";
import { type Entry, entryFor, loginsAnnotation, readEntries, sameEntry, sameLogin } from "../../../src/secret/entry.ts";
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

test.for([given, token])("reads back the entry of a Secret: $kind", (entry) => {
  expect(readEntries(pullSecret(to, entry, "{}"))).toEqual([entry]);
});

/** Returns a Secret with the plugin's label and this annotation. */
const recorded = (note: string | undefined): Pick<Secret, "metadata"> => ({
  metadata: {
    name: "acr",
    labels: { [managedBy.key]: managedBy.value },
    ...(note !== undefined && { annotations: { [loginsAnnotation]: note } }),
  },
});

test("reads no entries without the label", () => {
  const annotations = { [loginsAnnotation]: JSON.stringify([given]) };

  for (const labels of [{}, { [managedBy.key]: "Helm" }])
    expect(readEntries({ metadata: { name: "x", labels, annotations } })).toBeUndefined();
});

test("keeps every field of an unknown kind of credential", () => {
  const newer = { ...given, kind: "service-principal", keyId: "k1", made: ["application"] };

  expect(readEntries(recorded(JSON.stringify([newer])))).toEqual([newer]);
});

test.for<{ why: string; note: string | undefined; entries: readonly Entry[] }>([
  { why: "no annotation", note: undefined, entries: [] },
  { why: "not JSON", note: "{", entries: [] },
  { why: "not a list", note: "{}", entries: [] },
  { why: "null, texts and numbers in the list", note: '[null, "x", 1]', entries: [] },
  { why: "hosts are not a list", note: JSON.stringify([{ ...given, hosts: "r" }]), entries: [] },
  { why: "hosts are not texts", note: JSON.stringify([{ ...given, hosts: [1] }]), entries: [] },
  { why: "no kind", note: JSON.stringify([{ ...given, kind: undefined }]), entries: [] },
  { why: "an identity that is a number", note: JSON.stringify([{ ...given, identity: 7 }]), entries: [] },
  { why: "a slot that is a number", note: JSON.stringify([{ ...token, slot: 1 }]), entries: [] },
  { why: "a creation time that is an object", note: JSON.stringify([{ ...token, madeAt: {} }]), entries: [] },
  { why: "an expiry that is null", note: JSON.stringify([{ ...token, expiresAt: null }]), entries: [] },
  { why: "one of the hosts is not a text", note: JSON.stringify([{ ...given, hosts: ["r", 1] }]), entries: [] },
  { why: "one valid entry among others", note: JSON.stringify([{}, given]), entries: [given] },
  { why: "one valid entry after null", note: JSON.stringify([null, given]), entries: [given] },
])("ignores invalid entries: $why", ({ note, entries }) => {
  expect(readEntries(recorded(note))).toEqual(entries);
});

test("returns the entry with the host of a registry", () => {
  const other = { ...given, hosts: ["a.azurecr.io", "b.azurecr.io"] };

  expect(entryFor([given, other], "b.azurecr.io")).toBe(other);
  expect(entryFor([given, other], "c.azurecr.io")).toBeUndefined();
  expect(entryFor(undefined, "r.azurecr.io")).toBeUndefined();
});

test.for<{ why: string; more: Partial<Entry>; login: boolean; entry: boolean }>([
  { why: "the same", more: {}, login: true, entry: true },
  { why: "the same creation time in another format", more: { madeAt: "2026-01-01T00:00:00.123Z" }, login: true, entry: true },
  { why: "another expiry", more: { expiresAt: "2028-01-01T00:00:00Z" }, login: true, entry: false },
  { why: "other hosts", more: { hosts: ["s.azurecr.io"] }, login: true, entry: false },
  { why: "another creation time", more: { madeAt: "2026-01-02T00:00:00Z" }, login: false, entry: false },
  { why: "another slot", more: { slot: "password1" }, login: false, entry: false },
  { why: "another identity", more: { identity: "x" }, login: false, entry: false },
  { why: "another kind", more: { kind: "given" }, login: false, entry: false },
])("compares two entries: $why", ({ more, login, entry }) => {
  expect([sameLogin(token, { ...token, ...more }), sameEntry(token, { ...token, ...more })]).toEqual([login, entry]);
});

test("treats two entries without a creation time as the same login", () => {
  expect([sameLogin(given, { ...given }), sameLogin(given, { ...given, madeAt: "2026-01-01T00:00:00Z" })]).toEqual([true, false]);
});

test("creates a whole Secret, and later patches only its own fields at the version that was read", () => {
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

test("prints no sensitive text in any format", () => {
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

test("compares two sensitive texts", () => {
  const secret = new Sensitive("hunter2");

  expect([secret.equals(new Sensitive("hunter2")), secret.equals(new Sensitive("hunter3"))]).toEqual([true, false]);
  expect([secret.isEmpty, new Sensitive("").isEmpty]).toEqual([false, true]);
});
