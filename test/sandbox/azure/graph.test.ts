import { setTimeout } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { createWorld } from "../../../sandbox/azure/create-world.ts";
import type { GraphRole } from "../../../sandbox/azure/world.ts";
import { audiences, type Login, openTestAzure } from "./world.ts";

const azure = await openTestAzure();
beforeEach(() => {
  azure.faults.reset();
  azure.world.graphWriteGap = 0;
});

const graph = async (method: string, path: string, json?: unknown, login: Login = azure.owner) =>
  azure.ask(method, `${audiences.graph}/v1.0${path}`, {
    token: await azure.accessToken(login, audiences.graph),
    ...(json !== undefined && { json }),
  });

async function makeApplication(displayName: string, login?: Login) {
  const application = (await graph("POST", "/applications", { displayName, signInAudience: "AzureADMyOrg", notes: "ours" }, login)).json;
  const principal = (await graph("POST", "/servicePrincipals", { appId: application.appId }, login)).json;
  return { id: String(application.id), appId: String(application.appId), principalId: String(principal.id) };
}

test.for([
  { filter: "appId eq '$APP'", collection: "applications" },
  { filter: "displayName eq 'Named'", collection: "applications" },
  { filter: "startswith(displayName,'nam')", collection: "applications" },
  { filter: "servicePrincipalNames/any(c:c eq '$APP')", collection: "servicePrincipals" },
  { filter: "displayName eq 'named'", collection: "servicePrincipals" },
])("finds $collection by $filter", async ({ filter, collection }) => {
  const there = azure.world.applications.find(({ displayName }) => displayName === "named");
  const appId = there?.appId ?? (await makeApplication("named")).appId;

  const { json } = await graph("GET", `/${collection}?$filter=${encodeURIComponent(filter.replace("$APP", appId))}`);

  expect(json.value?.map((one) => one.appId)).toEqual([appId]);
});

test("stores the own secrets of a service principal", async () => {
  const { appId, principalId } = await makeApplication("own secrets");

  const added = await graph("POST", `/servicePrincipals/${principalId}/addPassword`, {});
  const login = { tenantId: azure.owner.tenantId, clientId: appId, clientSecret: String(added.json.secretText) };
  expect(await azure.accessToken(login, audiences.arm)).toMatch(/^ey/);
});

test.for([
  { roles: [], reads: 403, makes: 403, changesOthers: 403, changesOwn: 403 },
  { roles: ["Application.Read.All"], reads: 200, makes: 403, changesOthers: 403, changesOwn: 403 },
  { roles: ["Application.ReadWrite.OwnedBy"], reads: 200, makes: 201, changesOthers: 403, changesOwn: 200 },
  { roles: ["Application.ReadWrite.All"], reads: 200, makes: 201, changesOthers: 200, changesOwn: 200 },
] as { roles: GraphRole[]; reads: number; makes: number; changesOthers: number; changesOwn: number }[])(
  "allows $roles to read: $reads, create: $makes, change others': $changesOthers, change its own: $changesOwn",
  async ({ roles, ...expected }) => {
    const login = await azure.addServicePrincipal("somebody", [], roles);
    const others = await makeApplication("theirs");
    const made = await graph("POST", "/applications", { displayName: "mine" }, login);

    expect({
      reads: (await graph("GET", "/applications", undefined, login)).status,
      makes: made.status,
      changesOthers: (await graph("POST", `/applications/${others.id}/addPassword`, {}, login)).status,
      changesOwn: (await graph("POST", `/applications/${made.json.id ?? others.id}/addPassword`, {}, login)).status,
    }).toEqual(expected);
  },
);

test.for([
  {
    why: "an unknown field",
    method: "POST",
    path: "/applications",
    body: { displayName: "x", color: "red" },
    status: 400,
    code: "Request_BadRequest",
  },
  { why: "no name", method: "POST", path: "/applications", body: {}, status: 400, code: "Request_BadRequest" },
  {
    why: "an application that does not exist",
    method: "POST",
    path: "/servicePrincipals",
    body: { appId: "44444444-4444-4444-4444-444444444444" },
    status: 400,
    code: "Request_BadRequest",
  },
  {
    why: "an object that does not exist",
    method: "GET",
    path: "/applications/44444444-4444-4444-4444-444444444444",
    body: undefined,
    status: 404,
    code: "Request_ResourceNotFound",
  },
  {
    why: "a filter that is not supported",
    method: "GET",
    path: "/applications?$filter=notes%20eq%20'x'",
    body: undefined,
    status: 400,
    code: "Request_UnsupportedQuery",
  },
  { why: "an unknown collection", method: "GET", path: "/magic", body: undefined, status: 400, code: "BadRequest" },
])("refuses $why: $code", async ({ method, path, body, status, code }) => {
  const answer = await graph(method, path, body);

  expect([answer.status, answer.json.error?.code]).toEqual([status, code]);
});

test("refuses a second write of one application for 300 ms", async () => {
  azure.world.graphWriteGap = createWorld().graphWriteGap;
  const { json } = await graph("POST", "/applications", { displayName: "busy" });
  const other = (await graph("POST", "/applications", { displayName: "other" })).json;
  const add = async (id: unknown) => (await graph("POST", `/applications/${id}/addPassword`, {})).status;

  expect([await add(json.id), await add(json.id), await add(other.id)]).toEqual([200, 409, 200]);
  await setTimeout(300);
  expect((await graph("DELETE", `/applications/${json.id}`)).status).toBe(204);
});

test("refuses no token and a token for another resource", async () => {
  const token = await azure.accessToken(azure.owner, audiences.arm);

  for (const ask of [{}, { token }, { token: "x.y.z" }]) {
    const { status, json } = await azure.ask("GET", `${audiences.graph}/v1.0/applications`, ask);
    expect([status, json.error?.code]).toEqual([401, "InvalidAuthenticationToken"]);
  }
});

test("shows a new object only after its delay", async () => {
  const principalsKnown = azure.faults.add({ kind: "replication", of: "principals", milliseconds: 600_000 });
  const secretsKnown = azure.faults.add({ kind: "replication", of: "secrets", milliseconds: 600_000 });
  const application = (await graph("POST", "/applications", { displayName: "slow" })).json;
  const makePrincipal = async () => (await graph("POST", "/servicePrincipals", { appId: application.appId })).json;
  const addPassword = () => graph("POST", `/applications/${application.id}/addPassword`, {});
  const listed = async () => (await graph("GET", `/applications/${application.id}`)).json.passwordCredentials?.length;

  expect((await makePrincipal()).error?.code).toBe("Authorization_RequestDenied");
  expect((await makePrincipal()).error?.message).toContain(" does not reference a valid application object");
  expect((await addPassword()).json.error?.code).toBe("Request_ResourceNotFound");
  expect((await graph("GET", `/applications(appId='${application.appId}')`)).status).toBe(404);
  principalsKnown();
  expect(await makePrincipal()).toMatchObject({ appId: application.appId });
  const { json } = await addPassword();
  const signIn = () =>
    azure.accessToken(
      { tenantId: azure.owner.tenantId, clientId: String(application.appId), clientSecret: String(json.secretText) },
      audiences.arm,
    );
  expect([await listed(), await signIn()]).toEqual([0, "undefined"]);
  expect((await graph("POST", `/applications/${application.id}/removePassword`, { keyId: json.keyId })).status).toBe(400);
  secretsKnown();
  expect(await listed()).toBe(1);
  expect(await signIn()).toMatch(/^ey/);
});
