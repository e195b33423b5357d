import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Registry, Token } from "../../../sandbox/azure/world.ts";
import { audiences, claimsOf, type Login, loginServer, registryId, startTestAzure, type TestAzure } from "./world.ts";

let azure: TestAzure;
let registry: Registry;
let puller: Login & { objectId: string };

const home = `https://${loginServer}`;
const nullGuid = "00000000-0000-0000-0000-000000000000";

beforeAll(async () => {
  azure = await startTestAzure([
    { name: "myregistry" },
    { name: "secondregistry" },
    { name: "otherregistry", tenantId: "99999999-9999-9999-9999-999999999999" },
  ]);
  const [first] = azure.world.registries;
  if (!first) throw new Error("there is no registry");
  registry = first;
  puller = await azure.addServicePrincipal("puller", [{ role: "AcrPull", registry: "myregistry" }]);
  await azure.push(`${loginServer}/app/web:1`);
  await azure.push(`${loginServer}/secret/vault:1`);
}, 1_800_000);
afterAll(() => azure.stop());

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

const newToken = (): Token => ({
  name: "puller",
  creationDate: "2026-01-01T00:00:00Z",
  status: "enabled",
  scopeMapId: `${registryId}/scopeMaps/ours`,
  pollsLeft: 0,
  passwords: {
    password1: { value: "one", creationTime: "2026-01-01T00:00:00Z", since: 0 },
    password2: { value: "two", creationTime: "2026-01-01T00:00:00Z", expiry: "2020-01-01T00:00:00Z", since: 0 },
  },
});

type Credential = { username: string; password: string };

/** The three ways to a registry's access token. */
const ways = {
  "GET with Basic": (login: Credential, scope: string) =>
    azure.ask("GET", `${home}/oauth2/token?${new URLSearchParams({ service: loginServer, scope })}`, { login }),
  "POST password": (login: Credential, scope: string) =>
    azure.ask("POST", `${home}/oauth2/token`, { form: { grant_type: "password", service: loginServer, scope, ...login } }),
};

const accessTo = async (login: Credential, scope: string): Promise<string> =>
  String((await ways["GET with Basic"](login, scope)).json.access_token);
const manifest = (token: string | undefined, repository = "app/web", reference = "1") =>
  azure.ask("GET", `${home}/v2/${repository}/manifests/${reference}`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    ...(token !== undefined && { token }),
  });
const refreshToken = async (login: Login, audience = audiences.acr): Promise<string> =>
  String((await exchange({ access_token: await azure.accessToken(login, audience) })).json.refresh_token);
const exchange = (fields: Record<string, string>) =>
  azure.ask("POST", `${home}/oauth2/exchange`, { form: { grant_type: "access_token", service: loginServer, ...fields } });

test.for([
  { path: "/v2/", challenge: `Bearer realm="${home}/oauth2/token",service="${loginServer}"`, detail: null },
  {
    path: "/v2/app/web/manifests/1",
    challenge: `Bearer realm="${home}/oauth2/token",service="${loginServer}",scope="repository:app/web:pull"`,
    detail: [{ Type: "repository", Name: "app/web", Action: "pull" }],
  },
  {
    path: "/v2/app/web/tags/list",
    challenge: `Bearer realm="${home}/oauth2/token",service="${loginServer}",scope="repository:app/web:metadata_read"`,
    detail: [{ Type: "repository", Name: "app/web", Action: "metadata_read" }],
  },
  {
    path: "/v2/_catalog",
    challenge: `Bearer realm="${home}/oauth2/token",service="${loginServer}",scope="registry:catalog:*"`,
    detail: [{ Type: "registry", Name: "catalog", Action: "*" }],
  },
])("$path asks for a login", async ({ path, challenge, detail }) => {
  const { status, headers, json } = await azure.ask("GET", `${home}${path}`);

  expect(status).toBe(401);
  expect(headers["www-authenticate"]).toBe(challenge);
  expect(json).toMatchObject({ errors: [{ code: "UNAUTHORIZED", detail }] });
});

