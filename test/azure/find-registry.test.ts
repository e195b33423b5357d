import { expect, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
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

test("finds a registry of another subscription with one query of Resource Graph", async () => {
  addRegistry(world.azure.world, { name: "farregistry", ...second });
  ownsSecond();

  expect(await find("farregistry")).toMatchObject({ name: "farregistry", loginServer: "farregistry.azurecr.io" });
  expect(world.azure.calls.count("GET", /\/registries\?/)).toBe(0);
});

const at = (host: string, env = world.azure.env) =>
  openAzure(world.options({ env, identity: { source: "env", subscription: second.subscriptionId } })).registryAt(host);

test("finds a login server in any subscription, and none that no registry of the cloud can have", async () => {
  expect(await at("myregistry.azurecr.io")).toMatchObject({ name: "myregistry" });
  for (const host of ["freeregistry.azurecr.io", "x.azurecr.io", "ghcr.io", "myregistry.azurecr.cn"])
    expect(await at(host)).toBe(undefined);
});

test.for([
  { why: "another tenant has the name", host: "otherregistry.azurecr.io" },
  { why: "the name may have a registry with a hash", host: "freeregistry-a1b2c3.azurecr.io" },
])("does not know whether a login server exists when $why", async ({ host }) => {
  await expect(at(host)).rejects.toMatchObject({ kind: "notFound" });
});

test("does not know whether a login server exists when the name cannot be checked", async () => {
  const { env } = await signedIn(world, [{ role: "Reader", registry: "myregistry" }]);

  await expect(at("freeregistry.azurecr.io", env)).rejects.toMatchObject({ kind: "notFound" });
});

test("lists the subscriptions in pages when Resource Graph does not know the registry yet", async () => {
  world.azure.faults.add({ kind: "status", path: /ResourceGraph/, status: 200, body: { data: [], count: 0, totalRecords: 0 } });
  for (const name of ["aaaaa", "bbbbb", "zzzzz"]) addRegistry(world.azure.world, { name });
  world.azure.world.pageSize = 1;
  try {
    expect(await find("zzzzz")).toMatchObject({ name: "zzzzz" });
  } finally {
    world.azure.world.pageSize = 100;
  }
});

test("finds a registry with a hash in its login server by that and by its name", async () => {
  addRegistry(world.azure.world, { name: "hashed", loginServer: "hashed-a1b2c3.azurecr.io" });

  for (const text of ["hashed", "hashed-a1b2c3.azurecr.io", "hashed-a1b2c3"]) {
    expect(await find(text)).toMatchObject({ loginServer: "hashed-a1b2c3.azurecr.io" });
  }
  await expect(find("hashed-zzzzzz.azurecr.io")).rejects.toMatchObject({ kind: "notFound" });
});

test("requires the login server when two registries have one name", async () => {
  addRegistry(world.azure.world, { name: "twice", loginServer: "twice-aaaa.azurecr.io" });
  addRegistry(world.azure.world, { name: "twice", loginServer: "twice-bbbb.azurecr.io", resourceGroup: "second" });

  await expect(find("twice")).rejects.toMatchObject({
    kind: "usage",
    message: "2 registries are named twice",
    hint: "specify one of the login servers: twice-aaaa.azurecr.io, twice-bbbb.azurecr.io",
  });
});

test("distinguishes a typo from another tenant's registry", async () => {
  await expect(find("myregistri")).rejects.toMatchObject({
    kind: "notFound",
    message: 'registry "myregistri" not found: the name is not registered in Azure',
    hint: "check the spelling",
  });
  await expect(find("otherregistry")).rejects.toMatchObject({
    kind: "notFound",
    message: 'registry "otherregistry" exists, but this Azure identity cannot read it',
    hint: "ask for the role Reader on the registry",
  });
});

test("reports what is known when Azure does not distinguish them", async () => {
  world.azure.faults.add({ kind: "status", path: /checkNameAvailability/, status: 403 });

  await expect(find("otherregistry")).rejects.toMatchObject({
    kind: "notFound",
    message: 'registry "otherregistry" not found, or this Azure identity cannot read it',
  });
});

test("reports an identity without a subscription", async () => {
  const { env } = await signedIn(world, []);

  await expect(openAzure(world.options({ env })).findRegistry("myregistry")).rejects.toMatchObject({ kind: "notFound" });
});

test("sends no request for a name that could be part of a query", async () => {
  await expect(find("x' or true")).rejects.toMatchObject({ kind: "usage" });
  expect(world.azure.calls.list()).toEqual([]);
});

test("reads a registry by its id in any subscription", async () => {
  const far = addRegistry(world.azure.world, { name: "identified", ...second });
  ownsSecond();

  expect(await find(registryId(far))).toMatchObject({ name: "identified" });
  expect(await find(`${registryId(far).toUpperCase()}/`)).toMatchObject({ name: "identified" });
  expect(world.azure.calls.count("POST", /ResourceGraph/)).toBe(0);
  await expect(find(registryId(far).replace("identified", "nobodys"))).rejects.toMatchObject({
    kind: "notFound",
    message: expect.stringMatching(/^registry ".*\/nobodys" not found, or this Azure identity cannot read it$/),
  });
});

test("searches only the subscription of --subscription, by its id or its name", async () => {
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
    message: `registry "myregistry" not found in subscription ${other}, or this Azure identity cannot read it`,
    hint: "omit --subscription to search all subscriptions",
  });
  await expect(find("myregistry", "nobody's")).rejects.toMatchObject({
    kind: "notFound",
    message: `subscription "nobody's" not found, or this Azure identity cannot read it`,
    hint: "specify the subscription by its ID",
  });
  await expect(find(registryId(far), first)).rejects.toMatchObject({ kind: "usage" });
});
