import { expect, test } from "vitest";
import { openGraph } from "../../../src/azure/graph.ts";
import { asCliError, Busy, type CliError, NotYet } from "../../../src/errors.ts";
import { Sensitive } from "../../../src/sensitive.ts";
import { answering } from "./answering.ts";

/** Returns a Microsoft Graph that always returns this response, and its requests. */
function always(
  status: number,
  body?: unknown,
  env: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
) {
  const options = answering(() => ({ status, body, headers: { "request-id": "1234-5678", ...headers } }), env);
  const { asked } = options;
  return { principals: openGraph(options), asked, urls: () => asked.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`) };
}

const wire = { id: "o-1", appId: "a-1", displayName: "ci", notes: null, createdDateTime: "2026-01-01T00:00:00Z" };
const key = { keyId: "k-1", displayName: "x", startDateTime: "2026-01-01T00:00:00Z", endDateTime: "2028-01-01T00:00:00Z" };
const select = "$select=id,appId,displayName,notes,createdDateTime,passwordCredentials";

test("creates an application for its own tenant only", async () => {
  const { principals, asked, urls } = always(201, { ...wire, passwordCredentials: [] });

  expect(await principals.createApplication({ displayName: "ci", notes: "ours" })).toEqual({
    id: "o-1",
    appId: "a-1",
    displayName: "ci",
    notes: "",
    madeAt: "2026-01-01T00:00:00Z",
    keys: [],
  });
  expect(urls()).toEqual(["POST https://graph.microsoft.com/v1.0/applications"]);
  expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ displayName: "ci", notes: "ours", signInAudience: "AzureADMyOrg" });
});

test("finds applications by a name, whose quotes it doubles, and by an id", async () => {
  const named = always(200, { value: [{ ...wire, passwordCredentials: [key, { odd: true }] }] });
  expect(await named.principals.applications({ name: "it's" })).toMatchObject([
    { appId: "a-1", keys: [{ slot: "k-1", displayName: "x", madeAt: key.startDateTime, expiresAt: key.endDateTime }] },
  ]);
  expect(named.urls()).toEqual([`GET https://graph.microsoft.com/v1.0/applications?$filter=displayName eq 'it''s'&${select}`]);

  const one = always(200, wire);
  expect(await one.principals.applications({ appId: "a-1" })).toMatchObject([{ id: "o-1", keys: [] }]);
  expect(one.urls()).toEqual([`GET https://graph.microsoft.com/v1.0/applications(appId='a-1')?${select}`]);
});

test("reads who controls an application and its service principal", async () => {
  const lists: Readonly<Record<string, object>> = {
    "/applications/o-1/owners": { value: [{ id: "u-1" }] },
    "/applications/o-1": { keyCredentials: [{}], passwordCredentials: [key] },
    "/applications/o-1/federatedIdentityCredentials": { value: [{ id: "f-1" }] },
    "/servicePrincipals/p-1/owners": { value: [{ id: "u-2" }] },
    "/servicePrincipals/p-1": { keyCredentials: [], passwordCredentials: [{}] },
  };
  const options = answering(({ url }) => ({ body: lists[new URL(url).pathname.replace("/v1.0", "")] }));
  const { access } = openGraph(options);

  expect(await access("o-1", "p-1")).toEqual({
    owners: ["u-1"],
    principalOwners: ["u-2"],
    otherKeys: ["certificate", "federated credential", "password"],
  });
  expect(options.asked.map(({ url }) => decodeURIComponent(url.replace("https://graph.microsoft.com/v1.0", "")))).toEqual([
    "/applications/o-1/owners?$select=id",
    "/applications/o-1?$select=keyCredentials,passwordCredentials",
    "/applications/o-1/federatedIdentityCredentials",
    "/servicePrincipals/p-1/owners?$select=id",
    "/servicePrincipals/p-1?$select=keyCredentials,passwordCredentials",
  ]);
  expect(await access("o-1", undefined)).toEqual({
    owners: ["u-1"],
    principalOwners: [],
    otherKeys: ["certificate", "federated credential"],
  });
});

test("reads all pages of the owners", async () => {
  const next = "https://graph.microsoft.com/v1.0/applications/o-1/owners?$skiptoken=x";
  const page = (url: string) => (url === next ? { value: [{ id: "u-2" }] } : { value: [{ id: "u-1" }], "@odata.nextLink": next });
  const keys = { keyCredentials: [], passwordCredentials: [] };
  const { access } = openGraph(answering(({ url }) => ({ body: { ...keys, ...(url.includes("/owners") ? page(url) : { value: [] }) } })));

  expect(await access("o-1", undefined)).toMatchObject({ owners: ["u-1", "u-2"] });
});

