import { beforeEach, expect } from "vitest";
import type { Token } from "../../../sandbox/azure/world.ts";
import { audiences, type Login, loginServer, openTestAzure, registryId } from "./world.ts";

/** The registries of a test file: two images, and one token that can pull everything below app/. */
export const azure = await openTestAzure([
  { name: "myregistry" },
  { name: "secondregistry" },
  { name: "otherregistry", tenantId: "99999999-9999-9999-9999-999999999999" },
]);
export const registry = azure.world.registries[0] ?? expect.unreachable("there is no registry");
/** A service principal with only AcrPull on the registry. */
export const puller = await azure.addServicePrincipal("puller", [{ role: "AcrPull", registry: "myregistry" }]);
await azure.push(`${loginServer}/app/web:1`);
await azure.push(`${loginServer}/secret/vault:1`);

export const home = `https://${loginServer}`;
export const nullGuid = "00000000-0000-0000-0000-000000000000";

beforeEach(() => {
  registry.tokens = [newToken()];
  registry.scopeMaps = [
    ...registry.scopeMaps.filter(({ system }) => system),
    { name: "ours", description: "", system: false, creationDate: "2026-01-01T00:00:00Z", actions: ["repositories/app/*/content/read"] },
  ];
  Object.assign(registry, {
    adminUserEnabled: false,
    anonymousPullEnabled: false,
    publicNetworkAccess: "Enabled",
    armAudience: "enabled",
    roleAssignmentMode: "LegacyRegistryPermissions",
  });
  azure.calls.reset();
});

/** Its first password is valid, its second has expired. */
export const newToken = (): Token => ({
  name: "puller",
  creationDate: "2026-01-01T00:00:00Z",
  status: "enabled",
  scopeMapId: `${registryId}/scopeMaps/ours`,
  passwords: {
    password1: { value: "one", creationTime: "2026-01-01T00:00:00Z", since: 0 },
    password2: { value: "two", creationTime: "2026-01-01T00:00:00Z", expiry: "2020-01-01T00:00:00Z", since: 0 },
  },
});

export type Credential = { username: string; password: string };

/** The two ways to get a registry's access token. */
export const ways = {
  "GET with Basic": (login: Credential, scope: string) =>
    azure.ask("GET", `${home}/oauth2/token?${new URLSearchParams({ service: loginServer, scope })}`, { login }),
  "POST password": (login: Credential, scope: string) =>
    azure.ask("POST", `${home}/oauth2/token`, { form: { grant_type: "password", service: loginServer, scope, ...login } }),
};

export const accessTo = async (login: Credential, scope: string): Promise<string> =>
  String((await ways["GET with Basic"](login, scope)).json.access_token);
export const manifest = (token: string | undefined, repository = "app/web", reference = "1") =>
  azure.ask("GET", `${home}/v2/${repository}/manifests/${reference}`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    ...(token !== undefined && { token }),
  });
export const refreshToken = async (login: Login, audience = audiences.acr): Promise<string> =>
  String((await exchange({ access_token: await azure.accessToken(login, audience) })).json.refresh_token);
export const exchange = (fields: Record<string, string>) =>
  azure.ask("POST", `${home}/oauth2/exchange`, { form: { grant_type: "access_token", service: loginServer, ...fields } });
