import { randomUUID } from "node:crypto";
import { generateKeyPair, SignJWT } from "jose";
import { beforeEach, expect, test } from "vitest";
import { type Fault, usualDelays } from "../../../sandbox/azure/faults.ts";
import { assignRole } from "../../../sandbox/azure/identities.ts";
import { refusals } from "../../../sandbox/azure/refusals.ts";
import type { Ask, Reply } from "../../support/ask-through.ts";
import { cases, differences, fill, type Names } from "./replay.ts";
import { audiences, loginServer, openTestAzure, registryId } from "./world.ts";

// Compares the emulator with recorded responses of the real Azure: the same status, headers, fields and texts.

const azure = await openTestAzure(
  [
    { name: "myregistry", location: "westus" },
    { name: "premiumregistry", sku: "Premium", location: "westus" },
    { name: "basicregistry", sku: "Basic", location: "westus" },
  ],
  usualDelays,
);
await azure.push(`${loginServer}/library/hello-world:1`);
beforeEach(() => {
  azure.faults.reset();
  const { world } = azure;
  Object.assign(world, { apiVersions: {}, graphWriteGap: 0 });
  for (const registry of world.registries) {
    Object.assign(registry, {
      publicNetworkAccess: "Enabled",
      tokens: [],
      scopeMaps: registry.scopeMaps.filter(({ system }) => system),
      adminUserEnabled: false,
    });
  }
  world.roleAssignments = world.roleAssignments.filter(({ since }) => since === 0);
  world.applications = world.applications.filter(({ displayName }) => displayName === "sandbox-owner");
});

/** The preparation of a case: the names in its request, in addition to those that all cases share. */
type Stage = { readonly names?: Names; readonly ask?: Ask; readonly url?: string };

const arm = (method: string, path: string, json?: unknown) => azure.arm(azure.owner, method, path, json);
const graph = async (method: string, path: string, json?: unknown) =>
  azure.ask(method, `${audiences.graph}/v1.0${path}`, { token: await azure.accessToken(azure.owner, audiences.graph), json });

const premium = (name: string): Stage => ({ names: { registry: name, registryId: registryId.replace("myregistry", name) } });
const right = (what: string) => `repositories/hello-world/${what}`;
const mapExists = async (): Promise<Stage> => {
  const actions = ["content/read", "content/write", "content/delete", "metadata/read", "metadata/write"].map(right);
  await arm("PUT", `${registryId}/scopeMaps/mymap`, { properties: { actions } });
  return {};
};
const tokenBegun = (version = "2025-11-01") =>
  arm("PUT", `${registryId}/tokens/mytoken?api-version=${version}`, {
    properties: { scopeMapId: `${registryId}/scopeMaps/_repositories_admin` },
  });
const tokenExists = async (): Promise<Stage> => {
  await tokenBegun();
  await arm("GET", `${registryId}/tokens/mytoken`);
  return {};
};
const principalExists = async (): Promise<Stage> => ({ names: { principal: (await azure.addServicePrincipal("somebody")).objectId } });

async function applicationExists(): Promise<Stage> {
  const { json } = await graph("POST", "/applications", { displayName: "myapp" });
  const [object, app] = [String(json.id), String(json.appId)];
  return { names: { object, app, freshApp: app, object2: object } };
}
async function secretExists(): Promise<Stage> {
  const stage = await applicationExists();
  const passwordCredential = { displayName: "key1", startDateTime: at.nowZ, endDateTime: at.laterZ };
  await graph("POST", `/applications/${stage.names?.["object"]}/addPassword`, { passwordCredential });
  return stage;
}
async function servicePrincipalExists(): Promise<Stage> {
  const stage = await applicationExists();
  const { json } = await graph("POST", "/servicePrincipals", { appId: stage.names?.["app"] });
  return { names: { ...stage.names, spObject: String(json.id) } };
}
const assertion = async (header: Record<string, string>) => {
  const { privateKey } = await generateKeyPair("RS256");
  const claims = { iss: "https://issuer.example", sub: "system:serviceaccount:ns:sa", aud: "api://AzureADTokenExchange" };
  return new SignJWT(claims)
    .setExpirationTime("1h")
    .setProtectedHeader({ alg: "RS256", ...header })
    .sign(privateKey);
};
const withAssertion = async (header: Record<string, string>): Promise<Stage> => {
  const form = {
    grant_type: "client_credentials",
    client_id: azure.owner.clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: await assertion(header),
    scope: `${audiences.arm}/.default`,
  };
  return { names: { sub: "system:serviceaccount:ns:sa" }, ask: { form } };
};

