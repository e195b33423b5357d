import { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import { ContainerRegistryContentClient, KnownContainerRegistryAudience } from "@azure/container-registry";
import { ClientSecretCredential } from "@azure/identity";
import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import { openTransport } from "../../src/http/transport.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { startTestWorld } from "./world.ts";

// Microsoft's own clients read what the plugin has created, and see the same state as the plugin.

const world = startTestWorld();

/** Signs in with Microsoft's client. Its requests go through the same proxy and trust the same certificates. */
async function official() {
  const { AZURE_TENANT_ID: tenant = "", AZURE_CLIENT_ID: id = "", AZURE_CLIENT_SECRET: secret = "" } = world.azure.env;
  const { trace, signal } = world.options();
  const options = { httpClient: await openTransport(world.azure.env, trace, signal)() };
  return { credential: new ClientSecretCredential(tenant, id, secret, options), options };
}

/** Reads the registry with both clients. */
async function registryOf() {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const [, subscription = "", group = ""] = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\//.exec(registry.id) ?? [];
  const { credential, options } = await official();
  const client = new ContainerRegistryManagementClient(credential, subscription, options);
  return { azure, registry, client, group };
}

test("reads a registry and its settings", async () => {
  const { azure, registry, client, group } = await registryOf();
  const theirs = await client.registries.get(group, registry.name);

  expect(registry).toEqual({ id: theirs.id, name: theirs.name, loginServer: theirs.loginServer, sku: theirs.sku.name });
  expect(await azure.registryFacts(registry)).toEqual({
    mode: theirs.roleAssignmentMode === "AbacRepositoryPermissions" ? "abac" : "legacy",
    adminUser: theirs.adminUserEnabled,
    armAudience: theirs.policies?.azureADAuthenticationAsArmPolicy?.status === "enabled",
    network: theirs.publicNetworkAccess === "Enabled" ? "all" : "private",
  });
});

test("reads a scope map, a token and its password that the plugin has created", async () => {
  const { azure, registry, client, group } = await registryOf();
  const actions = ["repositories/app/web/content/read", "repositories/app/web/metadata/read"];
  await azure.putScopeMap(registry, { name: "ours-map", description: "ours", actions });
  await azure.putToken(registry, { name: "ours-token", scopeMapId: `${registry.id}/scopeMaps/ours-map` });
  const made = await azure.generatePassword(registry, { token: "ours-token", slot: "password1", expiresAt: "2099-01-01T00:00:00Z" });

  const map = await client.scopeMaps.get(group, registry.name, "ours-map");
  expect(await azure.scopeMap(registry, "ours-map")).toEqual({
    id: map.id,
    name: map.name,
    description: map.description,
    actions: map.actions,
  });
  const token = await client.tokens.get(group, registry.name, "ours-token");
  const [password] = token.credentials?.passwords ?? [];
  expect(password).toMatchObject({
    name: "password1",
    creationTime: new Date(made.madeAt ?? ""),
    expiry: new Date("2099-01-01T00:00:00Z"),
  });
  const ours = await azure.token(registry, "ours-token");
  expect(ours).toMatchObject({ name: token.name, scopeMapId: token.scopeMapId, status: token.status });
  expect(ours?.passwords.map(({ slot }) => slot)).toEqual(token.credentials?.passwords?.map(({ name }) => name));
  const listed: (string | undefined)[] = [];
  for await (const each of client.tokens.list(group, registry.name)) listed.push(each.name);
  expect(await azure.tokenCount(registry)).toBe(listed.length);
});

test("reads neither what the plugin has deleted nor a password from an emptied slot", async () => {
  const { azure, registry, client, group } = await registryOf();
  await azure.putScopeMap(registry, { name: "brief-map", description: "", actions: ["repositories/app/web/content/read"] });
  await azure.putToken(registry, { name: "brief-token", scopeMapId: `${registry.id}/scopeMaps/brief-map` });
  const { madeAt } = await azure.generatePassword(registry, { token: "brief-token", slot: "password2", expiresAt: undefined });
  await azure.clearPassword(registry, { token: "brief-token", slot: "password2", madeAt });

  expect((await client.tokens.get(group, registry.name, "brief-token")).credentials?.passwords ?? []).toEqual([]);
  await azure.deleteToken(registry, "brief-token");
  await expect(client.tokens.get(group, registry.name, "brief-token")).rejects.toMatchObject({ statusCode: 404 });
  expect(await azure.token(registry, "brief-token")).toBeUndefined();
});

test("reads the admin user's passwords", async () => {
  const { azure, registry, client, group } = await registryOf();
  const [emulated] = world.azure.world.registries;
  if (emulated) emulated.adminUserEnabled = true;
  const { username, passwords = [] } = await client.registries.listCredentials(group, registry.name);

  const ours = await azure.adminLogins(registry);
  expect([...ours].map(([name, { username: user, password }]) => ({ name, user, value: password.reveal() }))).toEqual(
    passwords.map(({ name, value }) => ({ name, user: username, value })),
  );
});

test("reads an image's manifest with a token that its own client requests", async () => {
  const digest = await world.azure.push("myregistry.azurecr.io/app/web:1");
  const { credential, options } = await official();
  const audience = KnownContainerRegistryAudience.AzureResourceManagerPublicCloud;
  const client = new ContainerRegistryContentClient("https://myregistry.azurecr.io", "app/web", credential, { ...options, audience });
  expect(await client.getManifest("1")).toMatchObject({ digest, mediaType: "application/vnd.oci.image.manifest.v1+json" });

  const azure = openAzure(world.options());
  const registry = openRegistry({ ...world.options(), env: world.azure.env });
  const answer = await registry.exchange("myregistry.azurecr.io", await azure.entraToken("myregistry.azurecr.io", "registries"));
  if (!("token" in answer)) return expect.unreachable(answer.message);
  const login = { username: "00000000-0000-0000-0000-000000000000", password: answer.token };
  const image = { host: "myregistry.azurecr.io", repository: "app/web", reference: digest };
  expect(await registry.prove(image, login)).toMatchObject({ verdict: "pulls" });
});
