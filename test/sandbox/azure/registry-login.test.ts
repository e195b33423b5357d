import { expect, test } from "vitest";
import { accessTo, azure, type Credential, home, manifest, nullGuid, puller, refreshToken, registry, ways } from "./registry-world.ts";
import { audiences, claimsOf, loginServer, registryId } from "./world.ts";

test.for(Object.keys(ways) as (keyof typeof ways)[])("%s: issues an access token for 75 minutes that pulls", async (way) => {
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
});

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

test.for(refusals)("refuses $why in every way, and logs it", async ({ login, before }) => {
  before?.();
  const offered = await login();

  for (const way of Object.values(ways)) {
    const { status, json } = await way(offered, "repository:app/web:pull");
    expect(status).toBe(401);
    expect(json).toEqual({
      errors: [
        {
          code: "UNAUTHORIZED",
          message: expect.stringMatching(
            /^authentication required, visit https:\/\/aka\.ms\/acr\/authorization for more information\. CorrelationId: [0-9a-f-]{36}$/,
          ),
        },
      ],
    });
  }
  const { username: user, password } = offered;
  const entry = { step: "token", host: loginServer, user, password, repository: "app/web", reference: "", verdict: "refused" };
  expect(azure.calls.dataPlane()).toEqual([entry, entry]);
});

test("refuses expired access and refresh tokens", async () => {
  const login = { username: "puller", password: "one" };
  Object.assign(azure.world.lifetimes, { access: -1, refresh: -1 });
  const [access, refresh] = [await accessTo(login, "repository:app/web:pull"), await refreshToken(puller)];
  Object.assign(azure.world.lifetimes, { access: 4500, refresh: 3 * 3600 });

  expect((await manifest(access)).headers["www-authenticate"]).toContain('error="invalid_token"');
  expect((await ways["GET with Basic"]({ username: nullGuid, password: refresh }, "repository:app/web:pull")).status).toBe(401);
});

test.for([
  { why: "no service", query: "scope=repository:app/web:pull" },
  { why: "another service", query: "service=evil.azurecr.io&scope=repository:app/web:pull" },
  { why: "a malformed scope", query: `service=${loginServer}&scope=app/web` },
])("refuses $why at the token endpoint", async ({ query }) => {
  expect((await azure.ask("GET", `${home}/oauth2/token?${query}`, { login: { username: "puller", password: "one" } })).status).toBe(400);
});

test("accepts several scopes in one parameter or in several", async () => {
  const login = { username: "puller", password: "one" };
  const query = `service=${loginServer}&scope=repository:app/web:pull%20repository:app/api:pull&scope=repository:secret/vault:pull`;

  const { json } = await azure.ask("GET", `${home}/oauth2/token?${query}`, { login });

  expect(claimsOf(String(json.access_token)).access?.map(({ name, actions }) => `${name}:${actions}`)).toEqual([
    "app/web:pull",
    "app/api:pull",
    "secret/vault:",
  ]);
});

test("lets the admin user pull and push while it is enabled", async () => {
  registry.adminUserEnabled = true;
  const token = await accessTo(
    { username: "myregistry", password: registry.adminPasswords.password2 },
    "repository:app/web:pull,push,delete",
  );

  expect(claimsOf(token).access?.[0]?.actions).toEqual(["pull", "push", "delete"]);
  expect((await manifest(token)).status).toBe(200);
});

test("allows anonymous pull when it is enabled, but not with a wrong login", async () => {
  const anonymous = () => azure.ask("GET", `${home}/oauth2/token?service=${loginServer}&scope=repository:app/web:pull,push`);

  expect((await anonymous()).status).toBe(401);
  registry.anonymousPullEnabled = true;
  const { json } = await anonymous();
  expect(claimsOf(String(json.access_token)).access?.[0]?.actions).toEqual(["pull"]);
  expect((await manifest(String(json.access_token))).status).toBe(200);
  expect((await ways["GET with Basic"]({ username: "puller", password: "no" }, "repository:app/web:pull")).status).toBe(401);
});
