import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { accessTo, azure, type Credential, home, manifest, newToken, puller, refreshToken, registry } from "./registry-world.ts";
import { audiences, claimsOf, loginServer, registryId } from "./world.ts";

test.for([
  {
    path: "/v2/app/web/manifests/1",
    challenge: `Bearer realm="${home}/oauth2/token",service="${loginServer}",scope="repository:app/web:pull"`,
    detail: [{ Type: "repository", Name: "app/web", Action: "pull" }],
  },
  {
    path: "/v2/_catalog",
    challenge: `Bearer realm="${home}/oauth2/token",service="${loginServer}",scope="registry:catalog:*"`,
    detail: [{ Type: "registry", Name: "catalog", Action: "*" }],
  },
])("requires a login for $path", async ({ path, challenge, detail }) => {
  const { status, headers, json } = await azure.ask("GET", `${home}${path}`);

  expect(status).toBe(401);
  expect(headers["www-authenticate"]).toBe(challenge);
  expect(json).toMatchObject({ errors: [{ code: "UNAUTHORIZED", detail }] });
});

test("issues a token for a repository outside the scope map, and refuses only the manifest", async () => {
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

test("can refuse the manifest without naming the error", async () => {
  azure.faults.add({ kind: "unnamedScope" });
  const answer = await manifest(await accessTo({ username: "puller", password: "one" }, "repository:secret/vault:pull"), "secret/vault");
  azure.faults.reset();

  expect(answer.status).toBe(401);
  expect(answer.headers["www-authenticate"]).not.toContain("error");
  expect(answer.json).toMatchObject({ errors: [{ code: "UNAUTHORIZED", detail: [{ Action: "pull" }] }] });
});

test("applies a changed scope map to the next access token", async () => {
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
])("lets a scope map with $actions pull app/web: $pulls", async ({ actions, pulls }) => {
  Object.assign(registry.scopeMaps.at(-1) ?? {}, { actions });

  expect((await manifest(await accessTo({ username: "puller", password: "one" }, "repository:app/web:pull"))).status).toBe(
    pulls ? 200 : 401,
  );
});

test("refuses forged, foreign and swapped tokens", async () => {
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

test("lets the real registry behind it check the same token", async () => {
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

test("lists tags with metadata/read or as a service principal, but not with content/read alone", async () => {
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

test("answers at a regional host, with a realm of that host and the service of the login server", async () => {
  const region = "https://myregistry.westeurope.geo.azurecr.io";
  Object.assign(registry, { regionalEndpoints: "Enabled", replicas: ["westeurope"] });
  const login = { username: "puller", password: "one" };
  const path = "/v2/app/web/manifests/1";
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };

  const challenge = await azure.ask("GET", `${region}${path}`, { headers });
  expect(challenge.headers["www-authenticate"]).toBe(
    `Bearer realm="${region}/oauth2/token",service="${loginServer}",scope="repository:app/web:pull"`,
  );
  const query = new URLSearchParams({ service: loginServer, scope: "repository:app/web:pull" });
  const { json } = await azure.ask("GET", `${region}/oauth2/token?${query}`, { login });
  expect((await azure.ask("GET", `${region}${path}`, { headers, token: String(json.access_token) })).status).toBe(200);

  Object.assign(registry, { regionalEndpoints: "Disabled", replicas: [] });
  await expect(azure.ask("GET", `${region}${path}`, { headers })).rejects.toThrow();
});

test.for([
  { dataEndpointEnabled: false, host: "eastusmanaged1.blob.core.windows.net" },
  { dataEndpointEnabled: true, host: "myregistry.eastus.data.azurecr.io" },
])("serves a layer from $host, by a signed address and without the login", async ({ dataEndpointEnabled, host }) => {
  Object.assign(azure.world.registries[0] ?? {}, { dataEndpointEnabled });
  const token = await accessTo({ username: "puller", password: "one" }, "repository:app/web:pull");
  const layer = (await manifest(token)).json.layers?.[0]?.digest;

  const { status, headers } = await azure.ask("GET", `${home}/v2/app/web/blobs/${layer}`, { token });
  const location = String(headers.location);

  expect(status).toBe(307);
  expect(new URL(location).host).toBe(host);
  expect((await azure.ask("GET", location, { headers: { range: "bytes=0-0" } })).status).toBe(206);
  expect((await azure.ask("GET", location, { token })).status).toBe(400);
  expect((await azure.ask("GET", location.replace(/sig=.*/, "sig=x"))).status).toBe(403);
});