const someGuid = "0a1b2c3d-0000-4000-8000-000000000000";

async function asPoor(): Promise<Stage> {
  const login = await azure.addServicePrincipal("poor");
  return { names: { poor: login.objectId, poorClient: login.clientId }, ask: { token: await azure.accessToken(login, audiences.arm) } };
}

function strike(fault: Fault, names: Names = {}): Stage {
  azure.faults.add(fault);
  return { names };
}

/** Creates an assignment of AcrPull in addition to that of the case: with another principal, or with another name. */
async function assigned({ name: roleGuid, isOther }: { name: string; isOther: boolean }): Promise<Stage> {
  const principal = (await azure.addServicePrincipal("assigned")).objectId;
  const roleDefinitionId = `/subscriptions/${azure.world.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d`;
  const path = `${registryId}/providers/Microsoft.Authorization/roleAssignments/${someGuid}?api-version=2022-04-01`;
  await arm("PUT", path, { properties: { roleDefinitionId, principalId: principal, principalType: "ServicePrincipal" } });
  return { names: { roleGuid, principal: isOther ? (await azure.addServicePrincipal("other")).objectId : principal } };
}

const at = { nowZ: "2026-11-24T10:00:00Z", laterZ: "2027-11-24T10:00:00Z" };
const shared = (): Names => ({
  subscription: azure.world.subscriptionId,
  group: "demo",
  registry: "myregistry",
  registryId,
  tenant: azure.world.tenantId,
  client: azure.owner.clientId,
  token: "mytoken",
  creatingToken: "mytoken",
  scopeMap: "mymap",
  scopeMap2: "mymap2",
  free: "freeregistry",
  name: "myapp",
  repository: "library/hello-world",
  tag: "nosuchtag",
  roleGuid: someGuid,
  LOCATION: "WESTUS",
  ...at,
});

