import { expect, test } from "vitest";
import {
  azureDescription,
  clusterId,
  clustersNamedIn,
  describeInAzure,
  isKeyOwnedBy,
  isSameOwner,
  keyName,
  keyNameOf,
  parseAzureOwner,
  unnamedCluster,
  withClusters,
  wordsWithClusters,
} from "../../../src/secret/azure-words.ts";

const many = (count: number) => Array.from({ length: count }, (_, at) => `0000000${at}`.slice(-8));

test.for([
  { clusters: [], description: "secret acr in namespace demo" },
  { clusters: ["1a2b3c4d"], description: "secret acr in namespace demo of cluster 1a2b3c4d" },
  { clusters: ["1a2b3c4d", "1a2b3c4d"], description: "secret acr in namespace demo of cluster 1a2b3c4d" },
  { clusters: ["1a2b3c4d", "5e6f7a8b"], description: "secret acr in namespace demo of clusters 1a2b3c4d, 5e6f7a8b" },
  { clusters: ["1a2b3c4d", undefined], description: "secret acr in namespace demo" },
  { clusters: many(8), description: `secret acr in namespace demo of clusters ${many(8).join(", ")}` },
  { clusters: many(9), description: "secret acr in namespace demo" },
])("formats the clusters $clusters: $description", ({ clusters, description }) => {
  expect(wordsWithClusters("secret acr in namespace demo", clusters)).toBe(description);
});

test("hashes the uid of a cluster to the same eight digits each time", () => {
  expect(clusterId("uid-of-kube-system")).toMatch(/^[0-9a-f]{8}$/);
  expect(clusterId("uid-of-kube-system")).toBe(clusterId("uid-of-kube-system"));
  expect(clusterId("uid-of-kube-system")).not.toBe(clusterId("another"));
});

test.for([
  { text: "kubectl acr-secret: secret acr in namespace demo", words: "secret acr in namespace demo", clusters: [] },
  { text: "acr-secret: secret acr in namespace demo", words: "secret acr in namespace demo", clusters: [] },
  {
    text: "kubectl acr-secret: secret acr in namespace demo of context prod of cluster 1a2b3c4d",
    words: "secret acr in namespace demo of context prod",
    clusters: ["1a2b3c4d"],
  },
  {
    text: "acr-secret: secret acr in many namespaces of clusters 1a2b3c4d, 5e6f7a8b",
    words: "secret acr in many namespaces",
    clusters: ["1a2b3c4d", "5e6f7a8b"],
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo of cluster 1A2B",
    words: "secret acr in namespace demo of cluster 1A2B",
    clusters: [],
  },
  {
    text: "kubectl acr-secret: exported secret acr in namespace demo of cluster 1a2b3c4d",
    words: "secret acr in namespace demo",
    clusters: ["1a2b3c4d"],
    isExported: true,
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo (3f1c-00) of cluster 1a2b3c4d",
    words: "secret acr in namespace demo",
    namespaceUid: "3f1c-00",
    clusters: ["1a2b3c4d"],
  },
  {
    text: "kubectl acr-secret: secret acr in namespace demo (3f1c)",
    words: "secret acr in namespace demo",
    namespaceUid: "3f1c",
    clusters: [],
  },
  {
    text: "acr-secret: exported secret acr in namespace demo of cluster 1a2b3c4d #01234567",
    words: "secret acr in namespace demo",
    clusters: ["1a2b3c4d"],
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

const ours = (more: string) => `kubectl acr-secret: secret acr in many namespaces${more}`;

test.for([
  { was: " of cluster 1a2b3c4d", more: " of cluster 1a2b3c4d", description: undefined },
  { was: " of cluster 1a2b3c4d", more: " of cluster 5e6f7a8b", description: " of clusters 1a2b3c4d, 5e6f7a8b" },
  { was: " of clusters 1a2b3c4d, 5e6f7a8b", more: " of cluster 5e6f7a8b", description: undefined },
  { was: " of cluster 1a2b3c4d", more: "", description: "" },
  { was: "", more: " of cluster 5e6f7a8b", description: undefined },
])("changes the description$was to$description for Secrets$more", ({ was, more, description }) => {
  expect(withClusters(ours(was), ours(more))).toBe(description === undefined ? undefined : ours(description));
});

const alone = (words: string) => `kubectl acr-secret: ${words}secret acr in namespace demo of cluster 1a2b3c4d`;

test.for([
  { was: "", more: "exported ", description: alone("exported ") },
  { was: "exported ", more: "", description: undefined },
  { was: "exported ", more: "exported ", description: undefined },
])("keeps that a credential was exported: '$was' and '$more'", ({ was, more, description }) => {
  expect(withClusters(alone(was), alone(more))).toBe(description);
});

test("keeps the description of another tool", () => {
  expect(withClusters("the pipeline's", ours(" of cluster 1a2b3c4d"))).toBeUndefined();
});

test("reads back its own description", () => {
  const words = wordsWithClusters("secret acr in namespace demo", ["1a2b3c4d"]);
  const made = { words: "secret acr in namespace demo", clusters: ["1a2b3c4d"] };

  expect([parseAzureOwner(azureDescription(words)), parseAzureOwner(keyName(words))]).toEqual([made, made]);
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

test("limits the name of a password to 120 characters and keeps its cluster", () => {
  const words = `secret ${"s".repeat(253)} in namespace demo`;
  const name = keyName(wordsWithClusters(words, ["1a2b3c4d"]));

  expect([name.length, keyName(words).length]).toEqual([120, 120]);
  expect(parseAzureOwner(name)).toMatchObject({ clusters: ["1a2b3c4d"] });
});

test.for<{ why: string; texts: string[]; clusters: string[] }>([
  { why: "another tool wrote the text", texts: ["ci"], clusters: [] },
  {
    why: "the text names two clusters",
    texts: [azureDescription("secret acr of clusters 0123abcd, 4567abcd")],
    clusters: ["0123abcd", "4567abcd"],
  },
  { why: "the text of one Secret names none", texts: [azureDescription("secret acr in namespace demo")], clusters: [] },
  {
    why: "the text of a shared credential names none",
    texts: [azureDescription("secret acr in many namespaces")],
    clusters: [unnamedCluster],
  },
  {
    why: "one of two texts names none",
    texts: [azureDescription("a of cluster 0123abcd"), azureDescription("secret b in many namespaces")],
    clusters: ["0123abcd", unnamedCluster],
  },
])("returns $clusters when $why", ({ texts, clusters }) => {
  expect(clustersNamedIn(texts)).toEqual(clusters);
});
