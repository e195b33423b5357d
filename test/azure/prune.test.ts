import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import type { Azure } from "../../src/azure/port.ts";
import { openInterruption } from "../../src/interruption.ts";
import { azureName, clusterId } from "../../src/secret/azure-words.ts";
import { deleteLeftovers, findLeftovers } from "../../src/verbs/prune.ts";
import { openAsking } from "../support/fakes/asked.ts";
import { fakeCluster, namespace } from "../support/fakes/cluster.ts";
import { actionsOf, grantOf, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const made = "secret acr in namespace demo";
const here = clusterId("uid-of-kube-system");
const description = `kubectl acr-secret: ${made} of cluster ${here}`;

/** Runs `prune` on a cluster without Secrets, for the objects of these names. */
async function pruning(azure: Azure, ...names: readonly string[]) {
  const fake = fakeCluster(openAsking());
  fake.put(namespace("kube-system", { uid: "uid-of-kube-system" }));
  const cluster = fake.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  const finding = {
    registry: azure.findRegistry("myregistry"),
    options: { olderThan: 0, exports: "none" as const, force: false },
    warn: () => {},
  };
  const found = await findLeftovers(azure, cluster, finding);
  const removals = found.removals.filter(({ to }) => names.includes(to.name));
  const tools = { cluster: () => cluster, dryRun: "none" as const, force: false, interrupted: () => false, sleep: async () => {} };
  return {
    rows: found.rows.filter(({ to }) => names.includes(to.name)),
    remove: () => Array.fromAsync(deleteLeftovers({ ...found, removals }, azure, tools)),
  };
}

const isNow = (text = "") => Math.abs(Date.parse(text) - Date.now()) < 60_000;

test("lists all tokens and scope maps of a registry with their times, and its clock", async () => {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const { id } = await azure.putScopeMap(registry, { name: "stock-map", description, actions: ["repositories/a/content/read"] });
  await azure.putToken(registry, { name: "stock-token", scopeMapId: id });

  const { tokens, scopeMaps, at } = await azure.listTokens(registry);

  const token = tokens.find(({ name }) => name === "stock-token");
  const map = scopeMaps.find(({ name }) => name === "stock-map");
  expect([token, map]).toMatchObject([{ scopeMapId: id }, { description }]);
  expect([at, token?.madeAt, token?.changedAt, map?.madeAt, map?.changedAt].map(isNow)).toEqual([true, true, true, true, true]);
  expect(tokens).toHaveLength(await azure.tokenCount(registry));
});

test("finds and deletes an orphaned token with the role of docs/rbac.md", async () => {
  const { env } = await signedIn(world, [grantOf(world, await actionsOf("ACR pull tokens"))]);
  const azure = openAzure(world.options({ env }));
  const registry = await azure.findRegistry("myregistry");
  const namespaceUid = randomUUID();
  const name = azureName(namespaceUid, "demo", "acr");
  const words = `kubectl acr-secret: ${made} (${namespaceUid}) of cluster ${here}`;
  const { id } = await azure.putScopeMap(registry, { name, description: words, actions: ["repositories/a/content/read"] });
  await azure.putToken(registry, { name, scopeMapId: id });
  await azure.generatePassword(registry, { token: name, slot: "password1" });

  const { rows, remove } = await pruning(azure, name);
  expect(rows).toMatchObject([{ what: "token", for: { words: made, cluster: here }, passwords: [{ slot: "password1" }], state: "orphan" }]);
  expect(await remove()).toMatchObject([{ result: "deleted" }, { result: "deleted" }]);
  expect([await azure.token(registry, name), await azure.scopeMap(registry, name)]).toEqual([undefined, undefined]);
  await expect(azure.servicePrincipalRoles(registry)).rejects.toMatchObject({ kind: "forbidden" });
});

test("finds an orphaned application by its role, and the role of a deleted application", async () => {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const { id, appId, displayName } = await azure.createApplication({ displayName: `left ${randomUUID()}`, notes: description });
  const { id: principalId } = await azure.createServicePrincipal(appId);
  await azure.assignRole(registry, { principalId, role: acrPull });
  const { slot } = await azure.addKey(id, { displayName: `acr-secret: ${made} of cluster ${here} #01234567` });

  const { rows, remove } = await pruning(azure, displayName);
  expect(rows).toMatchObject([{ what: "password", identity: appId, passwords: [{ slot }], for: { cluster: here } }]);
  expect(isNow(rows[0]?.changedAt)).toBe(true);
  await azure.deleteApplication(id);
  expect((await pruning(azure, principalId)).rows).toMatchObject([{ what: "role", lost: true, state: "too recent" }]);
  for (const one of world.azure.world.roleAssignments.filter((other) => other.principalId === principalId))
    Object.assign(one, { createdOn: new Date(Date.now() - 3_600_000).toISOString() });
  const role = await pruning(azure, displayName, principalId);
  expect(role.rows).toMatchObject([{ what: "role", to: { name: principalId }, lost: true }]);
  expect(await remove()).toMatchObject([{ result: "unchanged" }]);
  expect(await role.remove()).toMatchObject([{ result: "deleted" }]);
  expect((await pruning(azure, displayName, principalId)).rows).toEqual([]);
});

test("deletes an orphaned application and its role", async () => {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const { id, appId, displayName } = await azure.createApplication({ displayName: `left ${randomUUID()}`, notes: description });
  const { id: principalId } = await azure.createServicePrincipal(appId);
  await azure.assignRole(registry, { principalId, role: acrPull });
  await azure.addKey(id, { displayName: `acr-secret: ${made} of cluster ${here} #01234567` });

  const { remove } = await pruning(azure, displayName);
  expect(await remove()).toMatchObject([{ result: "deleted" }, { result: "deleted" }]);
  expect((await pruning(azure, displayName, principalId)).rows).toEqual([]);
});
