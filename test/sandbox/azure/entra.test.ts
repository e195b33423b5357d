import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { audiences, claimsOf, openTestAzure } from "./world.ts";

const azure = await openTestAzure();
const entra = "https://login.microsoftonline.com";

function signIn(changes: Record<string, string | undefined> = {}, tenant = azure.owner.tenantId) {
  const fields = {
    grant_type: "client_credentials",
    client_id: azure.owner.clientId,
    client_secret: azure.owner.clientSecret,
    scope: "https://management.azure.com/.default",
    ...changes,
  };
  const form = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return azure.ask("POST", `${entra}/${tenant}/oauth2/v2.0/token`, { form });
}

test.for([
  { scope: "https://management.azure.com/.default", aud: "https://management.azure.com" },
  { scope: "https://management.core.windows.net//.default", aud: "https://management.core.windows.net/" },
  { scope: "https://graph.microsoft.com/.default", aud: "https://graph.microsoft.com" },
  { scope: "https://graph.microsoft.com//.default", aud: "https://graph.microsoft.com/" },
  { scope: "https://containerregistry.azure.net/.default", aud: "https://containerregistry.azure.net" },
  { scope: "https://containerregistry.azure.net/.default openid offline_access profile", aud: "https://containerregistry.azure.net" },
])("issues a token for $aud when the scope is $scope", async ({ scope, aud }) => {
  const { status, json } = await signIn({ scope });

  expect(status).toBe(200);
  expect(json).toMatchObject({ token_type: "Bearer", expires_in: 3599 });
  const claims = claimsOf(String(json.access_token));
  expect(claims).toMatchObject({ aud, appid: azure.owner.clientId, tid: azure.owner.tenantId });
  expect(Number(claims.exp) - Number(claims.iat)).toBe(3599);
});

test.for([
  { why: "no secret", changes: { client_secret: undefined }, status: 401, error: "invalid_client", number: 7000218 },
  {
    why: "an unknown application",
    changes: { client_id: "44444444-4444-4444-4444-444444444444" },
    status: 400,
    error: "unauthorized_client",
    number: 700016,
  },
  { why: "no application", changes: { client_id: undefined }, status: 400, error: "invalid_request", number: 900144 },
  { why: "no scope", changes: { scope: undefined }, status: 400, error: "invalid_request", number: 900144 },
  {
    why: "a scope of one right",
    changes: { scope: "https://management.azure.com/user_impersonation" },
    status: 400,
    error: "invalid_scope",
    number: 1002012,
  },
  {
    why: "an unknown resource",
    changes: { scope: "https://myregistry.azurecr.io/.default" },
    status: 400,
    error: "invalid_resource",
    number: 500011,
  },
  { why: "an unknown grant", changes: { grant_type: "magic" }, status: 400, error: "unsupported_grant_type", number: 70003 },
  {
    why: "an unknown user",
    changes: { grant_type: "password", username: "x@y", password: "z" },
    status: 400,
    error: "invalid_grant",
    number: 50034,
  },
  {
    why: "an old refresh token",
    changes: { grant_type: "refresh_token", refresh_token: "old" },
    status: 400,
    error: "invalid_grant",
    number: 700082,
  },
])("refuses $why: $error AADSTS$number", async ({ changes, status, error, number }) => {
  const answer = await signIn(changes);

  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ error, error_codes: [number] });
  expect(answer.json.error_description).toMatch(
    new RegExp(`^AADSTS${number}: .*\\r\\nTrace ID: .*\\r\\nCorrelation ID: .*\\r\\nTimestamp: `),
  );
});

test("issues tokens for Azure Resource Manager when a tenant has none for registries", async () => {
  azure.world.acrAudience = false;
  const asked = async (audience: string) => (await signIn({ scope: `${audience}/.default` })).json.error_codes;

  expect(await asked("https://containerregistry.azure.net")).toEqual([500011]);
  expect(await asked("https://management.azure.com")).toBeUndefined();
  azure.world.acrAudience = true;
  expect(await asked("https://containerregistry.azure.net")).toBeUndefined();
});

