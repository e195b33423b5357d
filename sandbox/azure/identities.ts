import { randomUUID } from "node:crypto";
import type { ManagedIdentity, UserAssignedIdentity } from "./federation.ts";
import { findRole } from "./roles.ts";
import { newClientSecret } from "./secrets.ts";
import { type GraphRole, registryId, timeIn, type World } from "./world.ts";

/** A role by its name, on a scope. Default: the sandbox's subscription. `registry` is short for the id of that registry. */
export type Grant = { readonly role: string; readonly scope?: string; readonly registry?: string; readonly condition?: string };

export type ServicePrincipalLogin = {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly objectId: string;
};

/**
 * Adds an application with a service principal, a secret that is valid for two years, and roles. The name of a role alone applies to the
 * subscription.
 */
export function addServicePrincipal(
  world: World,
  displayName: string,
  grants: readonly (string | Grant)[],
  graphRoles: readonly GraphRole[] = [],
): ServicePrincipalLogin {
  const { tenantId } = world;
  const [appId, objectId, since] = [randomUUID(), randomUUID(), 0];
  const now = new Date();
  const end = new Date(now.getTime() + 2 * 365 * 24 * 3600 * 1000);
  const secret = { ...newClientSecret("sandbox", now.toISOString(), end.toISOString()), since };
  const application = {
    id: randomUUID(),
    appId,
    tenantId,
    createdDateTime: now.toISOString(),
    displayName,
    notes: null,
    signInAudience: "AzureADMyOrg",
  };
  world.applications.push({ ...application, secrets: [secret], certificates: [], owners: [], since });
  world.servicePrincipals.push({
    id: objectId,
    appId,
    tenantId,
    displayName,
    accountEnabled: true,
    secrets: [],
    graphRoles: [...graphRoles],
    since,
  });
  for (const grant of grants) assignRole(world, objectId, typeof grant === "string" ? { role: grant } : grant);
  return { tenantId, clientId: appId, clientSecret: secret.value, objectId };
}

/** Adds another managed identity, with roles, to the machine that runs the clients. */
export function addManagedIdentity(world: World, name: string, grants: readonly (string | Grant)[]): ManagedIdentity {
  const { tenantId, subscriptionId } = world;
  const resourceId = `/subscriptions/${subscriptionId}/resourcegroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const identity = { clientId: randomUUID(), objectId: randomUUID(), tenantId, resourceId };
  world.managedIdentities.push(identity);
  for (const grant of grants) assignRole(world, identity.objectId, typeof grant === "string" ? { role: grant } : grant);
  return identity;
}

/** Creates an identity with its service principal. */
export function createIdentity(
  world: World,
  resourceId: string,
  { location, tags }: Pick<UserAssignedIdentity, "location" | "tags">,
): UserAssignedIdentity {
  const { tenantId } = world;
  const since = timeIn(world);
  const identity = { clientId: randomUUID(), objectId: randomUUID(), tenantId, resourceId, location, tags, federated: [], since };
  const displayName = resourceId.split("/").at(-1) ?? "";
  const principal = { id: identity.objectId, appId: identity.clientId, tenantId, displayName, type: "ManagedIdentity" } as const;
  const alternativeNames = ["isExplicit=True", resourceId.replace("resourceGroups", "resourcegroups")];
  world.userAssignedIdentities.push(identity);
  world.servicePrincipals.push({ ...principal, alternativeNames, accountEnabled: true, secrets: [], graphRoles: [], since });
  return identity;
}

/** Deletes an identity with its service principal. Its role assignments stay, as in Azure. */
export function deleteIdentity(world: World, identity: UserAssignedIdentity): void {
  world.userAssignedIdentities = world.userAssignedIdentities.filter((one) => one !== identity);
  world.servicePrincipals = world.servicePrincipals.filter(({ id }) => id !== identity.objectId);
}

/** Assigns a role to a principal, effective at once. */
export function assignRole(world: World, principalId: string, { role, scope, registry, condition }: Grant): void {
  const guid = findRole(role, world.customRoles)?.guid;
  if (!guid) throw new Error(`there is no role ${role}`);
  world.roleAssignments.push({
    name: randomUUID(),
    scope: scope ?? (registry === undefined ? `/subscriptions/${world.subscriptionId}` : idOf(world, registry)),
    role: guid,
    principalId,
    principalType: "ServicePrincipal",
    description: null,
    condition: condition ?? null,
    conditionVersion: condition === undefined ? null : "2.0",
    createdOn: new Date().toISOString(),
    since: 0,
  });
}

function idOf(world: World, name: string): string {
  const registry = world.registries.find((one) => one.name === name);
  if (!registry) throw new Error(`there is no registry ${name}`);
  return registryId(registry);
}