const stages: Readonly<Record<string, () => Stage | Promise<Stage>>> = {
  "registry GET (Premium)": () => premium("premiumregistry"),
  "registry GET (Basic)": () => premium("basicregistry"),
  "resources list by type": () => premium("premiumregistry"),
  "scopeMaps list": mapExists,
  "scopeMap GET": mapExists,
  "scopeMap PATCH": mapExists,
  "scopeMap DELETE": mapExists,
  "token operationStatuses": async () => ({ url: String((await tokenBegun("2026-01-01-preview")).headers["azure-asyncoperation"]) }),
  "token GET": tokenExists,
  "tokens list": tokenExists,
  "generateCredentials: one slot": tokenExists,
  "generateCredentials: with expiry": tokenExists,
  "generateCredentials: token still Creating": async () => {
    await tokenBegun();
    return {};
  },
  "token DELETE": tokenExists,
  regenerateCredential: async () => {
    await arm("PATCH", registryId, { properties: { adminUserEnabled: true } });
    return {};
  },
  "roleAssignment PUT: new": async () => ({ names: { ...(await principalExists()).names, guid: randomUUID() } }),
  "roleAssignments list atScope()": () => {
    const [principalId, createdBy] = [randomUUID(), randomUUID()];
    assignRole(azure.world, principalId, { role: "User Access Administrator", scope: "/" });
    const made = azure.world.roleAssignments.pop();
    if (made) azure.world.roleAssignments.push({ ...made, principalType: "User", createdBy, updatedBy: createdBy });
    return { names: { principal: principalId } };
  },
  "graph applications list: not allowed": async () => ({
    ask: { token: await azure.accessToken(await azure.addServicePrincipal("nobody"), audiences.graph) },
  }),
  "graph applications by appId": applicationExists,
  "graph application GET": applicationExists,
  "graph addPassword": applicationExists,
  "graph application GET: secret is hidden": secretExists,
  "graph servicePrincipal POST": applicationExists,
  "graph servicePrincipals by name": servicePrincipalExists,
  "graph application DELETE": applicationExists,
  "graph removePassword: unknown keyId": async () => ({ names: { ...(await applicationExists()).names, unknownGuid: randomUUID() } }),
  "graph servicePrincipal POST right after the application": async () => {
    azure.faults.add({ kind: "replication", of: "principals", milliseconds: 600_000 });
    return applicationExists();
  },
  "entra token: wrong secret": () => ({ names: { wrong: "hunter2" } }),
  "entra token: unknown certificate": () => withAssertion({ x5t: "A".repeat(27) }),
  "entra token: federated assertion matches nothing": () => {
    const trusted = { issuer: "https://issuer.example", subject: "system:serviceaccount:ns:other", audience: "api://AzureADTokenExchange" };
    const application = azure.world.applications.find(({ appId }) => appId === azure.owner.clientId);
    if (application) application.federated = [{ id: "1", name: "other", ...trusted }];
    return withAssertion({});
  },
  "acr exchange": async () => ({ names: { aadToken: await azure.accessToken(azure.owner, audiences.acr) } }),
  "acr token: refresh_token": async () => {
    const form = {
      grant_type: "access_token",
      service: loginServer,
      access_token: await azure.accessToken(azure.owner, audiences.acr),
    };
    const { json } = await azure.ask("POST", `https://${loginServer}/oauth2/exchange`, { form });
    return { names: { refreshToken: String(json.refresh_token) } };
  },
  "acr token endpoints: refused": () => ({ ask: { login: { username: "nobody", password: "hunter2" } } }),
  "token PUT: right is missing": asPoor,
  "roleAssignment PUT: right is missing": asPoor,
  "registry GET: API version is not supported": () => {
    azure.world.apiVersions = { "Microsoft.ContainerRegistry": ["2023-07-01", "2024-11-01-preview"] };
    return { names: { versions: "2024-11-01-preview, 2023-07-01" } };
  },
  "token PUT: denied by policy": () => strike(refusals.tokensDeniedByPolicy, { assignment: "Deny ACR tokens" }),
  "token PUT: multifactor authentication is required": () => strike(refusals.mfaRequired),
  "token DELETE: locked": () => strike(refusals.locked),
  "registry GET: subscription is not registered": () => strike(refusals.unregisteredSubscription),
  "roleAssignment PUT: same name, another principal": () => assigned({ name: someGuid, isOther: true }),
  "roleAssignment PUT: another name, same role": () => assigned({ name: randomUUID(), isOther: false }),
  "roleAssignment PUT: principal is not known": () => ({ names: { principal: randomUUID() } }),
  listUsages: tokenExists,
  "graph addPassword: concurrent write": async () => {
    const stage = await secretExists();
    azure.world.graphWriteGap = 600_000;
    return stage;
  },
  "graph addPassword: concurrent requests": async () => {
    const stage = await applicationExists();
    return { ...stage, ...strike(refusals.concurrentRequests, stage.names) };
  },
  "graph applications by name: time": applicationExists,
  "acr token endpoints: refused without a body": () => strike({ kind: "emptyUnauthorized" }),
  "acr exchange: refused without a body": () => strike({ kind: "emptyUnauthorized" }),
  "acr tags: no such repository": async () => {
    const { clientId: username, clientSecret: password } = await azure.addServicePrincipal("reader", ["AcrPull"]);
    const query = `service=${loginServer}&scope=repository:no/such:metadata_read`;
    const { json } = await azure.ask("GET", `https://${loginServer}/oauth2/token?${query}`, { login: { username, password } });
    return { ask: { token: String(json.access_token) } };
  },
  "acr /v2/: firewall": () => {
    Object.assign(azure.world.registries[0] ?? {}, { publicNetworkAccess: "Disabled" });
    return {};
  },
  "acr manifest: no such tag": async () => {
    azure.world.registries[0]?.tokens.push(puller());
    const login = { username: "puller", password: "one" };
    const query = `service=${loginServer}&scope=repository:library/hello-world:pull`;
    const { json } = await azure.ask("GET", `https://${loginServer}/oauth2/token?${query}`, { login });
    return { ask: { token: String(json.access_token) } };
  },
};

