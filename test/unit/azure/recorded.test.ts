import { expect, test } from "vitest";
import { openArm } from "../../../src/azure/arm.ts";
import { cloudOf } from "../../../src/azure/cloud.ts";
import { openGraph } from "../../../src/azure/graph.ts";
import { openRegistrySettings } from "../../../src/azure/registry-settings.ts";
import { openRoles } from "../../../src/azure/role-assignments.ts";
import { explainSignIn } from "../../../src/azure/sign-in-error.ts";
import { openTokens } from "../../../src/azure/tokens.ts";
import type { Http } from "../../../src/http/message.ts";
import { registryOver } from "../../../src/registry/registry.ts";
import { Sensitive } from "../../../src/sensitive.ts";
import { type Case, cases, fill, type Names } from "../../sandbox/azure/replay.ts";

// The plugin reads recorded responses of the real Azure. test/sandbox/azure/recorded.test.ts compares the emulator with them.

const group = "/subscriptions/s-1/resourceGroups/demo";
const registryId = `${group}/providers/Microsoft.ContainerRegistry/registries/myregistry`;
const at = { id: registryId, name: "myregistry", loginServer: "myregistry.azurecr.io", sku: "Premium" };
const login = { username: "ci", password: new Sensitive("hunter2") };
const entra = { text: new Sensitive("t"), of: { type: "user", name: "jane", objectId: "o-1", tenant: "t-1" } } as const;
const image = { host: "myregistry.azurecr.io", repository: "library/hello-world", reference: "nosuchtag" };

const names: Names = {
  subscription: "s-1",
  group: "demo",
  registry: "myregistry",
  registryId,
  scopeMap: "mymap",
  scopeMap2: "mymap2",
  token: "mytoken",
  creatingToken: "mytoken",
  name: "myapp",
  app: "a-1",
  object: "o-1",
  object2: "o-1",
  freshApp: "a-1",
  spObject: "p-1",
  principal: "p-1",
  tag: "nosuchtag",
  repository: "library/hello-world",
  versions: "2024-11-01-preview, 2023-07-01",
  assignment: "Deny ACR tokens",
  claims: "eyJhIjp7fX0=",
  LOCATION: "WESTUS",
  "32 hex": "0a".repeat(16),
  "84 of A-Za-z0-9": "A".repeat(84),
  timeZ: "2026-03-20T10:00:00Z",
  "timeZ with 7 decimals": "2026-03-20T10:00:00.1234567Z",
  "timeZ in seconds": "2026-03-20T10:00:00Z",
  nowZ: "2026-03-20T10:00:00Z",
  laterZ: "2027-03-20T10:00:00Z",
  secret: "S".repeat(40),
  guid: "0a1b2c3d-0000-4000-8000-000000000000",
};

const used = new Set<string>();

function recorded(name: string): Case {
  const found = cases.find((one) => one.name === name);
  if (!found) throw new Error(`there is no case ${name}`);
  used.add(name);
  // An omitted rest contains nothing to read.
  const text = JSON.stringify(fill(found, names)).replaceAll("{time+00:00}", creationTime).replaceAll("…", "");
  return JSON.parse(text);
}

/** A response without a recording, between recorded ones. */
type Extra = { readonly status: number; readonly body?: unknown };

