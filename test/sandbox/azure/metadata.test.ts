import { afterEach, expect, test } from "vitest";
import { addManagedIdentity } from "../../../sandbox/azure/identities.ts";
import { audiences, claimsOf, openTestAzure, registryId } from "./world.ts";

const azure = await openTestAzure();
afterEach(() => azure.world.managedIdentities.splice(0));

/** Sends the request of Azure's libraries, or one with a change. */
async function ask(change: Record<string, string> = {}, headers: Record<string, string> = { metadata: "true" }) {
  const query = new URLSearchParams({ "api-version": "2018-02-01", resource: audiences.arm, ...change });
  const answer = await fetch(`${azure.metadata}/metadata/identity/oauth2/token?${query}`, { headers });
  return { status: answer.status, json: (await answer.json()) as Record<string, string> };
}

test("issues a token to a machine's identity with its roles", async () => {
  const { clientId, objectId, resourceId } = addManagedIdentity(azure.world, "web", [{ role: "Reader", registry: "myregistry" }]);
  const { status, json } = await ask();

  expect(status).toBe(200);
  expect(json).toMatchObject({ client_id: clientId, token_type: "Bearer", resource: audiences.arm, expires_in: "86399" });
  expect(claimsOf(String(json.access_token))).toMatchObject({ oid: objectId, appid: clientId, xms_mirid: resourceId, aud: audiences.arm });
  const url = `https://management.azure.com${registryId}?api-version=2025-11-01`;
  expect((await azure.ask("GET", url, { token: String(json.access_token) })).status).toBe(200);
});

test("requires the name of an identity when there are several", async () => {
  const [first] = [addManagedIdentity(azure.world, "a", []), addManagedIdentity(azure.world, "b", [])];

  expect((await ask()).json.error_description).toMatch(/^Multiple user assigned identities exist/);
  expect((await ask({ client_id: first.clientId })).json).toMatchObject({ client_id: first.clientId });
});

test.for<{ why: string; change?: Record<string, string>; headers?: Record<string, string>; message: RegExp }>([
  { why: "without the header", headers: {}, message: /^Required metadata header not specified$/ },
  { why: "by a proxy", headers: { metadata: "true", "x-forwarded-for": "10.0.0.1" }, message: /^Required metadata header not specified$/ },
  { why: "with another version", change: { "api-version": "2017-09-01" }, message: /^Invalid api-version specified$/ },
  { why: "for a resource that does not exist", change: { resource: "https://example.com" }, message: /^AADSTS500011: / },
  { why: "as an identity that the machine lacks", change: { client_id: "x" }, message: /^Identity not found$/ },
])("refuses a request $why", async ({ change, headers, message }) => {
  addManagedIdentity(azure.world, "web", []);
  const { status, json } = await ask(change, headers);

  expect(status).toBe(400);
  expect(json.error_description).toMatch(message);
});
