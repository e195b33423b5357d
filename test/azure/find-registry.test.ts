import { expect, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { refusals } from "../../sandbox/azure/refusals.ts";
import { registryId } from "../../sandbox/azure/world.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const find = (text: string, subscription?: string) =>
  openAzure(world.options({ identity: { source: "auto", ...(subscription !== undefined && { subscription }) } })).findRegistry(text);
const second = { subscriptionId: "33333333-3333-3333-3333-333333333333", resourceGroup: "other" };

/** Lets the sandbox's owner use the second subscription, too. */
function ownsSecond(): void {
  const { servicePrincipals, roleAssignments } = world.azure.world;
  const { id } = servicePrincipals.find(({ appId }) => appId === world.azure.env.AZURE_CLIENT_ID) ?? expect.unreachable("no owner");
  const assignment = roleAssignments.find(({ principalId }) => principalId === id) ?? expect.unreachable("the owner has no role");
  const scope = `/subscriptions/${second.subscriptionId}`;
  roleAssignments.push({ ...assignment, scope, name: scope });
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
  ownsSecond();

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

test("finds a registry when another subscription is not registered for registries", async () => {
  ownsSecond();
  world.azure.faults.add({ kind: "status", path: /ResourceGraph/, status: 200, body: { data: [], count: 0, totalRecords: 0 } });
  const path = new RegExp(`${second.subscriptionId}/providers/Microsoft\\.ContainerRegistry`);
  world.azure.faults.add({ ...refusals.unregisteredSubscription, path });

  expect(await find("myregistry")).toMatchObject({ name: "myregistry" });
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
    hint: "check the spelling",
  });
  await expect(find("otherregistry")).rejects.toMatchObject({
    kind: "notFound",
    message: 'registry "otherregistry" exists, but in no subscription that this Azure identity can read',
    hint: "ask for the role Reader on the registry",
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
  const { env } = await signedIn(world, []);

  await expect(openAzure(world.options({ env })).findRegistry("myregistry")).rejects.toMatchObject({ kind: "notFound" });
});

test("no request leaves for a name that could be part of a query", async () => {
  await expect(find("x' or true")).rejects.toMatchObject({ kind: "usage" });
  expect(world.azure.calls.list()).toEqual([]);
});

test("an id in Azure is asked for itself, wherever it is", async () => {
  const far = addRegistry(world.azure.world, { name: "identified", ...second });
  ownsSecond();

  expect(await find(registryId(far))).toMatchObject({ name: "identified" });
  expect(await find(`${registryId(far).toUpperCase()}/`)).toMatchObject({ name: "identified" });
  expect(world.azure.calls.count("POST", /ResourceGraph/)).toBe(0);
  await expect(find(registryId(far).replace("identified", "nobodys"))).rejects.toMatchObject({
    kind: "notFound",
    message: expect.stringMatching(/^registry ".*\/nobodys" is in no subscription that this Azure identity can read$/),
  });
});

test("--subscription is the only one to look in, by its id or its name", async () => {
  const near = addRegistry(world.azure.world, { name: "bothsides", loginServer: "bothsides-aaaa.azurecr.io" });
  const far = addRegistry(world.azure.world, { name: "bothsides", loginServer: "bothsides-bbbb.azurecr.io", ...second });
  ownsSecond();
  const [first, other] = ["22222222-2222-2222-2222-222222222222", second.subscriptionId];
  const name = world.azure.world.subscriptions.find(({ id }) => id === other)?.name ?? "";

  expect(await find("bothsides", first)).toMatchObject({ loginServer: near.loginServer });
  expect(await find("bothsides", name.toLowerCase())).toMatchObject({ loginServer: far.loginServer });
  world.azure.faults.add({ kind: "status", path: /ResourceGraph/, status: 403 });
  expect(await find("bothsides", other)).toMatchObject({ loginServer: far.loginServer });
  await expect(find("myregistry", other)).rejects.toMatchObject({
    kind: "notFound",
    message: `registry "myregistry" is not in subscription ${other}, as far as this Azure identity can read`,
    hint: "leave out --subscription to look in all of them",
  });
  await expect(find("myregistry", "nobody's")).rejects.toMatchObject({
    kind: "notFound",
    message: `this Azure identity can read no subscription "nobody's"`,
    hint: "name the subscription by its id",
  });
  await expect(find(registryId(far), first)).rejects.toMatchObject({ kind: "usage" });
});
