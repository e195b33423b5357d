import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { claimsOf, loginServer, openTestAzure, registryId } from "./world.ts";

const subscription = "/subscriptions/22222222-2222-2222-2222-222222222222";
const version = "api-version=2022-04-01";
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const reader = "b93aa761-3e63-49ed-ac28-beffa264f7ac";

const azure = await openTestAzure();
await azure.push(`${loginServer}/app/web:1`);
beforeEach(() => azure.faults.reset());

/** Whether a service principal's own login can pull from a repository. */
async function actions({ clientId, clientSecret }: { clientId: string; clientSecret: string }, repository = "app/web"): Promise<string> {
  const scope = `repository:${repository}:pull,push,delete,metadata_read`;
  const { status, json } = await azure.ask("GET", `https://${loginServer}/oauth2/token?service=${loginServer}&scope=${scope}`, {
    login: { username: clientId, password: clientSecret },
  });
  return status === 200 ? String(claimsOf(String(json.access_token)).access?.[0]?.actions) : String(status);
}

function assign(properties: Record<string, unknown>, name: string = randomUUID(), scope = registryId) {
  return azure.arm(azure.owner, "PUT", `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?${version}`, { properties });
}

const definition = (guid: string) => `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;

test.for([
  { role: "AcrPull", legacy: "pull,metadata_read", abac: "401" },
  { role: "AcrPush", legacy: "pull,push,metadata_read", abac: "401" },
  { role: "AcrDelete", legacy: "delete", abac: "401" },
  { role: "Reader", legacy: "pull,metadata_read", abac: "401" },
  { role: "Contributor", legacy: "pull,push,delete,metadata_read", abac: "401" },
  { role: "Owner", legacy: "pull,push,delete,metadata_read", abac: "401" },
  { role: "Container Registry Repository Reader", legacy: "401", abac: "pull,metadata_read" },
  { role: "Container Registry Repository Writer", legacy: "401", abac: "pull,push,metadata_read" },
  { role: "Container Registry Repository Contributor", legacy: "401", abac: "pull,push,delete,metadata_read" },
  { role: "Container Registry Repository Catalog Lister", legacy: "401", abac: "" },
])("lets $role pull from a legacy registry: $legacy; from an ABAC registry: $abac", async ({ role, legacy, abac }) => {
  const login = await azure.addServicePrincipal(role, [{ role, registry: "myregistry" }]);
  const [registry] = azure.world.registries;

  expect(await actions(login)).toBe(legacy);
  Object.assign(registry ?? {}, { roleAssignmentMode: "AbacRepositoryPermissions" });
  expect(await actions(login)).toBe(abac);
  Object.assign(registry ?? {}, { roleAssignmentMode: "LegacyRegistryPermissions" });
});

const content = "Microsoft.ContainerRegistry/registries/repositories/content/read";
const metadata = "Microsoft.ContainerRegistry/registries/repositories/metadata/read";
const only = (expression: string) => `((!(ActionMatches{'${content}'}) AND !(ActionMatches{'${metadata}'})) OR (${expression}))`;
const name = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]";

test.for([
  { condition: only(`${name} StringEqualsIgnoreCase 'app/web'`), allowed: ["app/web"], not: ["app/web2", "app"] },
  { condition: only(`${name} StringStartsWithIgnoreCase 'app/'`), allowed: ["app/web", "app/api"], not: ["app-infra/web", "other"] },
  { condition: only(`${name} StringStartsWithIgnoreCase 'app'`), allowed: ["app/web", "app-infra/web"], not: ["other"] },
  { condition: only(`${name} StringEquals 'a' OR ${name} StringEquals 'b'`), allowed: ["a", "b"], not: ["c"] },
  { condition: only(`${name} StringNotEquals 'a'`), allowed: ["b"], not: ["a"] },
  { condition: only(`${name} ForAnyOfAnyValues:StringEquals {'a', 'b'}`), allowed: ["a", "b"], not: ["c"] },
])("applies the condition $condition", async ({ condition, allowed, not }) => {
  const [registry] = azure.world.registries;
  Object.assign(registry ?? {}, { roleAssignmentMode: "AbacRepositoryPermissions" });
  const login = await azure.addServicePrincipal("conditional");
  const made = await assign({
    roleDefinitionId: definition(reader),
    principalId: login.objectId,
    principalType: "ServicePrincipal",
    condition,
    conditionVersion: "2.0",
  });

  expect(made.status).toBe(201);
  for (const repository of allowed) expect(await actions(login, repository)).toBe("pull,metadata_read");
  for (const repository of not) expect(await actions(login, repository)).toBe("");
  Object.assign(registry ?? {}, { roleAssignmentMode: "LegacyRegistryPermissions" });
});

test.for(["assignedTo('ID')", "principalId eq 'ID'"])(
  "lists the assignments on, above and below a scope with $filter=%s",
  async (filter) => {
    const group = "/providers/Microsoft.Management/managementGroups/tenant";
    const [other, resourceGroup] = ["/subscriptions/88888888-8888-8888-8888-888888888888", `${subscription}/resourceGroups/demo`];
    const scopes = ["/", group, subscription, resourceGroup, registryId, other];
    const { objectId } = await azure.addServicePrincipal(
      `listed ${filter}`,
      scopes.map((scope) => ({ role: "AcrPull", scope })),
    );
    const listed = async (scope: string) => {
      const query = `$filter=${encodeURIComponent(filter.replace("ID", objectId))}&${version}`;
      const { json } = await azure.arm(azure.owner, "GET", `${scope}/providers/Microsoft.Authorization/roleAssignments?${query}`);
      return json.value?.map(({ properties }) => properties?.scope);
    };

    for (const scope of [subscription, resourceGroup, registryId]) expect(await listed(scope)).toEqual(scopes.slice(0, -1));
  },
);

test("finds assignments by principal, and deletes them once", async () => {
  const login = await azure.addServicePrincipal("found", ["Reader"]);
  const own = randomUUID();
  await assign({ roleDefinitionId: definition(acrPull), principalId: login.objectId }, own);
  const path = `${registryId}/providers/Microsoft.Authorization/roleAssignments`;
  const list = async (filter: string) =>
    (await azure.arm(azure.owner, "GET", `${path}?$filter=${encodeURIComponent(filter)}&${version}`)).json;

  for (const filter of [`assignedTo('${login.objectId}')`, `principalId eq '${login.objectId}'`]) {
    expect((await list(filter)).value?.map(({ properties }) => properties?.scope)).toEqual([subscription, registryId]);
  }
  expect((await list("createdBy eq 'x'")).error?.code).toBe("UnsupportedQuery");
  expect((await azure.arm(azure.owner, "DELETE", `${path}/${own}?${version}`)).status).toBe(200);
  expect((await azure.arm(azure.owner, "DELETE", `${path}/${own}?${version}`)).status).toBe(204);
});

test.for([
  { why: "a name that is no GUID", assignment: "mine", change: {}, status: 400, code: "InvalidRoleAssignmentId" },
  {
    why: "an unknown role",
    change: { roleDefinitionId: definition("00000000-0000-0000-0000-000000000000") },
    status: 404,
    code: "RoleDefinitionDoesNotExist",
  },
  {
    why: "a condition without its version",
    change: { condition: only(`${name} StringEquals 'a'`) },
    status: 400,
    code: "InvalidConditionVersion",
  },
  { why: "a condition that does not end", change: { condition: "(", conditionVersion: "2.0" }, status: 400, code: "InvalidCondition" },
  {
    why: "an unknown operator",
    change: { condition: only(`${name} StringSounds 'a'`), conditionVersion: "2.0" },
    status: 400,
    code: "InvalidCondition",
  },
  { why: "an unknown field", change: { role: "AcrPull" }, status: 400, code: "InvalidRequestContent" },
])("refuses an assignment with $why: $code", async ({ assignment, change, status, code }) => {
  const { objectId } = await azure.addServicePrincipal("refused");

  const answer = await assign({ roleDefinitionId: definition(acrPull), principalId: objectId, ...change }, assignment);

  expect([answer.status, answer.json.error?.code]).toEqual([status, code]);
});

test("lets a constrained owner assign only the roles that the condition names", async () => {
  const condition = `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${acrPull}}))`;
  const owner = await azure.addServicePrincipal("constrained", [{ role: "Role Based Access Control Administrator", condition }]);
  const { objectId } = await azure.addServicePrincipal("pod");
  const put = (role: string) => {
    const properties = { roleDefinitionId: definition(role), principalId: objectId, principalType: "ServicePrincipal" };
    return azure.arm(owner, "PUT", `${registryId}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?${version}`, {
      properties,
    });
  };

  expect((await put(acrPull)).status).toBe(201);
  const { status, json } = await put(reader);
  expect([status, json.error?.message]).toEqual([
    403,
    expect.stringContaining("an authorization with ABAC condition that is not fulfilled"),
  ]);
});

test("delays a role until it has reached the registry", async () => {
  const replicated = azure.faults.add({ kind: "replication", of: "roles", milliseconds: 600_000 });
  const login = await azure.addServicePrincipal("patient");
  await assign({ roleDefinitionId: definition(acrPull), principalId: login.objectId });

  expect(await actions(login)).toBe("401");
  replicated();
  expect(await actions(login)).toBe("pull,metadata_read");
});
