import { expect, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { registryId } from "../../sandbox/azure/world.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { startTestWorld } from "./world.ts";

const world = startTestWorld();
const find = (text: string) => openAzure(world.options()).findRegistry(text);
const second = { subscriptionId: "33333333-3333-3333-3333-333333333333", resourceGroup: "other" };

async function ownsSecond() {
  const { objectId } = await signedIn();
  const scope = `/subscriptions/${second.subscriptionId}`;
  world.azure.world.roleAssignments.push({ ...ownerOf(objectId), scope, name: scope });
}

async function signedIn() {
  const principal = world.azure.world.servicePrincipals.find(({ appId }) => appId === world.azure.env.AZURE_CLIENT_ID);
  if (!principal) throw new Error("the sandbox's owner is gone");
  return { objectId: principal.id };
}

function ownerOf(principalId: string) {
  const assignment = world.azure.world.roleAssignments.find((one) => one.principalId === principalId);
  if (!assignment) throw new Error("the sandbox's owner owns nothing");
  return assignment;
}

test.for(["myregistry", "MyRegistry", "myregistry.azurecr.io", "myregistry.eastus.geo.azurecr.io"])("%s is found", async (text) => {
  const [mine] = world.azure.world.registries;
  if (!mine) throw new Error("there is no registry");

  expect(await find(text)).toEqual({
    id: registryId(mine),
    name: "myregistry",
    loginServer: "myregistry.azurecr.io",
    sku: "Standard",
  });
});

test("a registry of another subscription is found by Resource Graph, in one question", async () => {
  addRegistry(world.azure.world, { name: "farregistry", ...second });
  await ownsSecond();

  expect(await find("farregistry")).toMatchObject({ name: "farregistry", loginServer: "farregistry.azurecr.io" });
  expect(world.azure.calls.count("GET", /\/registries\?/)).toBe(0);
});

test("where Resource Graph may not be asked, the subscriptions are listed", async () => {
  world.azure.faults.add({ kind: "status", path: /ResourceGraph/, status: 403, body: { error: { code: "Forbidden", message: "no" } } });

  expect(await find("myregistry")).toMatchObject({ name: "myregistry" });
});

test("where Resource Graph does not know it yet, the subscriptions are listed, page by page", async () => {
  world.azure.faults.add({ kind: "status", path: /ResourceGraph/, status: 200, body: { data: [], count: 0, totalRecords: 0 } });
  for (const name of ["aaaaa", "bbbbb", "zzzzz"]) addRegistry(world.azure.world, { name });
  world.azure.world.pageSize = 1;
  try {
    expect(await find("zzzzz")).toMatchObject({ name: "zzzzz" });
  } finally {
    world.azure.world.pageSize = 100;
  }
});

test("a registry whose login server has a hash is found by it, and by its name", async () => {
  addRegistry(world.azure.world, { name: "hashed", loginServer: "hashed-a1b2c3.azurecr.io" });

  for (const text of ["hashed", "hashed-a1b2c3.azurecr.io", "hashed-a1b2c3"]) {
    expect(await find(text)).toMatchObject({ loginServer: "hashed-a1b2c3.azurecr.io" });
  }
  await expect(find("hashed-zzzzzz.azurecr.io")).rejects.toMatchObject({ kind: "notFound" });
});

test("one name for two registries asks for the login server", async () => {
  addRegistry(world.azure.world, { name: "twice", loginServer: "twice-aaaa.azurecr.io" });
  addRegistry(world.azure.world, { name: "twice", loginServer: "twice-bbbb.azurecr.io", resourceGroup: "second" });

  await expect(find("twice")).rejects.toMatchObject({
    kind: "usage",
    message: "2 registries are named twice",
    hint: "name the one by its login server: twice-aaaa.azurecr.io, twice-bbbb.azurecr.io",
  });
});

test("a typo and a registry of somebody else are told apart", async () => {
  await expect(find("myregistri")).rejects.toMatchObject({
    kind: "notFound",
    message: 'there is no registry "myregistri": nobody in Azure has that name',
    hint: "check the spelling: az acr list --output table",
  });
  await expect(find("otherregistry")).rejects.toMatchObject({
    kind: "notFound",
    message: 'registry "otherregistry" exists, but in no subscription that this Azure identity can read',
    hint: "az account set --subscription SUBSCRIPTION, or: az login --tenant TENANT",
  });
});

test("where Azure does not say which, the message says what is known", async () => {
  world.azure.faults.add({ kind: "status", path: /checkNameAvailability/, status: 403 });

  await expect(find("otherregistry")).rejects.toMatchObject({
    kind: "notFound",
    message: 'registry "otherregistry" is in no subscription that this Azure identity can read',
  });
});

test("an identity without any subscription is told so", async () => {
  const nobody = await world.azure.addServicePrincipal("nobody");
  const env = { ...world.azure.env, AZURE_CLIENT_ID: nobody.clientId, AZURE_CLIENT_SECRET: nobody.clientSecret };

  await expect(openAzure(world.options({ env })).findRegistry("myregistry")).rejects.toMatchObject({ kind: "notFound" });
});

test("no request leaves for a name that could be part of a query", async () => {
  await expect(find("x' or true")).rejects.toMatchObject({ kind: "usage" });
  expect(world.azure.calls.list()).toEqual([]);
});
