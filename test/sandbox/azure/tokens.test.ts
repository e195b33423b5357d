import { expect, test } from "vitest";
import { asOwner } from "./as-owner.ts";
import { audiences, openTestAzure, registryId } from "./world.ts";

const azure = await openTestAzure();
const { arm, pulls, follow, makeToken, generate } = asOwner(azure);

/** Deletes a resource like Azure's clients: follows the newest Location until it is deleted. Returns the statuses. */
async function remove(path: string): Promise<number[]> {
  const statuses: number[] = [];
  let answer = await arm("DELETE", path);
  for (;;) {
    statuses.push(answer.status);
    if (answer.status !== 202) return statuses;
    answer = await follow(answer.headers.location);
  }
}

const tokenId = (name: string) => `${registryId}/tokens/${name}`;

test("refuses to delete a scope map that a token uses", async () => {
  await arm("PUT", "/scopeMaps/usedmap", { properties: { actions: [] } });
  await arm("PUT", "/tokens/using", { properties: { scopeMapId: `${registryId}/scopeMaps/usedmap` } });

  expect((await arm("DELETE", "/scopeMaps/usedmap")).status).toBe(409);
  expect(await remove("/tokens/using")).toEqual([202, 200]);
  expect(await remove("/scopeMaps/usedmap")).toEqual([202, 200]);
});

test.for([
  "repositories/a*/content/read",
  "repositories/a/*/b/content/read",
  "repositories/App/content/read",
  "repositories//content/read",
  "repositories/app/content/pull",
  "repositories/app/metadata/delete",
  "app/content/read",
])("refuses the action %s", async (action) => {
  expect((await arm("PUT", "/scopeMaps/wrongmap", { properties: { actions: [action] } })).json.error?.code).toBe("InvalidScopeMapAction");
});

test("generates the named password, or both without a name", async () => {
  await makeToken("twoslots");
  const values = () =>
    Object.values(azure.world.registries[0]?.tokens.find(({ name }) => name === "twoslots")?.passwords ?? {}).map(({ value }) => value);

  const both = await generate({ tokenId: tokenId("twoslots") });
  const [first, second] = values();
  expect(both.passwords?.map(({ value }) => value)).toEqual([first, second]);
  await generate({ tokenId: tokenId("twoslots"), name: "password2" });
  expect(values()[0]).toBe(first);
  expect(values()[1]).not.toBe(second);
  await generate({ tokenId: tokenId("twoslots") });
  expect(values()).not.toContain(first);
});

test("disables a token, and removes a password that a PATCH omits", async () => {
  await makeToken("patched");
  await generate({ tokenId: tokenId("patched") });

  const patched = await arm("PATCH", "/tokens/patched", {
    properties: { status: "disabled", credentials: { passwords: [{ name: "password2" }] } },
  });

  expect([patched.status, patched.headers["retry-after"]]).toEqual([201, "10"]);
  expect(patched.json.properties).toMatchObject({
    status: "disabled",
    provisioningState: "Updating",
    credentials: { passwords: [{ name: "password2" }] },
  });
  expect((await follow(patched.headers["azure-asyncoperation"])).json).toEqual({ status: "Succeeded" });
  expect(await remove("/tokens/patched")).toEqual([202, 200]);
  expect(await remove("/tokens/patched")).toEqual([204]);
  expect((await arm("GET", "/tokens/patched")).json).toEqual({
    error: { code: "ResourceNotFound", message: "The resource patched could not be found." },
    status: "Failed",
  });
});

test.for([
  { why: "a password that does not exist", passwords: [{ name: "password2" }] },
  { why: "a password twice", passwords: [{ name: "password1" }, { name: "password1" }] },
  { why: "another creation time", passwords: [{ name: "password1", creationTime: "2026-01-01T00:00:00Z" }] },
  { why: "another expiry", passwords: [{ name: "password1", expiry: "2026-01-01T00:00:00Z" }] },
  { why: "a text of its own", passwords: [{ name: "password1", value: "mine" }] },
])("changes nothing when a PATCH has $why", async ({ passwords }) => {
  if (azure.world.registries[0]?.tokens.every(({ name }) => name !== "strict")) {
    await makeToken("strict");
    await generate({ tokenId: tokenId("strict"), name: "password1" });
  }

  expect((await arm("PATCH", "/tokens/strict", { properties: { status: "disabled", credentials: { passwords } } })).status).toBe(400);
  const { json } = await arm("GET", "/tokens/strict");
  expect(json.properties).toMatchObject({ status: "enabled", credentials: { passwords: [{ name: "password1" }] } });
  // A client may send back the passwords that it has read.
  const back = { properties: { credentials: { passwords: json.properties?.credentials?.passwords } } };
  expect((await arm("PATCH", "/tokens/strict", back)).status).toBe(201);
});

test("deletes the passwords of an existing token when a PUT lists none", async () => {
  await makeToken("again");
  await generate({ tokenId: tokenId("again"), name: "password1" });
  const before = (await arm("GET", "/tokens/again")).json.properties;

  expect((await arm("PUT", "/tokens/again", { properties: { scopeMapId: before?.scopeMapId } })).status).toBe(201);

  const after = (await arm("GET", "/tokens/again")).json.properties;
  expect(after?.credentials).toEqual({ passwords: [] });
  expect(after?.creationDate).not.toBe(before?.creationDate);
});

