import { afterEach, expect, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { refusals } from "../../sandbox/azure/refusals.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { startTestWorld } from "./world.ts";

const world = startTestWorld();
afterEach(() => {
  world.azure.world.apiVersions = {};
});

const actions = ["repositories/app/web/content/read"];

async function opened(identity: Parameters<typeof world.options>[0] = {}) {
  const azure = openAzure(world.options(identity));
  return { azure, registry: await azure.findRegistry("myregistry") };
}

test("names the policy assignment when Azure Policy denies a token", async () => {
  const { azure, registry } = await opened();
  world.azure.faults.add(refusals.tokensDeniedByPolicy);

  await expect(azure.putToken(registry, { name: "denied", scopeMapId: `${registry.id}/scopeMaps/x` })).rejects.toMatchObject({
    kind: "forbidden",
    message: expect.stringMatching(/^cannot write token denied: the policy assignment "Deny ACR tokens" denies it \(correlation [\w-]+\)$/),
    hint: "add --service-principal or --entra, which need no ACR token",
  });
});

test("reports a stronger sign-in when Azure enforces multifactor authentication", async () => {
  const { azure, registry } = await opened();
  world.azure.faults.add(refusals.mfaRequired);

  await expect(azure.putScopeMap(registry, { name: "denied", description: "", actions })).rejects.toMatchObject({
    kind: "unauthenticated",
    message: expect.stringMatching(/^cannot write scope map denied: Azure requires a stronger sign-in: The request was disallowed/),
  });
});

test("creates and deletes a token in a cloud that knows older API versions only", async () => {
  world.azure.world.apiVersions = { "Microsoft.ContainerRegistry": ["2023-07-01", "2024-11-01-preview"] };
  const { azure, registry } = await opened();

  const map = await azure.putScopeMap(registry, { name: "old-cloud", description: "", actions });
  await azure.putToken(registry, { name: "old-cloud", scopeMapId: map.id });
  const { password } = await azure.generatePassword(registry, { token: "old-cloud", slot: "password1" });
  expect(password.reveal()).not.toBe("");
  expect(await azure.token(registry, "old-cloud")).toMatchObject({ passwords: [{ name: "password1" }] });
  await azure.deleteToken(registry, "old-cloud");
  await azure.deleteScopeMap(registry, "old-cloud");
  expect(await azure.token(registry, "old-cloud")).toBeUndefined();
  expect(world.azure.calls.count("GET", /Microsoft\.ContainerRegistry.*api-version=2025-11-01/)).toBe(1);
});

test("finds a registry when another subscription is not registered for registries", async () => {
  const far = { subscriptionId: "33333333-3333-3333-3333-333333333333", resourceGroup: "other" };
  addRegistry(world.azure.world, { name: "farregistry", ...far });
  const [assignment] = world.azure.world.roleAssignments;
  if (!assignment) throw new Error("the sandbox's owner owns nothing");
  world.azure.world.roleAssignments.push({ ...assignment, scope: `/subscriptions/${far.subscriptionId}`, name: "far" });
  world.azure.faults.add({ kind: "status", path: /ResourceGraph/, status: 200, body: { data: [], count: 0, totalRecords: 0 } });
  world.azure.faults.add({
    ...refusals.unregisteredSubscription,
    path: new RegExp(`${far.subscriptionId}/providers/Microsoft\\.ContainerRegistry`),
  });

  expect(await openAzure(world.options()).findRegistry("myregistry")).toMatchObject({ name: "myregistry" });
});

test("counts tokens by the usages of the registry", async () => {
  const { azure, registry } = await opened();
  const lists = () => world.azure.calls.count("GET", /\/tokens\?/);

  expect(await azure.tokenCount(registry)).toBe(world.azure.world.registries[0]?.tokens.length);
  expect(lists()).toBe(0);
});
