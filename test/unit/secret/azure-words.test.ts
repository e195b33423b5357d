import { expect, test } from "vitest";
import {
  azureDescription,
  clusterId,
  clustersNamedIn,
  keyName,
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
