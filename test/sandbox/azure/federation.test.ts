import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeEach, expect, test } from "vitest";
import { assignRole } from "../../../sandbox/azure/identities.ts";
import { audiences, loginServer, openTestAzure } from "./world.ts";

const azure = await openTestAzure();
const group = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/demo";
const identities = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;
const issuer = "https://cluster.blob.core.windows.net/one";
const trusted = { issuer, subject: "system:serviceaccount:web:shop", audiences: ["api://AzureADTokenExchange"] };
const [own, rotated] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
const jwks = async (kid: string, key: CryptoKey) => ({ keys: [{ ...(await exportJWK(key)), kid, alg: "RS256", use: "sig" }] });

const arm = (method: string, path: string, json?: unknown, as = azure.owner) =>
  azure.arm(as, method, `${identities}${path}?api-version=2023-01-31`, json);

/** Creates an identity. `trust` adds a federated credential to it. */
async function identity(name: string) {
  const { json } = await arm("PUT", `/${name}`, { location: "eastus", tags: { by: "test" } });
  const { clientId = "", principalId = "" } = json.properties as Record<string, string>;
  const trust = (of: string, properties: typeof trusted) => arm("PUT", `/${name}/federatedIdentityCredentials/${of}`, { properties });
  return { clientId, principalId, trust };
}

const now = () => Math.floor(Date.now() / 1000);

async function serviceAccountToken(claims: Record<string, unknown> = {}, { kid = "k1", key = own.privateKey } = {}): Promise<string> {
  const usual = { iss: issuer, sub: trusted.subject, aud: trusted.audiences, iat: now(), exp: now() + 600 };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: "RS256", kid }).sign(key);
}

const exchange = (clientId: string, client_assertion: string, tenant = azure.owner.tenantId) => {
  const client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  const form = {
    grant_type: "client_credentials",
    client_id: clientId,
    client_assertion_type,
    client_assertion,
    scope: `${audiences.arm}/.default`,
  };
  return azure.ask("POST", `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, { form });
};

beforeEach(async () => {
  azure.world.issuers.set(issuer, await jwks("k1", own.publicKey));
  azure.world.graphWriteGap = 0;
});

test("exchanges a ServiceAccount's token as the identity that trusts it, with its role", async () => {
  const { clientId, principalId, trust } = await identity("pull");
  expect((await trust("web-shop", trusted)).status).toBe(201);
  assignRole(azure.world, principalId, { role: "AcrPull", registry: "myregistry" });

  const { json } = await exchange(clientId, await serviceAccountToken());

  const form = {
    grant_type: "access_token",
    service: loginServer,
    access_token: String(json.access_token),
    tenant: azure.owner.tenantId,
  };
  const { status, json: refresh } = await azure.ask("POST", `https://${loginServer}/oauth2/exchange`, { form });
  expect({ status, refresh: typeof refresh.refresh_token }).toEqual({ status: 200, refresh: "string" });
});

type Presented = { claims?: Record<string, unknown>; client?: string; tenant?: string; signed?: { kid?: string; key?: CryptoKey } };

test.for<{ why: string; present?: Presented; issuers?: "none" | "rotated"; status: number; number: number }>([
  { why: "another issuer", present: { claims: { iss: `${issuer}/` } }, status: 401, number: 700211 },
  { why: "another audience", present: { claims: { aud: "https://kubernetes.default.svc" } }, status: 401, number: 700212 },
  { why: "another ServiceAccount", present: { claims: { sub: "system:serviceaccount:web:Shop" } }, status: 401, number: 700213 },
  { why: "an expired token", present: { claims: { exp: now() - 360 } }, status: 401, number: 700024 },
  { why: "a forged signature", present: { signed: { key: rotated.privateKey } }, status: 401, number: 700027 },
  { why: "a client that does not exist", present: { client: "00000000-0000-0000-0000-000000000000" }, status: 400, number: 700016 },
  { why: "a tenant that does not exist", present: { tenant: "00000000-0000-0000-0000-000000000000" }, status: 400, number: 90002 },
  { why: "an issuer that Entra cannot reach", issuers: "none", status: 400, number: 50166 },
  { why: "keys that the issuer does not publish", issuers: "rotated", status: 401, number: 7000272 },
])("refuses $why: AADSTS$number", async ({ present: { claims, client, tenant, signed } = {}, issuers, status, number }) => {
  const { clientId, trust } = await identity("refused");
  await trust("web-shop", trusted);
  if (issuers === "none") azure.world.issuers.delete(issuer);
  if (issuers === "rotated") azure.world.issuers.set(issuer, await jwks("k2", rotated.publicKey));

  const answer = await exchange(client ?? clientId, await serviceAccountToken(claims, signed), tenant);

  expect([answer.status, answer.json.error_codes]).toEqual([status, [number]]);
});

