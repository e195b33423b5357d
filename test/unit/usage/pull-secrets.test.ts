import { expect, test } from "vitest";
import { openInterruption } from "../../../src/interruption.ts";
import { secretsOf } from "../../../src/usage/pull-secrets.ts";
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
