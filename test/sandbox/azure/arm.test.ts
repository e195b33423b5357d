import { expect, test } from "vitest";
import { addRegistry } from "../../../sandbox/azure/create-world.ts";
import { audiences, type Login, openTestAzure, registryId } from "./world.ts";

const subscription = "/subscriptions/22222222-2222-2222-2222-222222222222";
const registries = `${subscription}/providers/Microsoft.ContainerRegistry/registries`;

const azure = await openTestAzure();
const made = async (role: string, registry?: string) =>
  azure.addServicePrincipal(role, [registry === undefined ? role : { role, registry }]);
const logins: Readonly<Record<string, Login>> = {
  nobody: await azure.addServicePrincipal("nobody"),
  reader: await made("Reader"),
  contributor: await made("Contributor"),
  owner: await made("Owner", "myregistry"),
  puller: await made("AcrPull", "myregistry"),
  "role administrator": await made("Role Based Access Control Administrator"),
};
const as = (name: string): Login => logins[name] ?? azure.owner;

const bearer = async (audience: string) => ({ authorization: `Bearer ${await azure.accessToken(azure.owner, audience)}` });

async function changedToken() {
  const [head, claims = "", signature] = (await azure.accessToken(azure.owner, audiences.arm)).split(".");
  const changed = Buffer.from(claims, "base64url").toString().replace('"ver":"1.0"', '"ver":"1.1"');
  return { authorization: `Bearer ${[head, Buffer.from(changed).toString("base64url"), signature].join(".")}` };
}

async function expiredToken() {
  azure.world.lifetimes.entra = -1;
  const headers = await bearer(audiences.arm);
  azure.world.lifetimes.entra = 3599;
  return headers;
}

test.for<{ what: string; headers: () => object | Promise<object>; code: string }>([
  { what: "a request without a token", headers: () => ({}), code: "AuthenticationFailed" },
  { what: "another kind of login", headers: () => ({ authorization: "Basic eDp5" }), code: "AuthenticationFailedInvalidHeader" },
  {
    what: "a token without a signature",
    headers: () => ({ authorization: "Bearer eyJhbGciOiJub25lIn0.eyJvaWQiOiJ4In0." }),
    code: "InvalidAuthenticationToken",
  },
  { what: "a changed token", headers: changedToken, code: "InvalidAuthenticationToken" },
  { what: "a token for Microsoft Graph", headers: () => bearer(audiences.graph), code: "InvalidAuthenticationTokenAudience" },
  { what: "a token for registries", headers: () => bearer(audiences.acr), code: "InvalidAuthenticationTokenAudience" },
  { what: "an expired token", headers: expiredToken, code: "ExpiredAuthenticationToken" },
])("rejects $what: $code", async ({ headers, code }) => {
  const { status, json } = await azure.ask("GET", `${audiences.arm}${registries}?api-version=2025-11-01`, {
    headers: (await headers()) as Record<string, string>,
  });

  expect([status, json.error?.code]).toEqual([401, code]);
});

test.for([
  { path: "/subscriptions", version: undefined, code: "MissingApiVersionParameter" },
  { path: "/subscriptions", version: "latest", code: "InvalidApiVersionParameter" },
  { path: "/subscriptions", version: "1999-01-01", code: "InvalidApiVersionParameter" },
  { path: registryId, version: "2022-12-01", code: "NoRegisteredProviderFound" },
  { path: `${registryId}/tokens`, version: "2022-04-01", code: "NoRegisteredProviderFound" },
  { path: `${registryId}/providers/Microsoft.Authorization/roleAssignments`, version: "2025-11-01", code: "NoRegisteredProviderFound" },
])("rejects $path with api-version $version: $code", async ({ path, version, code }) => {
  const token = await azure.accessToken(azure.owner, audiences.arm);

  const { status, json } = await azure.ask("GET", `${audiences.arm}${path}${version === undefined ? "" : `?api-version=${version}`}`, {
    token,
  });

  expect(status).toBe(400);
  expect(json.error?.code).toBe(code);
});