test.for([
  { path: "/tokens/patched", body: pulls, patch: { properties: { status: "disabled" } } },
  {
    path: "/scopeMaps/patched",
    body: { properties: { actions: ["repositories/app/content/read"] } },
    patch: { properties: { description: "changed" } },
  },
])("answers a PATCH of $path with its own time as the time of creation", async ({ path, body, patch }) => {
  await arm("PUT", path, body);
  const before = (await arm("GET", path)).json.systemData as Record<string, string>;
  const answered = (await arm("PATCH", path, patch)).json.systemData as Record<string, string>;

  expect(answered["createdAt"]).toBe(answered["lastModifiedAt"]);
  expect((await arm("GET", path)).json.systemData).toMatchObject({ createdAt: before["createdAt"] });
});

test.for([
  { why: "a short name", path: "/tokens/abcd", body: pulls, code: "InvalidTokenName" },
  { why: "a name with an underscore", path: "/tokens/my_token", body: pulls, code: "InvalidTokenName" },
  { why: "a name of 51 letters", path: `/tokens/${"a".repeat(51)}`, body: pulls, code: "InvalidTokenName" },
  { why: "a scope map's name with a dot", path: "/scopeMaps/my.map", body: { properties: { actions: [] } }, code: "InvalidScopeMapName" },
  {
    why: "a scope map that does not exist",
    path: "/tokens/mytoken",
    body: { properties: { scopeMapId: `${registryId}/scopeMaps/nothing` } },
    code: "ScopeMapNotFound",
  },
  {
    why: "a scope map by its name alone",
    path: "/tokens/mytoken",
    body: { properties: { scopeMapId: "_repositories_pull" } },
    code: "ScopeMapNotFound",
  },
  { why: "no properties", path: "/tokens/mytoken", body: {}, code: "InvalidRequestContent" },
  { why: "no scope map", path: "/tokens/mytoken", body: { properties: { status: "enabled" } }, code: "InvalidRequestContent" },
  { why: "an unknown field", path: "/tokens/mytoken", body: { ...pulls, tags: {} }, code: "InvalidRequestContent" },
  {
    why: "an unknown property",
    path: "/tokens/mytoken",
    body: { properties: { ...pulls.properties, expiry: "2999-01-01T00:00:00Z" } },
    code: "InvalidRequestContent",
  },
  {
    why: "an unknown status",
    path: "/tokens/mytoken",
    body: { properties: { ...pulls.properties, status: "on" } },
    code: "InvalidRequestContent",
  },
  { why: "an action that is no text", path: "/scopeMaps/mymap", body: { properties: { actions: [1] } }, code: "InvalidRequestContent" },
])("refuses a PUT with $why: $code", async ({ path, body, code }) => {
  const { status, json } = await arm("PUT", path, body);

  expect([status, json.error?.code]).toEqual([400, code]);
});

test.for([
  { why: "no token", body: { name: "password1" }, status: 400, code: "InvalidRequestContent" },
  { why: "an unknown slot", body: { tokenId: tokenId("asked"), name: "password3" }, status: 400, code: "InvalidRequestContent" },
  { why: "an invalid expiry", body: { tokenId: tokenId("asked"), expiry: "30d" }, status: 400, code: "InvalidRequestContent" },
  {
    why: "an expiry that has passed",
    body: { tokenId: tokenId("asked"), expiry: "2020-01-01T00:00:00Z" },
    status: 400,
    code: "InvalidExpiry",
  },
  { why: "a token by its name alone", body: { tokenId: "asked" }, status: 404, code: "TokenNotFound" },
])("refuses generateCredentials with $why: $code", async ({ body, status, code }) => {
  if (azure.world.registries[0]?.tokens.every(({ name }) => name !== "asked")) await makeToken("asked");

  const answer = await arm("POST", "/generateCredentials", body);

  expect([answer.status, answer.json.error?.code]).toEqual([status, code]);
});

test("refuses a body that is not JSON or has another Content-Type", async () => {
  const token = await azure.accessToken(azure.owner, audiences.arm);
  const url = `${audiences.arm}${registryId}/tokens/mytoken?api-version=2025-11-01`;

  expect((await azure.ask("PUT", url, { token, form: { a: "b" }, headers: { "content-type": "application/json" } })).json.error?.code).toBe(
    "InvalidRequestContent",
  );
  expect((await azure.ask("PUT", url, { token, form: { a: "b" } })).status).toBe(415);
});

test.for([
  { sku: "Basic" as const, limit: 100 },
  { sku: "Standard" as const, limit: 500 },
])("refuses more than $limit tokens in a $sku registry", async ({ sku, limit }) => {
  const [registry] = azure.world.registries;
  if (!registry) throw new Error("there is no registry");
  const before = { sku: registry.sku, tokens: registry.tokens };
  const creationDate = new Date().toISOString();
  const one = { creationDate, status: "enabled" as const, scopeMapId: "", passwords: {} };
  registry.sku = sku;
  registry.tokens = Array.from({ length: limit - 1 }, (_, index) => ({ ...one, name: `token${index}` }));

  expect((await arm("PUT", "/tokens/the-last", pulls)).status).toBe(201);
  expect((await arm("PUT", "/tokens/too-many", pulls)).json.error?.code).toBe("QuotaExceeded");
  Object.assign(registry, before);
});