const puller = () => ({
  name: "puller",
  creationDate: "2026-01-01T00:00:00Z",
  status: "enabled" as const,
  scopeMapId: `${registryId}/scopeMaps/_repositories_pull`,
  passwords: { password1: { value: "one", creationTime: "2026-01-01T00:00:00Z", since: 0 } },
});

/** Cases that this test does not send to the emulator. */
const left: Readonly<Record<string, string>> = {
  "roleAssignment PUT: new, with condition":
    "its condition is about storage: the emulator takes only conditions that it can judge, so that ours are read to the letter",
  "acr resource: token is too narrow": "nothing here changes a repository's attributes, and the emulator has no such route",
  "acr catalog: token is for something else": "nothing here lists all repositories, and the emulator has no such route",
};

/** Accepted differences of the emulator: the line of `differences`, and the reason. */
const otherwise: readonly { readonly line: RegExp; readonly why: string }[] = [
  {
    line: /signInAudience is "AzureADMyOrg", not AzureADandPersonalMicrosoftAccount$/,
    why: "Microsoft Graph has changed the default since 2023",
  },
  { line: /ByType is "Application", not User$/, why: "an application signs in to the emulator's ARM" },
  { line: /calls-per-second is "166\.65", not 166\.35$/, why: "it counts the requests left in this second" },
  { line: /description is "AADSTS7000215: Invalid client secret provided\./, why: "Entra's sentence has changed since 2021" },
  { line: /description is "AADSTS700027: The certificate with identifier /, why: "Entra's sentence has changed since 2022" },
];

/** API versions that are no longer used. The emulator treats them like the stable version. */
const retired = ["2020-11-01-preview", "2023-11-01-preview"];
const used = new Set<string>();

test.for(cases.filter(({ name }) => !(name in left)))("$name, $seen", async (recorded) => {
  const { names, ask, url } = (await stages[recorded.name]?.()) ?? {};
  const { request, body, answer } = fill(recorded, { ...shared(), ...names });
  const [method = "", template = ""] = request.split(/ (.*)/s);

  const answered = await askOf(method, url ?? template, body, ask);

  const partly = /^(?:reported|documented)/.test(recorded.seen);
  const found = [
    ...differences(answer.status, answered.status, partly, "status"),
    ...headerDifferences(answer.headers ?? {}, answered),
    ...(answer.body === undefined
      ? answered.text === "" || partly
        ? []
        : ["body is too much"]
      : differences(answer.body, answered.json, partly, "body")),
  ];
  expect(found.filter((line) => !excused(line))).toEqual([]);
});

async function askOf(method: string, template: string, body: unknown, ask: Ask = {}): Promise<Reply> {
  const url = new URL(template.replace(/(?<=api-version=)[\w-]+/, (version) => (retired.includes(version) ? "2025-11-01" : version)));
  const audience = { "management.azure.com": audiences.arm, "graph.microsoft.com": audiences.graph }[url.host];
  const token = audience === undefined ? {} : { token: await azure.accessToken(azure.owner, audience) };
  const sent = typeof body === "string" ? { form: [...new URLSearchParams(body)] } : body === undefined ? {} : { json: body };
  return azure.ask(method, url.href, { ...token, ...sent, ...ask });
}

/** Compares the headers in a recorded response. Other headers may be present. */
function headerDifferences(recorded: Record<string, string>, { headers }: Reply): string[] {
  return Object.entries(recorded).flatMap(([name, value]) => differences(value, headers[name.toLowerCase()], false, name));
}

function excused(line: string): boolean {
  const known = otherwise.filter((one) => one.line.test(line));
  for (const { why } of known) used.add(why);
  return known.length > 0;
}

test("needs every exception", () => {
  const names = cases.map(({ name }) => name);

  expect([...Object.keys(left), ...Object.keys(stages)].filter((name) => !names.includes(name))).toEqual([]);
  expect(otherwise.filter(({ why }) => !used.has(why))).toEqual([]);
});