test.for(["2025-11-01", "2026-09-01-preview", "2025-03-01-preview", "2024-11-01-preview"])(
  "serves a registry with api-version %s",
  async (version) => {
    const { status, json } = await azure.arm(azure.owner, "GET", `${registryId}?api-version=${version}`);

    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: registryId,
      name: "myregistry",
      sku: { name: "Standard" },
      properties: { loginServer: "myregistry.azurecr.io" },
    });
    expect("roleAssignmentMode" in (json.properties ?? {})).toBe(version !== "2024-11-01-preview");
  },
);

test("names the right tenant in the sentence and in the header", async () => {
  const { json, headers } = await azure.arm(
    azure.owner,
    "GET",
    "/subscriptions/88888888-8888-8888-8888-888888888888/providers/Microsoft.ContainerRegistry/registries",
  );

  expect(json.error?.message).toContain("https://sts.windows.net/99999999-9999-9999-9999-999999999999/");
  expect(headers["www-authenticate"]).toContain("99999999-9999-9999-9999-999999999999");
});

test.for([
  {
    path: "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.ContainerRegistry/registries",
    status: 404,
    code: "SubscriptionNotFound",
  },
  {
    path: "/subscriptions/88888888-8888-8888-8888-888888888888/providers/Microsoft.ContainerRegistry/registries",
    status: 401,
    code: "InvalidAuthenticationTokenTenant",
  },
  { path: registryId.replace("demo", "gone"), status: 404, code: "ResourceGroupNotFound" },
  { path: registryId.replace("myregistry", "norregistry"), status: 404, code: "ResourceNotFound" },
  { path: `${registryId}/tokens/nothing`, status: 404, code: "ResourceNotFound" },
  { path: `${registryId}/scopeMaps/nothing`, status: 404, code: "ResourceNotFound" },
  { path: `${registryId}/operationStatuses/nothing`, status: 404, code: "ResourceNotFound" },
  { path: `${registryId}/webhooks`, status: 404, code: "InvalidResourceType" },
])("answers $code when $path does not exist", async ({ path, status, code }) => {
  const answer = await azure.arm(azure.owner, "GET", path);

  expect([answer.status, answer.json.error?.code]).toEqual([status, code]);
});

test.for([
  { who: "nobody", read: 403, list: 403, write: 403, admin: 403, roles: 403, name: 403 },
  { who: "puller", read: 403, list: 200, write: 403, admin: 403, roles: 403, name: 403 },
  { who: "reader", read: 200, list: 200, write: 403, admin: 403, roles: 403, name: 200 },
  { who: "role administrator", read: 200, list: 200, write: 403, admin: 403, roles: 400, name: 200 },
  { who: "contributor", read: 200, list: 200, write: 404, admin: 400, roles: 403, name: 200 },
  { who: "owner", read: 200, list: 200, write: 404, admin: 400, roles: 400, name: 403 },
])(
  "allows $who to read: $read, list: $list, generate a password: $write, read the admin's: $admin, assign roles: $roles, check a name: $name",
  async (row) => {
    const login = as(row.who);
    const status = async (method: string, path: string, json?: unknown) => (await azure.arm(login, method, path, json)).status;
    const assignment = `${registryId}/providers/Microsoft.Authorization/roleAssignments/not-a-guid?api-version=2022-04-01`;

    expect({
      who: row.who,
      read: await status("GET", registryId),
      list: await status("GET", registries),
      write: await status("POST", `${registryId}/generateCredentials`, { tokenId: "nothing" }),
      admin: await status("POST", `${registryId}/listCredentials`),
      roles: await status("PUT", assignment, {}),
      name: await status("POST", `${subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability`, {
        name: "other1",
        type: "Microsoft.ContainerRegistry/registries",
      }),
    }).toEqual(row);
  },
);