test("rejects an answer about owners that has no list", async () => {
  await expect(always(200, {}).principals.access("o-1", undefined)).rejects.toMatchObject({ kind: "unreachable" });
});

test("sends Graph's token to no other host when its answer points to one", async () => {
  const { principals, asked } = always(200, { value: [], "@odata.nextLink": "https://evil.example/next" });

  await expect(principals.applications({ name: "ci" })).rejects.toThrow("returned a URL of another host");
  expect(asked.map(({ url }) => new URL(url).host)).toEqual(["graph.microsoft.com"]);
});

test("returns nothing for an object that does not exist", async () => {
  const { principals } = always(404, { error: { code: "Request_ResourceNotFound", message: "no" } });

  expect(await principals.applications({ appId: "a-1" })).toEqual([]);
  expect(await principals.servicePrincipal("a-1")).toBeUndefined();
});

test("adds a password with the given expiry or Graph's own, and returns it as a secret", async () => {
  const { principals, asked } = always(200, { ...key, secretText: "hunter3" });

  const made = await principals.addKey("o-1", { displayName: "acr-secret demo/acr", expiresAt: "2027-01-01T00:00:00Z" });
  await principals.addKey("o-1", { displayName: "x" });

  expect(made).toMatchObject({ slot: "k-1", madeAt: key.startDateTime, expiresAt: key.endDateTime });
  expect(String(made.password)).toBe("***");
  expect(made.password.equals(new Sensitive("hunter3"))).toBe(true);
  expect(asked.map(({ body = "" }) => JSON.parse(body).passwordCredential)).toEqual([
    { displayName: "acr-secret demo/acr", endDateTime: "2027-01-01T00:00:00Z" },
    { displayName: "x" },
  ]);
});

const managedId = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pods";

test.for([
  { when: "it is that of a managed identity", alternativeNames: ["isExplicit=True", managedId], identityId: managedId },
  {
    when: "it is that of an Azure Arc cluster",
    alternativeNames: ["isExplicit=False", managedId.replace(/\/[^/]+$/, "")],
    identityId: undefined,
  },
  { when: "it is that of an application", alternativeNames: [], identityId: undefined },
])("reads the managed identity of a service principal when $when", async ({ alternativeNames, identityId }) => {
  const { principals } = always(200, { id: "s-1", appId: "a-1", alternativeNames });

  expect(await principals.principal("s-1")).toEqual({ id: "s-1", appId: "a-1", enabled: true, identityId });
});

test("creates, reads as disabled, and deletes a service principal", async () => {
  const { principals, urls } = always(200, { id: "s-1", appId: "a-1", accountEnabled: false });
  expect(await principals.createServicePrincipal("a-1")).toEqual({ id: "s-1", appId: "a-1", enabled: false });
  expect(await principals.servicePrincipal("a-1")).toMatchObject({ enabled: false });
  const gone = always(204);
  await gone.principals.deleteServicePrincipal("s-1");
  await gone.principals.deleteApplication("o-1");
  await gone.principals.removeKey("o-1", "k-1");

  expect([...urls(), ...gone.urls()].map((line) => line.replace("https://graph.microsoft.com/v1.0", ""))).toEqual([
    "POST /servicePrincipals",
    "GET /servicePrincipals(appId='a-1')?$select=id,appId,accountEnabled,alternativeNames",
    "DELETE /servicePrincipals/s-1",
    "DELETE /applications/o-1",
    "POST /applications/o-1/removePassword",
  ]);
});

test.for([
  { cloud: "AzureUSGovernment", host: "graph.microsoft.us" },
  { cloud: "AzureChinaCloud", host: "microsoftgraph.chinacloudapi.cn" },
])("sends requests in $cloud to $host", async ({ cloud, host }) => {
  const { principals, urls } = always(200, wire, { AZURE_CLOUD_NAME: cloud });
  await principals.applications({ appId: "a-1" });
  expect(urls()[0]).toContain(`GET https://${host}/v1.0/`);
});

test("rejects an answer without the expected fields", async () => {
  const { principals } = always(200, { odd: true });

  for (const call of [
    principals.applications({ name: "ci" }),
    principals.applications({ appId: "a-1" }),
    principals.createServicePrincipal("a-1"),
    principals.addKey("o-1", { displayName: "x" }),
  ])
    await expect(call).rejects.toMatchObject({ kind: "unreachable", message: expect.stringContaining("lacks a field") });
});

/** Returns the error of a deletion. */
const refusal = ({ principals }: Pick<ReturnType<typeof always>, "principals">): Promise<CliError> =>
  principals.deleteApplication("o-1").then(() => expect.unreachable("it is deleted"), asCliError);

const tokens = /or omit --service-principal: an ACR token needs no permissions in Entra ID$/;

