import { expect, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { Sensitive } from "../../src/secret/sensitive.ts";
import { addNamespaces, fakeWorld } from "../support/fakes/world.ts";
import { type } from "../support/in-process.ts";
import { portsOf, startTestWorld } from "./world.ts";

const world = startTestWorld();

async function regionalHosts(name: string): Promise<readonly string[]> {
  const azure = openAzure(world.options());
  return azure.regionalHosts(await azure.findRegistry(name));
}

test("returns a host for each region of a registry, including its home, when they are enabled", async () => {
  const replicas = ["westeurope", "australiaeast"];
  const registry = addRegistry(world.azure.world, { name: "wideregistry", sku: "Premium", replicas });

  expect(await regionalHosts("wideregistry")).toEqual([]);
  registry.regionalEndpoints = "Enabled";
  expect(await regionalHosts("wideregistry")).toEqual([
    "wideregistry.australiaeast.geo.azurecr.io",
    "wideregistry.eastus.geo.azurecr.io",
    "wideregistry.westeurope.geo.azurecr.io",
  ]);
});

test("keeps the hash of a domain name label in regional hosts", async () => {
  const loginServer = "labeled-a1b2c3.azurecr.io";
  addRegistry(world.azure.world, { name: "labeled", loginServer, sku: "Premium", regionalEndpoints: "Enabled" });

  expect(await regionalHosts(loginServer)).toEqual(["labeled-a1b2c3.eastus.geo.azurecr.io"]);
});

test.for<{ what: string; body: object; gives: readonly string[] | string }>([
  { what: "names none", body: { properties: { regionalEndpoints: "Enabled" } }, gives: [] },
  {
    what: "names hosts of what is off",
    body: { properties: { regionalEndpoints: "Disabled", regionalEndpointHostNames: ["a"] } },
    gives: [],
  },
  {
    what: "has capitals, and what is no host",
    body: { properties: { regionalEndpoints: "Enabled", regionalEndpointHostNames: ["R.EastUS.geo.azurecr.io", 7] } },
    gives: ["r.eastus.geo.azurecr.io"],
  },
  { what: "does not show them", body: { properties: {} }, gives: "this cloud does not return them" },
  {
    what: "does not hold the registry",
    body: {},
    gives: "cannot read the regional endpoints of registry myregistry: the response of Azure lacks a field",
  },
])("reads no regional host from a response that $what", async ({ body, gives }) => {
  const path = /myregistry\?api-version=2026-01-01-preview$/;
  const undo = world.azure.faults.add({ kind: "status", path, status: 200, body });
  const answer = regionalHosts("myregistry");

  if (typeof gives === "string") await expect(answer).rejects.toThrow(gives);
  else expect(await answer).toEqual(gives);
  undo();
});

test.for([
  { versions: ["2025-11-01", "2026-09-01-preview"], gives: ["fallback.eastus.geo.azurecr.io"] },
  { versions: ["2025-11-01", "2023-07-01"], gives: "No registered resource provider found" },
])("reads regional hosts when the cloud supports $versions", async ({ versions, gives }) => {
  if (!world.azure.world.registries.some(({ name }) => name === "fallback"))
    addRegistry(world.azure.world, { name: "fallback", sku: "Premium", regionalEndpoints: "Enabled" });
  world.azure.world.apiVersions = { "Microsoft.ContainerRegistry": versions };
  const answer = regionalHosts("fallback");

  if (typeof gives === "string") await expect(answer).rejects.toThrow(gives);
  else expect(await answer).toEqual(gives);
  world.azure.world.apiVersions = {};
});

test("proves a login at a regional host, whose realm is that host and whose service is the login server", async () => {
  const { loginServer } = addRegistry(world.azure.world, {
    name: "provenregistry",
    sku: "Premium",
    regionalEndpoints: "Enabled",
    replicas: ["westeurope"],
    anonymousPullEnabled: false,
    adminUserEnabled: true,
  });
  await world.azure.push(`${loginServer}/app/web:1`);
  const azure = openAzure(world.options());
  const login = (await azure.adminLogins(await azure.findRegistry("provenregistry"))).get("password");
  const registry = openRegistry(world.options());
  const host = "provenregistry.westeurope.geo.azurecr.io";
  const image = { host, repository: "app/web", reference: "1" };

  expect(await registry.prove(image, login)).toMatchObject({ verdict: "pulls" });
  expect(await registry.prove(image, { username: "provenregistry", password: new Sensitive("wrong") })).toMatchObject({
    verdict: "refused",
  });
  const asked = world.azure.calls.list().find(({ host: at, path }) => at === host && path.startsWith("/oauth2/token"));
  expect(asked?.path).toContain(`service=${loginServer}`);
});

test("creates a Secret whose login pulls at each regional host", async () => {
  const replicas = ["westeurope"];
  const { loginServer } = addRegistry(world.azure.world, { name: "georegistry", sku: "Premium", regionalEndpoints: "Enabled", replicas });
  await world.azure.push(`${loginServer}/app/web:1`);
  const in_ = fakeWorld();
  addNamespaces(in_.cluster, "demo");
  const ports = { ...in_.ports, ...portsOf(world) };
  world.azure.calls.reset();

  expect(await type("create --registry georegistry --repository app/web --include-regional -n demo", ports)).toMatchObject({ code: 0 });
  const proofs = world.azure.calls.dataPlane().flatMap(({ host, verdict }) => (verdict === "found" ? [host] : []));
  expect(proofs).toEqual([loginServer, "georegistry.eastus.geo.azurecr.io", "georegistry.westeurope.geo.azurecr.io"]);
});