test.for(Object.keys(ways) as (keyof typeof ways)[])(
  "%s: a token's password gives an access token for 75 minutes that pulls",
  async (way) => {
    const { status, json } = await ways[way]({ username: "puller", password: "one" }, "repository:app/web:pull,push");

    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual(["access_token"]);
    const claims = claimsOf(String(json.access_token));
    expect(claims).toMatchObject({
      iss: "Azure Container Registry",
      aud: loginServer,
      sub: "puller",
      access: [{ type: "repository", name: "app/web", actions: ["pull"] }],
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(4500);
    expect((await manifest(String(json.access_token))).status).toBe(200);
  },
);

const refusals: { why: string; login: () => Credential | Promise<Credential>; before?: () => void }[] = [
  { why: "a wrong password", login: () => ({ username: "puller", password: "One" }) },
  { why: "an empty password", login: () => ({ username: "puller", password: "" }) },
  { why: "an expired password", login: () => ({ username: "puller", password: "two" }) },
  { why: "an unknown user", login: () => ({ username: "nobody", password: "one" }) },
  { why: "a token's resource id as user name", login: () => ({ username: `${registryId}/tokens/puller`, password: "one" }) },
  {
    why: "a disabled token",
    login: () => ({ username: "puller", password: "one" }),
    before: () => Object.assign(registry.tokens[0] ?? {}, { status: "disabled" }),
  },
  { why: "the admin user while it is disabled", login: () => ({ username: "myregistry", password: registry.adminPasswords.password }) },
  { why: "a service principal with a wrong secret", login: () => ({ username: puller.clientId, password: "no" }) },
  { why: "a service principal by its object id", login: () => ({ username: puller.objectId, password: puller.clientSecret }) },
  {
    why: "a service principal without a role",
    login: async () => {
      const { clientId, clientSecret } = await azure.addServicePrincipal("no role");
      return { username: clientId, password: clientSecret };
    },
  },
  {
    why: "a service principal with a role on another registry",
    login: async () => {
      const { clientId, clientSecret } = await azure.addServicePrincipal("elsewhere", [{ role: "AcrPull", registry: "secondregistry" }]);
      return { username: clientId, password: clientSecret };
    },
  },
  {
    why: "an Entra token in the place of a refresh token",
    login: async () => ({ username: nullGuid, password: await azure.accessToken(puller, audiences.acr) }),
  },
];

test.for(refusals)("$why is refused by every way, and logged", async ({ login, before }) => {
  before?.();
  const offered = await login();

  for (const way of Object.values(ways)) {
    const { status, json } = await way(offered, "repository:app/web:pull");
    expect(status).toBe(401);
    expect(json).toEqual({
      errors: [
        {
          code: "UNAUTHORIZED",
          message: "authentication required, visit https://aka.ms/acr/authorization for more information.",
          detail: null,
        },
      ],
    });
  }
  const entry = { step: "token", host: loginServer, user: offered.username, repository: "app/web", reference: "", verdict: "refused" };
  expect(azure.calls.dataPlane()).toEqual([entry, entry]);
});

test("a repository outside the scope map: a token all the same, and only the manifest is refused", async () => {
  const token = await accessTo({ username: "puller", password: "one" }, "repository:secret/vault:pull");
  const answer = await manifest(token, "secret/vault");

  expect(claimsOf(token).access).toEqual([{ type: "repository", name: "secret/vault", actions: [] }]);
  expect(answer.status).toBe(401);
  expect(answer.headers["www-authenticate"]).toContain('scope="repository:secret/vault:pull",error="insufficient_scope"');
  expect(azure.calls.dataPlane().map(({ step, repository, verdict }) => [step, repository, verdict])).toEqual([
    ["token", "secret/vault", "granted"],
    ["manifest", "secret/vault", "insufficient_scope"],
  ]);
});

test("a change of the scope map holds for the next access token", async () => {
  const map = registry.scopeMaps.find(({ name }) => name === "ours");
  map?.actions.push("repositories/secret/vault/content/read");

  expect(
    (await manifest(await accessTo({ username: "puller", password: "one" }, "repository:secret/vault:pull"), "secret/vault")).status,
  ).toBe(200);
  registry.scopeMaps = registry.scopeMaps.filter((one) => one !== map);
  expect((await manifest(await accessTo({ username: "puller", password: "one" }, "repository:app/web:pull"))).status).toBe(401);
});

test.for([
  { actions: ["repositories/*/content/read"], pulls: true },
  { actions: ["repositories/app/web/content/read"], pulls: true },
  { actions: ["repositories/app/*/content/read"], pulls: true },
  { actions: ["repositories/ap/*/content/read"], pulls: false },
  { actions: ["repositories/app/we/content/read"], pulls: false },
  { actions: ["repositories/app/web/metadata/read", "repositories/app/web/content/write"], pulls: false },
])("a scope map with $actions pulls app/web: $pulls", async ({ actions, pulls }) => {
  Object.assign(registry.scopeMaps.at(-1) ?? {}, { actions });

  expect((await manifest(await accessTo({ username: "puller", password: "one" }, "repository:app/web:pull"))).status).toBe(
    pulls ? 200 : 401,
  );
});

test("an unknown tag and an unknown repository are not found", async () => {
  const login = { username: "puller", password: "one" };

  for (const [repository, reference] of [
    ["app/web", "2"],
    ["app/none", "1"],
  ] as const) {
    const answer = await manifest(await accessTo(login, `repository:${repository}:pull`), repository, reference);
    expect([answer.status, answer.json.errors?.[0]?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
  }
  expect(azure.calls.dataPlane().at(-1)).toMatchObject({ step: "manifest", verdict: "not found" });
});

test("forged, foreign and swapped tokens are refused", async () => {
  const good = await accessTo({ username: "puller", password: "one" }, "repository:app/web:pull");
  const [head = "", claims = "", signature = ""] = good.split(".");
  const wider = Buffer.from(Buffer.from(claims, "base64url").toString().replace("app/web", "secret/vault")).toString("base64url");
  const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.`;
  azure.world.registries[1]?.tokens.push(newToken());
  Object.assign(azure.world.registries[1]?.tokens[0] ?? {}, {
    scopeMapId: `${registryId.replace("myregistry", "secondregistry")}/scopeMaps/_repositories_pull`,
  });
  const query = new URLSearchParams({ service: "secondregistry.azurecr.io", scope: "repository:app/web:pull" });
  const foreign = await azure.ask("GET", `https://secondregistry.azurecr.io/oauth2/token?${query}`, {
    login: { username: "puller", password: "one" },
  });
  expect(claimsOf(String(foreign.json.access_token)).access?.[0]?.actions).toEqual(["pull"]);

  for (const token of [
    `${head}.${wider}.${signature}`,
    unsigned,
    String(foreign.json.access_token),
    await refreshToken(puller),
    await azure.accessToken(puller, audiences.acr),
    "x",
  ]) {
    const answer = await manifest(token, token.includes(wider) ? "secret/vault" : "app/web");
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toContain('error="invalid_token"');
  }
});

test("the real registry behind it decides too, by the same token", async () => {
  const good = await accessTo({ username: "puller", password: "one" }, "repository:app/web:pull");
  const ask = (token: string, repository: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, accept: "application/vnd.oci.image.manifest.v1+json" };
      request({ socketPath: join(azure.folder, loginServer, "socket"), path: `/v2/${repository}/manifests/1`, headers }, (answer) => {
        resolve(answer.resume().statusCode);
      })
        .on("error", reject)
        .end();
    });

  expect(await ask(good, "app/web")).toBe(200);
  expect(await ask(good, "secret/vault")).toBe(401);
  expect(await ask(`${good.slice(0, -8)}AAAAAAAA`, "app/web")).toBe(401);
});