test.for([
  { status: 403, code: "Authorization_RequestDenied", message: "Insufficient privileges.", kind: "forbidden", hint: tokens, passes: true },
  {
    status: 403,
    code: "Directory_QuotaExceeded",
    message: "The quota was exceeded.",
    kind: "forbidden",
    hint: /for 30 days, or omit/,
    passes: false,
  },
  { status: 404, code: "Request_ResourceNotFound", message: "Resource 'x' does not exist.", kind: "notFound", passes: true },
  { status: 404, code: "Other", message: "Nothing here.", kind: "notFound", passes: true },
  {
    status: 400,
    code: "Request_BadRequest",
    message: "The appId 'a' of the service principal does not reference a valid application object.",
    kind: "invalid",
    passes: true,
  },
  { status: 400, code: "Request_BadRequest", message: "No password credential found with keyId 'k'.", kind: "invalid", passes: true },
  { status: 400, code: "Request_BadRequest", message: "Key credential end date is invalid.", kind: "invalid", passes: false },
  {
    status: 400,
    code: "CredentialInvalidLifetimeAsPerAppPolicy",
    message: "Credential lifetime exceeds the max value allowed as per assigned policy 'p'.",
    kind: "invalid",
    hint: /^add --expires-in /,
    passes: false,
  },
  { status: 403, code: "CredentialTypeNotAllowedAsPerAppPolicy", message: "No passwords.", kind: "forbidden", hint: tokens, passes: false },
  { status: 401, code: "InvalidAuthenticationToken", message: "It expired.", kind: "unauthenticated", hint: /^az login$/, passes: false },
  { status: 403, code: "Forbidden", message: "Blocked.", kind: "forbidden", hint: tokens, passes: false },
  { status: 409, code: "Request_MultipleObjectsWithSameKeyValue", message: "In use.", kind: "conflict", passes: false },
  { status: 429, code: "TooManyRequests", message: "Slow down.", kind: "unreachable", hint: /in a minute$/, passes: false },
  { status: 503, code: "ServiceUnavailable", message: "Later.", kind: "unreachable", hint: /status\.azure\.com/, passes: false },
])("reports $status $code in Graph's words, as not replicated yet: $passes", async ({ status, code, message, kind, hint, passes }) => {
  const error = await refusal(always(status, { error: { code, message } }));

  expect(error).toMatchObject({
    kind,
    message: `cannot delete application o-1: Microsoft Graph returned HTTP ${status}\n* ${message.slice(0, -1)}\n* request ID: 1234-5678`,
  });
  expect(error.hint ?? "").toEqual(hint ? expect.stringMatching(hint) : "");
  expect(error instanceof NotYet).toBe(passes);
});

test("waits at most a minute for a permission that may be missing", async () => {
  const body = { error: { code: "Authorization_RequestDenied", message: "Insufficient privileges." } };

  expect(await refusal(always(403, body))).toMatchObject({ most: 60_000 });
});

test.for([
  { status: 409, code: "Directory_ConcurrencyViolation", message: "Concurrent writes are not supported.", busy: true },
  {
    status: 400,
    code: "Request_BadRequest",
    message: "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
    busy: true,
  },
  { status: 429, code: "TooManyRequests", message: "Slow down.", busy: true },
  { status: 409, code: "Request_MultipleObjectsWithSameKeyValue", message: "In use.", busy: false },
  { status: 400, code: "Request_BadRequest", message: "Key credential end date is invalid.", busy: false },
])("reads $status $code as a write that Azure did not apply: $busy", async ({ status, code, message, busy }) => {
  const { principals } = always(status, { error: { code, message } }, {}, { "Retry-After": "7" });
  const error = await principals.removeKey("o-1", "k-1").catch((thrown: unknown) => thrown);

  expect(error instanceof Busy).toBe(busy);
  expect(error instanceof Busy ? error.retryAfter : undefined).toBe(busy ? 7000 : undefined);
});

test("reports the status of an answer that is not Graph's", async () => {
  const { message } = await refusal(always(502, "<html>", {}, { "request-id": "<b>" }));

  expect(message).toBe("cannot delete application o-1: Microsoft Graph returned HTTP 502");
});

test("adds the request id to an error of Graph", async () => {
  const { principals } = always(403, { error: { code: "Authorization_RequestDenied", message: "Insufficient privileges." } });

  await expect(principals.applications({ name: "ci" })).rejects.toThrow(
    "cannot find application ci: Microsoft Graph returned HTTP 403\n* Insufficient privileges\n* request ID: 1234-5678",
  );
});

test("hints at no az command when Graph rejects a token of another source", async () => {
  const options = answering(() => ({ status: 401 }));
  const principals = openGraph({ ...options, identity: { ...options.identity, source: "managed" } });

  expect((await refusal({ principals })).hint).toBe("check AZURE_CLIENT_ID, and that this machine has a managed identity");
});