test("lists only the registries that the identity may read", async () => {
  expect((await azure.arm(as("puller"), "GET", registries)).json.value).toEqual([]);
  expect((await azure.arm(as("owner"), "GET", registries)).json.value).toMatchObject([{ name: "myregistry" }]);
  const filter = encodeURIComponent("resourceType eq 'Microsoft.ContainerRegistry/registries'");
  const resources = await azure.arm(as("reader"), "GET", `${subscription}/resources?$filter=${filter}&api-version=2024-11-01`);
  expect(resources.json.value).toMatchObject([{ id: registryId, type: "Microsoft.ContainerRegistry/registries" }]);
});

test("lists registries in pages", async () => {
  for (const name of ["second", "third"]) addRegistry(azure.world, { name, resourceGroup: "more" });
  azure.world.pageSize = 2;

  const first = await azure.arm(azure.owner, "GET", registries);
  const second = await azure.ask("GET", String(first.json.nextLink), { token: await azure.accessToken(azure.owner, audiences.arm) });
  azure.world.pageSize = 100;

  const names = [...(first.json.value ?? []), ...(second.json.value ?? [])].map(({ name }) => name);
  expect(names).toEqual(["myregistry", "second", "third"]);
  expect(second.json.nextLink).toBeUndefined();
});

test.for([
  { name: "MyRegistry", answer: { nameAvailable: false, reason: "AlreadyExists" } },
  { name: "my-registry", answer: { nameAvailable: false, reason: "Invalid" } },
  { name: "abcd", answer: { nameAvailable: false, reason: "Invalid" } },
  { name: "myregistri", answer: { nameAvailable: true } },
])("answers checkNameAvailability of $name: $answer", async ({ name, answer }) => {
  const check = { name, type: "Microsoft.ContainerRegistry/registries" };

  expect(
    (await azure.arm(azure.owner, "POST", `${subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability`, check)).json,
  ).toMatchObject(answer);
});

test("lists the subscriptions in which the identity has a role", async () => {
  const names = async (login: Login) =>
    (await azure.arm(login, "GET", "/subscriptions?api-version=2022-12-01")).json.value?.map((one) => one.subscriptionId);

  expect(await names(as("puller"))).toEqual(["22222222-2222-2222-2222-222222222222"]);
  expect(await names(as("nobody"))).toEqual([]);
});

test("returns the identity's permissions on the registry", async () => {
  const path = `${registryId}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;

  expect((await azure.arm(as("puller"), "GET", path)).json.value).toEqual([
    { actions: ["Microsoft.ContainerRegistry/registries/pull/read"], notActions: [], dataActions: [], notDataActions: [] },
  ]);
  expect((await azure.arm(as("contributor"), "GET", path)).json.value?.[0]?.notActions).toContain("Microsoft.Authorization/*/Write");
});

test("returns the admin user's passwords while it is enabled, and regenerates each alone", async () => {
  expect((await azure.arm(azure.owner, "POST", `${registryId}/listCredentials`)).json.error?.code).toBe(
    "UnAuthorizedForCredentialOperations",
  );
  expect((await azure.arm(azure.owner, "PATCH", registryId, { properties: { adminUserEnabled: true } })).status).toBe(200);

  const before = (await azure.arm(azure.owner, "POST", `${registryId}/listCredentials`)).json;
  const after = (await azure.arm(azure.owner, "POST", `${registryId}/regenerateCredential`, { name: "password2" })).json;

  expect(before).toMatchObject({ username: "myregistry", passwords: [{ name: "password" }, { name: "password2" }] });
  expect(after.passwords?.[0]).toEqual(before.passwords?.[0]);
  expect(after.passwords?.[1]?.value).not.toBe(before.passwords?.[1]?.value);
});

test("describes the cloud without a login", async () => {
  const { status, json } = await azure.ask("GET", `${audiences.arm}/metadata/endpoints?api-version=2022-09-01`);

  expect(status).toBe(200);
  expect(json).toMatchObject({ name: "AzureCloud", suffixes: { acrLoginServer: "azurecr.io" } });
});