/** Returns these responses in order. */
function replaying(...answers: readonly (string | Extra)[]): Http {
  const left = answers.map((one) => (typeof one === "string" ? recorded(one).answer : one));
  return async ({ method, url }) => {
    const answer: Case["answer"] | undefined = left.shift();
    if (!answer) throw new Error(`nothing is left to answer ${method} ${url}`);
    const headers = new Map(Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    return {
      status: answer.status,
      text: answer.body === undefined ? "" : JSON.stringify(answer.body),
      header: (name) => headers.get(name.toLowerCase()),
    };
  };
}

const cloud = cloudOf({});
const identity = { source: "az", token: async () => new Sensitive("t"), subscription: async () => undefined } as const;

/** Returns an Azure that gives these responses in order. */
function azureOf(...answers: readonly (string | Extra)[]) {
  const options = { cloud, identity, http: replaying(...answers), sleep: async () => {} };
  const arm = openArm(options);
  return { ...openGraph(options), ...openTokens(arm), ...openRoles(arm), ...openRegistrySettings(arm) };
}

const creationTime = "2026-03-20T10:00:00.1234567+00:00";
const ended = { status: 200 };
const missing = { status: 404 };
const actions = ["repositories/hello-world/content/read"];
const description = "";

test.for<{ answers: string; read: () => Promise<unknown>; gives: unknown }>([
  {
    answers: "a registry",
    read: () => azureOf("registry GET (Premium)").registryFacts(at),
    gives: { mode: "legacy", network: "all" },
  },
  { answers: "a registry of SKU Basic", read: () => azureOf("registry GET (Basic)").registryFacts(at), gives: { mode: "legacy" } },
  { answers: "a missing scope map", read: () => azureOf("scopeMap GET: missing").scopeMap(at, "mymap"), gives: undefined },
  { answers: "a scope map", read: () => azureOf("scopeMap GET").scopeMap(at, "mymap"), gives: { name: "mymap" } },
  {
    answers: "a new scope map",
    read: () => azureOf("scopeMap PUT: new, without description").putScopeMap(at, { name: "mymap", description, actions }),
    gives: { name: "mymap", description: "" },
  },
  {
    answers: "a new scope map with a description",
    read: () => azureOf("scopeMap PUT: new, with description").putScopeMap(at, { name: "mymap2", description, actions }),
    gives: { name: "mymap2", description: "Created by token: mytoken" },
  },
  {
    answers: "a changed scope map",
    read: () =>
      azureOf("scopeMap PATCH", "token operationStatuses", "scopeMap GET").putScopeMap(at, { name: "mymap", description, actions }),
    gives: { name: "mymap" },
  },
  {
    answers: "a deleted scope map",
    read: () => azureOf("scopeMap DELETE", ended).deleteScopeMap(at, "mymap"),
    gives: undefined,
  },
  { answers: "a deleted token", read: () => azureOf("token DELETE", ended).deleteToken(at, "mytoken"), gives: undefined },
  {
    answers: "a new token",
    read: () => azureOf("token PUT: new", "token operationStatuses", "token GET").putToken(at, { name: "mytoken", scopeMapId: "x" }),
    gives: { name: "mytoken", passwords: [] },
  },
  { answers: "a token", read: () => azureOf("token GET").token(at, "mytoken"), gives: { name: "mytoken", passwords: [] } },
  {
    answers: "all tokens and scope maps, with their times",
    read: () => azureOf("scopeMaps list", "tokens list").listTokens(at),
    gives: {
      tokens: [{ madeAt: creationTime, changedAt: creationTime }],
      scopeMaps: expect.arrayContaining([expect.objectContaining({ name: "mymap" })]),
    },
  },
  { answers: "the count of tokens", read: () => azureOf("listUsages").tokenCount(at), gives: 1 },
  {
    answers: "a password",
    read: () => azureOf("generateCredentials: one slot").generatePassword(at, { token: "mytoken", slot: "password1" }),
    gives: { madeAt: creationTime },
  },
  {
    answers: "a password with an expiry in another form",
    read: () => azureOf("generateCredentials: with expiry").generatePassword(at, { token: "mytoken", slot: "password2" }),
    gives: { expiresAt: "2100-12-31T12:59:59+00:00" },
  },
  {
    answers: "the admin user",
    read: async () => [...(await azureOf("regenerateCredential").adminLogins(at)).keys()],
    gives: ["password", "password2"],
  },
  {
    answers: "a new role assignment",
    read: () => azureOf("roleAssignment PUT: new").assignRole({ ...at, id: group }, { principalId: "p-1", role: "r" }),
    gives: undefined,
  },
  {
    answers: "role assignments of users",
    read: () => azureOf("roleAssignments list atScope()").servicePrincipalRoles({ ...at, id: group }),
    gives: [],
  },
  {
    answers: "a new application",
    read: () => azureOf("graph application POST").createApplication({ displayName: "myapp", notes: "" }),
    gives: { id: "o-1", appId: "a-1", keys: [] },
  },
  { answers: "no application", read: () => azureOf("graph applications list: none").applications({ name: "myapp" }), gives: [] },
  {
    answers: "a list of applications",
    read: () => azureOf("graph applications by appId").applications({ name: "myapp" }),
    gives: [{ id: "o-1", appId: "a-1" }],
  },
  { answers: "an application", read: () => azureOf("graph application GET").applications({ appId: "a-1" }), gives: [{ id: "o-1" }] },
  {
    answers: "a new password of an application, whose Location leads nowhere",
    read: () => azureOf("graph addPassword").addKey("o-1", { displayName: "key1" }),
    gives: { displayName: "key1", madeAt: names["nowZ"], expiresAt: names["laterZ"] },
  },
  {
    answers: "an application with a password",
    read: () => azureOf("graph application GET: secret is hidden").applications({ appId: "a-1" }),
    gives: [{ keys: [{ displayName: "key1", expiresAt: names["laterZ"] }] }],
  },
  {
    answers: "a new service principal",
    read: () => azureOf("graph servicePrincipal POST").createServicePrincipal("a-1"),
    gives: { id: "p-1", appId: "a-1", enabled: true },
  },
  { answers: "a deleted application", read: () => azureOf("graph application DELETE").deleteApplication("o-1"), gives: undefined },
  {
    answers: "a registry that rejects a login",
    read: () => registryOver(replaying("acr /v2/: no login", "acr token endpoints: refused")).admits(image.host, login),
    gives: { verdict: "refused", message: expect.stringContaining("CorrelationId") },
  },
  {
    answers: "a registry that rejects a login without a body",
    read: () => registryOver(replaying("acr /v2/: no login", "acr token endpoints: refused without a body")).admits(image.host, login),
    gives: { verdict: "refused" },
  },
  {
    answers: "a registry that lacks a tag",
    read: () => registryOver(replaying("acr /v2/: no login", "acr token: refresh_token", "acr manifest: no such tag")).prove(image, login),
    gives: { verdict: "not-found" },
  },
  {
    answers: "a registry with a token that is too narrow",
    read: () =>
      registryOver(replaying("acr /v2/: no login", "acr token: refresh_token", "acr resource: token is too narrow")).prove(image, login),
    gives: { verdict: "out-of-scope" },
  },
  {
    answers: "a registry's firewall",
    read: () => registryOver(replaying("acr /v2/: firewall")).admits(image.host, login),
    gives: { verdict: "blocked" },
  },
  {
    answers: "the tags of a missing repository",
    read: () =>
      registryOver(replaying("acr tags: no login", "acr token: refresh_token", "acr tags: no such repository", missing)).anyTag(
        image.host,
        "no/such",
        login,
      ),
    gives: undefined,
  },
  {
    answers: "an exchanged token",
    read: () => registryOver(replaying("acr exchange")).exchange(image.host, entra),
    gives: { token: expect.any(Sensitive) },
  },
  {
    answers: "an exchange that is refused without a body",
    read: () => registryOver(replaying("acr exchange: refused without a body")).exchange(image.host, entra),
    gives: { verdict: "refused" },
  },
])("reads $answers", async ({ read, gives }) => {
  const found = await read();
  if (typeof gives === "object" && gives !== null) expect(found).toMatchObject(gives);
  else expect(found).toEqual(gives);
});

const write = (...answers: readonly (string | Extra)[]) => azureOf(...answers).putToken(at, { name: "mytoken", scopeMapId: "x" });
const assign = (answer: string) => azureOf(answer).assignRole(at, { principalId: "p-1", role: "r" });

const assigning = (role: unknown) => ({
  program: "az role assignment create",
  words: ["--assignee", expect.any(String), "--role", role, "--scope", expect.stringMatching(/\/registries\/myregistry$/)],
});

test.for<{ what: string; call: () => Promise<unknown>; throws: Record<string, unknown> }>([
  {
    what: "a missing right to write tokens",
    call: () => write("token PUT: right is missing"),
    throws: { kind: "forbidden", hint: assigning(expect.stringContaining("Data Access")) },
  },
  {
    what: "a missing right to assign roles",
    call: () => assign("roleAssignment PUT: right is missing"),
    throws: {
      kind: "forbidden",
      hint: assigning("Role Based Access Control Administrator"),
    },
  },
  {
    what: "a policy that denies tokens",
    call: () => write("token PUT: denied by policy"),
    throws: { kind: "forbidden", message: expect.stringContaining('"Deny ACR tokens"') },
  },
  {
    what: "multifactor authentication",
    call: () => write("token PUT: multifactor authentication is required"),
    throws: { kind: "unauthenticated", hint: 'az login --claims-challenge "eyJhIjp7fX0="' },
  },
  { what: "a lock", call: () => azureOf("token DELETE: locked").deleteToken(at, "mytoken"), throws: { kind: "conflict" } },
  {
    what: "a subscription that is not registered",
    call: () => azureOf("registry GET: subscription is not registered").registryFacts(at),
    throws: { kind: "conflict", message: expect.stringContaining("is not registered") },
  },
  { what: "an existing role assignment", call: () => assign("roleAssignment PUT: another name, same role"), throws: { kind: "conflict" } },
  {
    what: "a role assignment of another principal",
    call: () => assign("roleAssignment PUT: same name, another principal"),
    throws: { kind: "invalid" },
  },
  {
    what: "a principal that is not known yet",
    call: () => assign("roleAssignment PUT: principal is not known"),
    throws: { name: "NotYet" },
  },
  {
    what: "a caller without rights in Graph",
    call: () => azureOf("graph applications list: not allowed").applications({ name: "myapp" }),
    throws: { kind: "forbidden" },
  },
  {
    what: "a password that is not known yet",
    call: () => azureOf("graph removePassword: unknown keyId").removeKey("o-1", "k-1"),
    throws: { name: "NotYet" },
  },
  {
    what: "an application that is not known yet",
    call: () => azureOf("graph servicePrincipal POST right after the application").createServicePrincipal("a-1"),
    throws: { name: "NotYet" },
  },
  {
    what: "a token that is being created",
    call: () => azureOf("generateCredentials: token still Creating").generatePassword(at, { token: "mytoken", slot: "password1" }),
    throws: { name: "Busy", kind: "conflict" },
  },
  ...["graph addPassword: concurrent write", "graph addPassword: concurrent requests"].map((answer) => ({
    what: answer,
    call: () => azureOf(answer).addKey("o-1", { displayName: "x" }),
    throws: { name: "Busy" },
  })),
])("reports $what", async ({ call, throws }) => {
  await expect(call()).rejects.toMatchObject(throws);
});

test("uses a version that a cloud supports", async () => {
  const { registryFacts } = azureOf("registry GET: API version is not supported", "registry GET (Basic)");
  await expect(registryFacts(at)).resolves.toMatchObject({ mode: "legacy" });
});

test.for([
  { answer: "entra token: wrong secret", says: /client secret/ },
  { answer: "entra token: unknown certificate", says: /certificate or federated assertion/ },
  { answer: "entra token: federated assertion matches nothing", says: /certificate or federated assertion/ },
])("explains $answer", ({ answer, says }) => {
  const { error_description: said } = recorded(answer).answer.body as { error_description: string };
  expect(explainSignIn(said).message).toMatch(says);
});

/** Responses that the plugin does not read, with the reason. */
const unread: Readonly<Record<string, string>> = {
  "resources list by type": "the Azure CLI asks so",
  "checkNameAvailability: free": "the search for a registry reads it in test/azure/find-registry.test.ts",
  "checkNameAvailability: taken": "the search for a registry reads it in test/azure/find-registry.test.ts",
  "roleAssignment PUT: new, with condition": "its answer is that of one without a condition",
  "graph servicePrincipals by name": "the product asks by the id of the application",
  "graph application POST: time": "test/unit/cmd/create-service-principal-races.test.ts has these times",
  "graph applications by name: time": "test/unit/cmd/create-service-principal-races.test.ts has these times",
  "entra instance discovery": "the libraries of Azure ask so",
  "acr catalog: token is for something else": "the product does not list repositories",
};

test("reads every recorded answer but those of a table", () => {
  const left = cases.map(({ name }) => name).filter((name) => !used.has(name));
  expect(left.toSorted()).toEqual(Object.keys(unread).toSorted());
});
