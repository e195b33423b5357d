import { afterEach, expect, test } from "vitest";
import type { Grant } from "../../sandbox/azure/identities.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { entra } from "../../src/credential/entra.ts";
import type { Taken } from "../../src/credential/issuer.ts";
import { mayMint } from "../../src/credential/mint-rights.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { askedFor, onlyAzure, signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const host = "myregistry.azurecr.io";
const puller = [{ role: "AcrPull", registry: "myregistry" }];

/** Returns the registry of these tests, found like in every other test. */
const registryOf = () =>
  world.azure.world.registries.find(({ name }) => name === "myregistry") as (typeof world.azure.world.registries)[number];

afterEach(() => {
  world.azure.world.acrAudience = true;
  Object.assign(registryOf(), { armAudience: "enabled", roleAssignmentMode: "LegacyRegistryPermissions", publicNetworkAccess: "Enabled" });
});

const as = async (grants: readonly Grant[]) => (await signedIn(world, grants)).env;

/** Takes the login of `create --entra` for a Secret that must pull from one of this registry's repositories. */
async function take(env: Record<string, string>, { registry = host }: { registry?: string } = {}): Promise<Taken> {
  const options = world.options({ env });
  const sources = { ...onlyAzure(openAzure(options)), registry: () => openRegistry(options) };
  const taker = await entra.open(askedFor({ entra: true }, { registry, verify: true }), sources);
  const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
  return taker.take({ to, credential: undefined, login: undefined }, { host, repositories: ["app/web"], images: [] });
}

const proofOf = ({ login }: Taken) =>
  openRegistry(world.options())
    .prove({ host, repository: "app/web", reference: "1" }, login)
    .then(({ verdict }) => verdict);

test("pulls with AcrPull when the login server is named, without Azure Resource Manager", async () => {
  await world.azure.push("myregistry.azurecr.io/app/web:1");
  const env = await as(puller);
  world.azure.calls.reset();
  const taken = await take(env);

  expect(await proofOf(taken)).toBe("pulls");
  expect(taken.credential).toMatchObject({ host, kind: "entra", identity: "00000000-0000-0000-0000-000000000000" });
  const { madeAt = "", expiresAt = "" } = taken.credential;
  expect(Date.parse(expiresAt) - Date.parse(madeAt)).toBe(3 * 3600_000);
  expect(world.azure.calls.list().filter((call) => call.host === "management.azure.com")).toEqual([]);
  expect(world.azure.calls.count("POST", /\/oauth2\/exchange$/)).toBe(1);
});

test.for([
  { registry: host, why: "the registry's policy is not read" },
  { registry: "myregistry", why: "where the registry's policy allows it" },
])("uses a token for Azure Resource Manager when a tenant has none for registries, $why", async ({ registry }) => {
  await world.azure.push("myregistry.azurecr.io/app/web:1");
  world.azure.world.acrAudience = false;

  expect(await proofOf(await take(await as([...puller, { role: "Reader", registry: "myregistry" }]), { registry }))).toBe("pulls");
});

test.for([
  { registry: host, message: /rejected user .* \(401 Unauthorized\)/ },
  { registry: "myregistry", message: /^the Azure tenant does not allow this identity to request this token\n\* AADSTS500011: / },
])("reports a registry that accepts no such token ($registry)", async ({ registry, message }) => {
  world.azure.world.acrAudience = false;
  registryOf().armAudience = "disabled";
  const env = await as([...puller, { role: "Reader", registry: "myregistry" }]);

  await expect(take(env, { registry })).rejects.toMatchObject({ kind: "forbidden", message: expect.stringMatching(message) });
});

test.for([
  { registry: "myregistry.azurecr.us", hint: "add --cloud=AzureUSGovernment, the cloud of that registry" },
  { registry: "myregistry.azurecr.cn", hint: "add --cloud=AzureChinaCloud, the cloud of that registry" },
])("sends no token of this cloud to $registry", async ({ registry, hint }) => {
  await expect(take({ ...world.azure.env }, { registry })).rejects.toMatchObject({ kind: "usage", hint });
  expect(world.azure.calls.list()).toEqual([]);
});

test("sends a token only to login servers of Azure", async () => {
  for (const registry of ["myregistry.azurecr.io.evil.example", "evil.example", "localhost:5000", "myregistry.azurecr.io:444"])
    await expect(take({ ...world.azure.env }, { registry })).rejects.toMatchObject({ kind: "usage" });
  expect(world.azure.calls.list()).toEqual([]);
});

test("prints neither token of the exchange with -v=9", async () => {
  const { login } = await take(await as(puller));
  const printed = world.traced.join("\n");

  expect(printed).toMatch(/^POST https:\/\/myregistry\.azurecr\.io\/oauth2\/exchange 200 in/m);
  expect(printed).toContain("access_token=***");
  expect(printed).not.toContain(login.password.reveal());
  expect(printed).not.toMatch(/eyJ/);
});

test("reports the right to pull, which is a data action when the registry has conditions", async () => {
  const may = async (grants: readonly Grant[]) => {
    const azure = openAzure(world.options({ env: await as([...grants, { role: "Reader", registry: "myregistry" }]) }));
    const registry = await azure.findRegistry("myregistry");
    return mayMint(entra, await azure.permissions(registry), await azure.registryFacts(registry));
  };
  const reader = [{ role: "Container Registry Repository Reader", registry: "myregistry" }];

  expect(await may(puller)).toEqual([{ credential: "entra" }]);
  registryOf().roleAssignmentMode = "AbacRepositoryPermissions";
  expect(await may(puller)).toMatchObject([{ missing: entra.creation.dataRights[0] }]);
  expect(await may(reader)).toEqual([{ credential: "entra" }]);
  expect((await take(await as(reader))).credential.kind).toBe("entra");
});
