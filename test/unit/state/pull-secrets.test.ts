import { expect, test } from "vitest";
import { openInterruption } from "../../../src/interruption.ts";
import { entryMetadata } from "../../../src/secret/entry.ts";
import { secretFacts, secretsOf } from "../../../src/state/pull-secrets.ts";
import { openAsking } from "../../support/fakes/asked.ts";
import { fakeCluster } from "../../support/fakes/cluster.ts";

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

const r = "r.azurecr.io";
const east = "r.eastus.geo.azurecr.io";

test.for([
  { recorded: [r], hosts: [r] },
  { recorded: [r, east], hosts: [r, east] },
  // Any user of the namespace can write an annotation.
  { recorded: [r, "ghcr.io", "q.eastus.geo.azurecr.io", east], hosts: [r, east] },
  { recorded: [east, r], hosts: [east] },
  { recorded: [], hosts: [] },
])("reads the hosts $hosts from the entry for $recorded", ({ recorded, hosts }) => {
  const metadata = { name: "acr", namespace: "demo", ...entryMetadata([{ hosts: recorded, kind: "given", identity: "ci" }]) };

  expect(secretFacts({ apiVersion: "v1", kind: "Secret", metadata }).note?.hosts).toEqual(hosts);
});