test("an access token and a refresh token that are over are refused", async () => {
  const login = { username: "puller", password: "one" };
  Object.assign(azure.world.lifetimes, { access: -1, refresh: -1 });
  const [access, refresh] = [await accessTo(login, "repository:app/web:pull"), await refreshToken(puller)];
  Object.assign(azure.world.lifetimes, { access: 4500, refresh: 3 * 3600 });

  expect((await manifest(access)).headers["www-authenticate"]).toContain('error="invalid_token"');
  expect((await ways["GET with Basic"]({ username: nullGuid, password: refresh }, "repository:app/web:pull")).status).toBe(401);
});

test("an Entra token is exchanged for a refresh token, and that for an access token", async () => {
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

test.for([
  { why: "a Graph token", audience: audiences.graph, fields: {}, status: 401 },
  { why: "another service", audience: audiences.acr, fields: { service: "secondregistry.azurecr.io" }, status: 400 },
  { why: "another tenant", audience: audiences.acr, fields: { tenant: "99999999-9999-9999-9999-999999999999" }, status: 401 },
  { why: "no token", audience: audiences.acr, fields: { access_token: "" }, status: 401 },
  { why: "another grant", audience: audiences.acr, fields: { grant_type: "refresh_token" }, status: 400 },
])("an exchange with $why is refused", async ({ audience, fields, status }) => {
  expect((await exchange({ access_token: await azure.accessToken(puller, audience), ...fields })).status).toBe(status);
});

test("an ARM token is exchanged unless the registry's policy forbids it", async () => {
  const access_token = await azure.accessToken(puller, audiences.arm);

  expect((await exchange({ access_token, tenant: puller.tenantId })).status).toBe(200);
  registry.armAudience = "disabled";
  expect((await exchange({ access_token })).status).toBe(401);
});

test("exchange is POST only, and needs a role in the registry's own tenant", async () => {
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

test.for([
  { why: "no service", query: "scope=repository:app/web:pull" },
  { why: "another service", query: "service=evil.azurecr.io&scope=repository:app/web:pull" },
  { why: "a malformed scope", query: `service=${loginServer}&scope=app/web` },
])("the token endpoint refuses $why", async ({ query }) => {
  expect((await azure.ask("GET", `${home}/oauth2/token?${query}`, { login: { username: "puller", password: "one" } })).status).toBe(400);
});

test("several scopes, in one parameter or in many", async () => {
  const login = { username: "puller", password: "one" };
  const query = `service=${loginServer}&scope=repository:app/web:pull%20repository:app/api:pull&scope=repository:secret/vault:pull`;

  const { json } = await azure.ask("GET", `${home}/oauth2/token?${query}`, { login });

  expect(claimsOf(String(json.access_token)).access?.map(({ name, actions }) => `${name}:${actions}`)).toEqual([
    "app/web:pull",
    "app/api:pull",
    "secret/vault:",
  ]);
});

test("tags are metadata: content/read alone does not list them, metadata/read does, a service principal may", async () => {
  const list = async (login: Credential, scope: string) =>
    azure.ask("GET", `${home}/v2/app/web/tags/list`, { token: await accessTo(login, scope) });
  const times = async (login: Credential) =>
    azure.ask("GET", `${home}/acr/v1/app/web/_tags?orderby=timedesc&n=1`, {
      token: await accessTo(login, "repository:app/web:metadata_read"),
    });
  const token = { username: "puller", password: "one" };

  expect((await list(token, "repository:app/web:pull,metadata_read")).status).toBe(401);
  expect((await times(token)).status).toBe(401);
  registry.scopeMaps.at(-1)?.actions.push("repositories/app/web/metadata/read");
  expect((await list(token, "repository:app/web:metadata_read")).json).toEqual({ name: "app/web", tags: ["1"] });
  expect((await list({ username: puller.clientId, password: puller.clientSecret }, "repository:app/web:pull")).status).toBe(200);
  await azure.push(`${loginServer}/app/web:0-newest`);
  expect((await times(token)).json).toMatchObject({ registry: loginServer, imageName: "app/web", tags: [{ name: "0-newest" }] });
});

test("a layer comes from the data host, by a signed address and without the login", async () => {
  const token = await accessTo({ username: "puller", password: "one" }, "repository:app/web:pull");
  const layer = (await manifest(token)).json.layers?.[0]?.digest;

  const { status, headers } = await azure.ask("GET", `${home}/v2/app/web/blobs/${layer}`, { token });
  const location = String(headers.location);

  expect(status).toBe(307);
  expect(new URL(location).host).toBe("myregistry.eastus.data.azurecr.io");
  expect((await azure.ask("GET", location, { headers: { range: "bytes=0-0" } })).status).toBe(206);
  expect((await azure.ask("GET", location, { token })).status).toBe(400);
  expect((await azure.ask("GET", location.replace(/sig=.*/, "sig=x"))).status).toBe(403);
});

test("the admin user pulls and pushes while it is enabled", async () => {
  registry.adminUserEnabled = true;
  const token = await accessTo(
    { username: "myregistry", password: registry.adminPasswords.password2 },
    "repository:app/web:pull,push,delete",
  );

  expect(claimsOf(token).access?.[0]?.actions).toEqual(["pull", "push", "delete"]);
  expect((await manifest(token)).status).toBe(200);
});

test("anonymous pull, where it is allowed; a wrong login breaks it even then", async () => {
  const anonymous = () => azure.ask("GET", `${home}/oauth2/token?service=${loginServer}&scope=repository:app/web:pull,push`);

  expect((await anonymous()).status).toBe(401);
  registry.anonymousPullEnabled = true;
  const { json } = await anonymous();
  expect(claimsOf(String(json.access_token)).access?.[0]?.actions).toEqual(["pull"]);
  expect((await manifest(String(json.access_token))).status).toBe(200);
  expect((await ways["GET with Basic"]({ username: "puller", password: "no" }, "repository:app/web:pull")).status).toBe(401);
});

test("a registry whose network is closed denies everything", async () => {
  registry.publicNetworkAccess = "Disabled";

  for (const path of ["/v2/", "/oauth2/token"]) {
    const { status, json } = await azure.ask("GET", `${home}${path}`);
    expect([status, json.errors?.[0]?.code]).toEqual([403, "DENIED"]);
  }
});
