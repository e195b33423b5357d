import { expect, test } from "vitest";
import {
  clusterId,
  describeInAzure,
  fileId,
  isKeyOwnedBy,
  isSameOwner,
  keyNameOf,
  parseAzureOwner,
  secretIn,
  withFile,
} from "../../../src/secret/azure-words.ts";

test("hashes the uid of a cluster to the same eight digits each time", () => {
  expect(clusterId("uid-of-kube-system")).toMatch(/^[0-9a-f]{8}$/);
  expect(clusterId("uid-of-kube-system")).toBe(clusterId("uid-of-kube-system"));
  expect(clusterId("uid-of-kube-system")).not.toBe(clusterId("another"));
});

test.for([
  { text: "kubectl acr-secret: secret acr in namespace demo", words: "secret acr in namespace demo" },
  { text: "acr-secret: secret acr in namespace demo", words: "secret acr in namespace demo" },
  {
    text: "kubectl acr-secret: secret acr in namespace demo of context prod of cluster 1a2b3c4d",
    words: "secret acr in namespace demo of context prod",
    cluster: "1a2b3c4d",
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo of cluster 1A2B",
    words: "secret acr in namespace demo of cluster 1A2B",
  },
  {
    text: "kubectl acr-secret: exported secret acr in namespace demo of cluster 1a2b3c4d",
    words: "secret acr in namespace demo",
    cluster: "1a2b3c4d",
    isExported: true,
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo (3f1c-00) of cluster 1a2b3c4d",
    words: "secret acr in namespace demo",
    namespaceUid: "3f1c-00",
    cluster: "1a2b3c4d",
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo (3f1c)",
    words: "secret acr in namespace demo",
    namespaceUid: "3f1c",
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo (3f1c) of cluster 1a2b3c4d by file 0123456789abcdef",
    words: "secret acr in namespace demo",
    namespaceUid: "3f1c",
    cluster: "1a2b3c4d",
    file: "0123456789abcdef",
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo (3f1c) of cluster 1a2b3c4d by file 0123456789abcdef each",
    words: "secret acr in namespace demo",
    namespaceUid: "3f1c",
    cluster: "1a2b3c4d",
    file: "0123456789abcdef",
    isEach: true,
  },
  {
    text: "acr-secret: exported secret acr in namespace demo of cluster 1a2b3c4d #01234567",
    words: "secret acr in namespace demo",
    cluster: "1a2b3c4d",
    isExported: true,
  },
])("parses the description $text", ({ text, ...owner }) => {
  expect(parseAzureOwner(text)).toEqual(owner);
});

test.for(["", "ci", "made by kubectl acr-secret: secret acr", "Kubectl acr-secret: secret acr"])(
  "treats %j as a description of another tool",
  (text) => {
    expect(parseAzureOwner(text)).toBeUndefined();
  },
);

const longest = { secret: "s".repeat(53), namespace: "n".repeat(63), namespaceUid: "u".repeat(36), cluster: "1a2b3c4d", isExported: false };

test("keeps the longest names of a file within the 256 characters that a scope map's description has", () => {
  const text = describeInAzure({ ...longest, file: { id: fileId({ home: "h", name: "f" }), isEach: true } });

  expect(text.length).toBeLessThanOrEqual(256);
  expect(secretIn(parseAzureOwner(text) ?? { words: "" })).toEqual({ namespace: longest.namespace, name: longest.secret });
});

test.for([
  {
    description: "kubectl acr-secret: secret acr in namespace demo",
    becomes: "kubectl acr-secret: secret acr in namespace demo by file 0123456789abcdef",
  },
  {
    description: "kubectl acr-secret: secret acr in namespace demo by file fedcba9876543210",
    becomes: "kubectl acr-secret: secret acr in namespace demo by file 0123456789abcdef",
  },
  { description: "ours, by hand", becomes: "ours, by hand" },
])("notes a file in the description $description", ({ description, becomes }) => {
  expect(withFile(description, { id: "0123456789abcdef", isEach: false })).toBe(becomes);
  expect(withFile(description, undefined)).toBe(description);
});

const keyOf = (namespace: string, more: Partial<Parameters<typeof describeInAzure>[0]> = {}) => ({
  description: describeInAzure({
    secret: "acr",
    namespace,
    namespaceUid: `uid-of-${namespace}`,
    cluster: "1a2b3c4d",
    isExported: false,
    ...more,
  }),
  name: `${namespace}-acr-0123456789abcdef`,
});

test.for([
  { of: keyOf("demo"), name: "acr-secret: secret acr in namespace demo of cluster 1a2b3c4d #01234567" },
  { of: keyOf("demo", { cluster: undefined }), name: "acr-secret: secret acr in namespace demo #01234567" },
  { of: keyOf("demo", { isExported: true }), name: "acr-secret: exported secret acr in namespace demo of cluster 1a2b3c4d #01234567" },
  {
    of: keyOf("demo", { secret: "s".repeat(60) }),
    name: "acr-secret: secret demo-acr-0123456789abcdef of cluster 1a2b3c4d #01234567",
  },
])("names a key $name", ({ of, name }) => {
  expect(keyNameOf(of, "01234567")).toBe(name);
  expect(isKeyOwnedBy(name, of)).toBe(true);
});

test.for([
  { key: keyNameOf(keyOf("demo", { cluster: undefined }), "01234567"), isOwn: true },
  { key: keyNameOf(keyOf("demo", { cluster: "5e6f7a8b" }), "01234567"), isOwn: false },
  { key: keyNameOf(keyOf("other"), "01234567"), isOwn: false },
  { key: keyNameOf(keyOf("demo", { isExported: true }), "01234567"), isOwn: false },
  { key: "acr-secret: secret acr in namespace demo of cluster 1a2b3c4d", isOwn: false },
  { key: "rbac", isOwn: false },
])("knows whether the key $key is the source's own: $isOwn", ({ key, isOwn }) => {
  expect(isKeyOwnedBy(key, keyOf("demo"))).toBe(isOwn);
});

test.for([
  { a: keyOf("demo"), b: keyOf("demo", { cluster: undefined, isExported: true }), isSame: true },
  { a: keyOf("demo"), b: keyOf("other"), isSame: false },
  { a: keyOf("demo"), b: keyOf("demo", { secret: "other" }), isSame: false },
])("compares $a.description with $b.description: $isSame", ({ a, b, isSame }) => {
  expect(isSameOwner(a.description, b.description)).toBe(isSame);
});