test("rejects a federated credential that Azure rejects", async () => {
  const { trust } = await identity("limits");
  const statusOf = async (name: string, change: Partial<typeof trusted>) => (await trust(name, { ...trusted, ...change })).status;
  const subject = (at: number) => ({ subject: `system:serviceaccount:web:${at}` });

  expect(await statusOf("no", {})).toBe(400);
  expect(await statusOf("two-audiences", { audiences: ["a", "b"] })).toBe(400);
  expect(await statusOf("plain", { issuer: "http://issuer.example" })).toBe(400);
  expect(await statusOf("credential-0", subject(0))).toBe(201);
  expect(await statusOf("twin", subject(0))).toBe(409);
  for (let at = 1; at < 20; at++) expect(await statusOf(`credential-${at}`, subject(at))).toBe(201);
  expect(await statusOf("credential-20", subject(20))).toBe(400);
});

test("knows a new identity only after a while", async () => {
  const known = azure.faults.add({ kind: "replication", of: "identities", milliseconds: 600_000 });
  const { trust } = await identity("new");

  expect((await arm("GET", "/new")).status).toBe(404);
  const { status, json } = await trust("web-shop", trusted);
  expect([status, json.error?.code]).toEqual([404, expect.stringMatching(/^(NotFound|ParentResourceNotFound)$/)]);
  known();
  expect((await trust("web-shop", trusted)).status).toBe(201);
});

test("knows a new federated credential later when it is asked too early", async () => {
  const { clientId, trust } = await identity("early");
  azure.faults.add({ kind: "replication", of: "federated", milliseconds: 30_000 });
  await trust("web-shop", trusted);
  const numbers: unknown[] = [];

  for (const seconds of [0, 20, 20, 20]) {
    azure.world.ahead += seconds * 1000;
    numbers.push((await exchange(clientId, await serviceAccountToken())).json.error_codes);
  }

  expect(numbers).toEqual([[700211], [700211], undefined, undefined]);
  azure.faults.reset();
});

test("rejects one exchange in fifty, in the same order for the same seed", async () => {
  const { clientId, trust } = await identity("unlucky");
  await trust("web-shop", trusted);
  const token = await serviceAccountToken();
  const series = async () => {
    azure.faults.add({ kind: "chance", oneIn: 50, seed: 1 });
    const statuses = [];
    for (let at = 0; at < 150; at++) statuses.push((await exchange(clientId, token)).status);
    azure.faults.reset();
    return statuses;
  };

  const first = await series();

  expect(first.filter((status) => status === 401).length).toBeGreaterThan(0);
  expect(first.filter((status) => status === 401).length).toBeLessThan(9);
  expect(await series()).toEqual(first);
});

test("refuses a second write of an identity's credentials at the same time", async () => {
  azure.world.graphWriteGap = 60_000;
  const { trust } = await identity("busy");

  const answers = [await trust("one", trusted), await trust("two", { ...trusted, subject: "other" })];

  expect(answers.map(({ status }) => status)).toEqual([201, 409]);
  expect(answers[1]?.json.error?.code).toBe("ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity");
});

test("answers with ids in lower case, a relative Location and a normalized location", async () => {
  const { json, headers } = await arm("PUT", "/normal", { location: "East US" });

  expect([json.id, json.location, headers["location"]]).toEqual([
    expect.stringContaining("/resourcegroups/demo/"),
    "eastus",
    expect.stringMatching(/^\/subscriptions\/.*\/resourcegroups\/demo\/.*\/normal$/),
  ]);
});

test("updates and deletes an identity and its credentials, and leaves its roles", async () => {
  const { principalId, clientId, trust } = await identity("temporary");
  assignRole(azure.world, principalId, { role: "AcrPull", registry: "myregistry" });
  await trust("web-shop", trusted);
  const of = "/temporary/federatedIdentityCredentials";

  expect((await trust("web-shop", { ...trusted, subject: "system:serviceaccount:web:other" })).status).toBe(200);
  const [credential] = (await arm("GET", of)).json.value ?? [];
  expect(credential).toMatchObject({ name: "web-shop", properties: { ...trusted, subject: "system:serviceaccount:web:other" } });
  expect((await identity("temporary")).clientId).toBe(clientId);
  const deletions = [`${of}/web-shop`, `${of}/web-shop`, "/temporary", "/temporary"];
  const statuses: number[] = [];
  for (const path of deletions) statuses.push((await arm("DELETE", path)).status);
  expect(statuses).toEqual([200, 204, 200, 204]);
  expect((await arm("GET", "/temporary")).json.error?.code).toBe("ResourceNotFound");
  expect(azure.world.servicePrincipals.some(({ id }) => id === principalId)).toBe(false);
  expect(azure.world.roleAssignments.some((one) => one.principalId === principalId)).toBe(true);
});

test("refuses to create an identity without the right, and in a group that does not exist", async () => {
  const reader = await azure.addServicePrincipal("reader", ["Reader"]);
  const json = { location: "eastus" };

  expect((await arm("PUT", "/denied", json, reader)).json.error?.code).toBe("AuthorizationFailed");
  const elsewhere = `${identities.replace("/demo/", "/nowhere/")}/lost?api-version=2023-01-31`;
  expect((await azure.arm(azure.owner, "PUT", elsewhere, json)).json.error?.code).toBe("ResourceGroupNotFound");
});