test("refuses an unknown tenant, also in discovery", async () => {
  const nowhere = "00000000-0000-0000-0000-00000000dead";

  expect((await signIn({}, nowhere)).json).toMatchObject({ error: "invalid_tenant", error_codes: [90002] });
  expect((await azure.ask("GET", `${entra}/${nowhere}/v2.0/.well-known/openid-configuration`)).json.error).toBe("invalid_tenant");
});

test("distinguishes an expired secret, a disabled and a deleted service principal", async () => {
  const { clientId, clientSecret } = await azure.addServicePrincipal("short-lived");
  const application = azure.world.applications.find(({ appId }) => appId === clientId);
  const principal = azure.world.servicePrincipals.find(({ appId }) => appId === clientId);
  const refusal = async () => (await signIn({ client_id: clientId, client_secret: clientSecret })).json.error_codes;
  if (!application?.secrets[0] || !principal) throw new Error("the service principal was not made");

  application.secrets[0].endDateTime = "2020-01-01T00:00:00Z";
  expect(await refusal()).toEqual([7000222]);
  principal.accountEnabled = false;
  expect(await refusal()).toEqual([7000112]);
  azure.world.servicePrincipals = azure.world.servicePrincipals.filter((one) => one !== principal);
  expect(await refusal()).toEqual([7000229]);
});

test("signs a user in by password and refresh token, unless multi-factor authentication is required", async () => {
  const { tenantId } = azure.world;
  azure.world.users.push({
    id: "66666666-6666-6666-6666-666666666666",
    tenantId,
    userPrincipalName: "jane@example.com",
    password: "p",
    refreshTokens: [],
    graphRoles: [],
  });
  const user = azure.world.users.at(-1);
  const common = {
    client_id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    client_secret: undefined,
    scope: "https://management.core.windows.net//.default openid profile offline_access",
  };
  const byPassword = { ...common, grant_type: "password", username: "jane@example.com", password: "p" };

  const first = await signIn(byPassword, "organizations");
  expect(Buffer.from(String(first.json.client_info), "base64url").toString()).toBe(JSON.stringify({ uid: user?.id, utid: tenantId }));
  const second = await signIn({ ...common, grant_type: "refresh_token", refresh_token: String(first.json.refresh_token) });
  expect(claimsOf(String(second.json.access_token))).toMatchObject({ upn: "jane@example.com", oid: user?.id });
  expect((await signIn({ ...byPassword, password: "wrong" })).json.error_codes).toEqual([50126]);

  Object.assign(user ?? {}, {
    refusal: { error: "interaction_required", number: 50076, message: "You must use multi-factor authentication." },
  });
  expect((await signIn(byPassword)).json).toMatchObject({ error: "interaction_required", error_codes: [50076] });
});

test("answers discovery as MSAL reads it", async () => {
  const openid = await azure.ask("GET", `${entra}/${azure.owner.tenantId}/v2.0/.well-known/openid-configuration`);
  expect(openid.json.token_endpoint).toBe(`${entra}/${azure.owner.tenantId}/oauth2/v2.0/token`);
  expect((await azure.ask("GET", `${entra}/common/userrealm/jane@example.com?api-version=1.0`)).json).toMatchObject({
    account_type: "Managed",
  });
});

test("lets @azure/identity sign in from the environment alone", async () => {
  const program = `
    import { EnvironmentCredential } from "@azure/identity";
    const { token } = await new EnvironmentCredential().getToken("${audiences.arm}/.default");
    process.stdout.write(token);`;

  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, ...azure.env },
  });

  expect(claimsOf(stdout)).toMatchObject({ appid: azure.owner.clientId, aud: audiences.arm });
  const listed = await azure.ask("GET", `${audiences.arm}/subscriptions?api-version=2022-12-01`, { token: stdout });
  expect(listed.json.value).toHaveLength(1);
});
