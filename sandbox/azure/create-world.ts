import { newPassword } from "./secrets.ts";
import type { Registry, ScopeMap, World } from "./world.ts";

/** A registry that exists from the start. Tenant and subscription default to those of the sandbox. */
export type RegistrySpec = { readonly name: string } & Partial<
  Pick<
    Registry,
    | "loginServer"
    | "tenantId"
    | "subscriptionId"
    | "resourceGroup"
    | "location"
    | "sku"
    | "adminUserEnabled"
    | "anonymousPullEnabled"
    | "publicNetworkAccess"
    | "roleAssignmentMode"
    | "armAudience"
    | "dataEndpointEnabled"
    | "regionalEndpoints"
    | "replicas"
    | "tags"
  >
>;

const home = { tenantId: "11111111-1111-1111-1111-111111111111", subscriptionId: "22222222-2222-2222-2222-222222222222" };
const elsewhere = { tenantId: "99999999-9999-9999-9999-999999999999", subscriptionId: "88888888-8888-8888-8888-888888888888" };

/** One Standard registry that the sandbox's identities can get rights on, and one name that another tenant has taken. */
export const defaultRegistries: readonly RegistrySpec[] = [
  { name: "myregistry" },
  { name: "otherregistry", ...elsewhere, resourceGroup: "theirs" },
];

export function createWorld(specs: readonly RegistrySpec[] = defaultRegistries): World {
  const world: World = {
    ...home,
    subscriptions: [],
    registries: [],
    applications: [],
    servicePrincipals: [],
    users: [],
    managedIdentities: [],
    userAssignedIdentities: [],
    issuers: new Map(),
    roleAssignments: [],
    customRoles: [],
    apiVersions: {},
    longRunning: { polls: 0, milliseconds: 0, retryAfter: 10, repeatedPut: "operation" },
    graphWriteGap: 300,
    acrAudience: true,
    lifetimes: { entra: 3599, access: 4500, refresh: 3 * 3600 },
    pageSize: 100,
    ahead: 0,
    operations: new Map(),
  };
  addGroup(world, home, "demo");
  for (const spec of specs) addRegistry(world, spec);
  return world;
}

/** Adds a registry with its subscription and resource group. */
export function addRegistry(world: World, spec: RegistrySpec): Registry {
  if (!/^[a-zA-Z0-9]{5,50}$/.test(spec.name)) throw new Error(`a registry's name is 5 to 50 letters and digits: ${spec.name}`);
  const registry: Registry = {
    loginServer: `${spec.name.toLowerCase()}.azurecr.io`,
    ...home,
    resourceGroup: "demo",
    location: "eastus",
    sku: "Standard",
    adminUserEnabled: false,
    anonymousPullEnabled: false,
    publicNetworkAccess: "Enabled",
    roleAssignmentMode: "LegacyRegistryPermissions",
    armAudience: "enabled",
    dataEndpointEnabled: false,
    regionalEndpoints: "Disabled",
    replicas: [],
    tags: {},
    ...spec,
    creationDate: new Date().toISOString(),
    adminPasswords: { password: newPassword(), password2: newPassword() },
    scopeMaps: systemScopeMaps(),
    tokens: [],
    pushed: new Map(),
  };
  addGroup(world, registry, registry.resourceGroup);
  world.registries.push(registry);
  return registry;
}

function addGroup(world: World, { tenantId, subscriptionId: id }: typeof home, group: string): void {
  let subscription = world.subscriptions.find((one) => one.id === id);
  if (!subscription) {
    subscription = { id, name: `Subscription ${world.subscriptions.length + 1}`, tenantId, resourceGroups: [] };
    world.subscriptions.push(subscription);
  }
  if (!subscription.resourceGroups.includes(group)) subscription.resourceGroups.push(group);
}

/** The scope maps that every new registry has. */
function systemScopeMaps(): ScopeMap[] {
  const map = (name: string, description: string, ...rights: string[]): ScopeMap => ({
    name,
    description,
    system: true,
    creationDate: new Date().toISOString(),
    actions: rights.map((right) => `repositories/*/${right}`),
  });
  return [
    map(
      "_repositories_admin",
      "Can perform all read, write and delete operations on the registry",
      "metadata/read",
      "metadata/write",
      "content/read",
      "content/write",
      "content/delete",
    ),
    map("_repositories_pull", "Can pull any repository of the registry", "content/read"),
    map("_repositories_push", "Can push to any repository of the registry", "content/read", "content/write"),
    map("_repositories_pull_metadata_read", "Can perform all read operations on the registry", "content/read", "metadata/read"),
    map(
      "_repositories_push_metadata_write",
      "Can perform all read and write operations on the registry",
      "metadata/read",
      "metadata/write",
      "content/read",
      "content/write",
    ),
  ];
}
