import { expect, test } from "vitest";
import { openInterruption } from "../../../src/interruption.ts";
import { secretFacts, secretsOf } from "../../../src/usage/pull-secrets.ts";
import { openAsking } from "../../support/fakes/asked.ts";
import { fakeCluster } from "../../support/fakes/cluster.ts";
import { copySecret, sourceSecret } from "../../support/records.ts";

test.for([
  { name: "acr", requests: 1 },
  { name: "acr.team-a", requests: 1 },
  { name: "", requests: 0 },
  { name: ".", requests: 0 },
  { name: "..", requests: 0 },
  { name: "../serviceaccounts/default", requests: 0 },
  { name: "a/b", requests: 0 },
  { name: "a?watch=true", requests: 0 },
  { name: "Bad\u001b[31mName", requests: 0 },
  { name: "acr\n", requests: 0 },
  { name: "a".repeat(254), requests: 0 },
])("sends $requests requests for two reads of $name", async ({ name, requests }) => {
  const asking = openAsking();
  const cluster = fakeCluster(asking).open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  const secrets = secretsOf(cluster, "demo");

  expect([await secrets.get(name), await secrets.get(name)]).toEqual([undefined, undefined]);
  expect(asking.all).toHaveLength(requests);
});

const own = "demo-acr-abcdefghijklmnop";
const token = { identity: own, expiresAt: "2026-01-19T00:00:00Z" };
const source = sourceSecret("demo/acr", { credential: token, copies: { "team-a": "u" } });
const unlabeled = { ...source, metadata: { ...source.metadata, labels: {} } };
const recorded = {
  renewal: "made",
  widens: true,
  again: [],
  createdAt: "2025-12-20T00:00:00Z",
  expiresAt: token.expiresAt,
  expiresIn: "30d",
  copies: ["team-a"],
};

test.for([
  { what: "a source", secret: source, facts: { note: recorded, source: undefined } },
  {
    what: "a source that has lost its label",
    secret: unlabeled,
    facts: { note: { ...recorded, unlabeled: "app.kubernetes.io/managed-by" } },
  },
  {
    what: "another tool's Secret with the annotation of a source",
    secret: { ...unlabeled, data: sourceSecret("demo/acr", { credential: { identity: "ci" } }).data ?? {} },
    facts: { note: undefined },
  },
  {
    what: "a login that a user supplied",
    secret: sourceSecret("demo/acr", { credential: { kind: "given", identity: "ci" } }),
    facts: { note: { renewal: "given", again: ["--username", "ci", "--password-stdin"], widens: false } },
  },
  {
    what: "a kind that this version does not know",
    secret: sourceSecret("demo/acr", { credential: { kind: "moon" } }),
    facts: { note: { renewal: "unknown" } },
  },
  {
    what: "a copy",
    secret: copySecret("demo/acr", { credential: token, of: "platform/acr" }),
    facts: { note: undefined, source: { namespace: "platform", name: "acr" } },
  },
])("reads the record of $what", ({ secret, facts }) => {
  expect(secretFacts(secret)).toMatchObject(facts);
});
