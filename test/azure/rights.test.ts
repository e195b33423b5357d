import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import { admin } from "../../src/credential/admin.ts";
import { kindsOfCredential } from "../../src/credential/kinds.ts";
import { mayMint } from "../../src/credential/mint-rights.ts";
import { grantOf, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();

/** Opens Azure as an identity that may do only these actions on the registry. */
async function as(...allowed: readonly string[]) {
  const { env, clientId } = await signedIn(world, [grantOf(world, allowed)]);
  const azure = openAzure(world.options({ env }));
  const registry = await azure.findRegistry("myregistry");
  return { azure, registry, clientId };
}

const read = "Microsoft.ContainerRegistry/registries/read";

test("lists the rights that are missing for a token", async () => {
  const acrToken = kindsOfCredential.find(({ name }) => name === "acr-token") ?? expect.unreachable();
  const { rights } = acrToken.creation ?? expect.unreachable();
  const whole = await as(read, ...rights);
  const facts = await whole.azure.registryFacts(whole.registry);
  expect(mayMint(acrToken, await whole.azure.permissions(whole.registry), facts)).toEqual([{ credential: acrToken.name }]);

  for (const right of rights) {
    const { azure, registry } = await as(read, ...rights.filter((other: string) => other !== right));
    expect(mayMint(acrToken, await azure.permissions(registry), facts), right).toMatchObject([{ missing: right }]);
  }
});

test("reads the right to the admin user's passwords, and the name of the identity", async () => {
  const { azure, registry, clientId } = await as(read);
  expect(await azure.identity()).toMatchObject({ type: "servicePrincipal", name: clientId });
  const off = await azure.registryFacts(registry);
  expect(off).toEqual({ mode: "legacy", adminUser: false, armAudience: true, network: "all" });
  expect(mayMint(admin, await azure.permissions(registry), off)).toMatchObject([{ missing: "the admin user is disabled" }]);

  const [emulated] = world.azure.world.registries;
  Object.assign(emulated ?? {}, { adminUserEnabled: true, roleAssignmentMode: "AbacRepositoryPermissions", armAudience: "disabled" });
  const on = await azure.registryFacts(registry);
  expect(on).toMatchObject({ mode: "abac", adminUser: true, armAudience: false });
  expect(mayMint(admin, await azure.permissions(registry), on)).toMatchObject([{ missing: admin.creation.rights[0] }]);
});
