import { expect, test } from "vitest";
import { azure, exchange, home, manifest, nullGuid, puller, refreshToken, registry, ways } from "./registry-world.ts";
import { audiences, claimsOf, loginServer } from "./world.ts";

test("exchanges an Entra token for a refresh token, and that for an access token", async () => {
  const refresh = await refreshToken(puller);
  const claims = claimsOf(refresh);
  const { json } = await azure.ask("POST", `${home}/oauth2/token`, {
    form: { grant_type: "refresh_token", service: loginServer, scope: "repository:app/web:pull", refresh_token: refresh },
  });

  expect(claims).toMatchObject({
    iss: "Azure Container Registry",
    aud: loginServer,
    version: "1.0",
    grant_type: "refresh_token",
    tenant: puller.tenantId,
    appid: puller.clientId,
  });
  expect(Number(claims.exp) - Number(claims.iat)).toBe(3 * 3600);
  expect((await manifest(String(json.access_token))).status).toBe(200);
  for (const way of Object.values(ways)) {
    const login = { username: nullGuid, password: refresh };
    expect((await manifest(String((await way(login, "repository:app/web:pull")).json.access_token))).status).toBe(200);
  }
});

test.for<{ why: string; audience: string; fields: Record<string, string>; status: number }>([
  { why: "a Graph token", audience: audiences.graph, fields: {}, status: 401 },
  { why: "another service", audience: audiences.acr, fields: { service: "secondregistry.azurecr.io" }, status: 400 },
  { why: "another tenant", audience: audiences.acr, fields: { tenant: "99999999-9999-9999-9999-999999999999" }, status: 401 },
  { why: "no token", audience: audiences.acr, fields: { access_token: "" }, status: 401 },
  { why: "another grant type", audience: audiences.acr, fields: { grant_type: "refresh_token" }, status: 400 },
])("refuses an exchange with $why", async ({ audience, fields, status }) => {
  expect((await exchange({ access_token: await azure.accessToken(puller, audience), ...fields })).status).toBe(status);
});

test("exchanges a token for the acr-credential-provider, which has a grant type of its own", async () => {
  const token = await azure.accessToken(puller, audiences.acr);
  const fields = { grant_type: "access_token_refresh_token", access_token: token, refresh_token: token };

  expect((await exchange(fields)).status).toBe(200);
});

test("exchanges an ARM token unless the registry's policy forbids it", async () => {
  const access_token = await azure.accessToken(puller, audiences.arm);

  expect((await exchange({ access_token, tenant: puller.tenantId })).status).toBe(200);
  registry.armAudience = "disabled";
  expect((await exchange({ access_token })).status).toBe(401);
});

test("accepts an exchange only as POST and with a role in the registry's tenant", async () => {
  expect((await azure.ask("GET", `${home}/oauth2/exchange`)).status).toBe(404);
  const nobody = await azure.addServicePrincipal("nobody");
  expect((await exchange({ access_token: await azure.accessToken(nobody, audiences.acr) })).status).toBe(401);
  const form = {
    grant_type: "access_token",
    service: "otherregistry.azurecr.io",
    access_token: await azure.accessToken(azure.owner, audiences.acr),
  };
  expect((await azure.ask("POST", "https://otherregistry.azurecr.io/oauth2/exchange", { form })).status).toBe(401);
});
