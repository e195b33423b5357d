import { expect, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { Sensitive } from "../../src/sensitive.ts";
import { startTestWorld } from "./world.ts";

const world = startTestWorld();

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
