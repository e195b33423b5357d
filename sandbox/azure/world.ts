import { randomBytes, randomUUID } from "node:crypto";
import type { Slot } from "../../src/context.ts";
import type { Answer } from "./http.ts";

export type { Slot };

/** Everything that the emulated Azure knows: plain data, for a test to read and to change between two requests. */
export type World = {
  /** The tenant and subscription that `AZURE_TENANT_ID` and the registries belong to by default. */
  readonly tenantId: string;
  readonly subscriptionId: string;
  subscriptions: Subscription[];
  registries: Registry[];
  applications: Application[];
  servicePrincipals: ServicePrincipal[];
  users: User[];
  roleAssignments: RoleAssignment[];
  /** How long-running operations behave: polls that answer "not yet", and the Retry-After that goes with them (seconds). */
  longRunning: { polls: number; retryAfter: number };
  /** How long tokens live, seconds: Entra's access tokens, and a registry's access and refresh tokens. Negative makes them expired. */
  lifetimes: { entra: number; access: number; refresh: number };
  /** Items on one page of an ARM list. */
  pageSize: number;
  /** Long-running operations by their identifier. */
  operations: Map<string, Operation>;
};

export type Subscription = { readonly id: string; name: string; readonly tenantId: string; resourceGroups: string[] };

/** Microsoft.ContainerRegistry/registries 2025-11-01, as far as it decides anything here. */
export type Registry = {
  readonly name: string;
  readonly loginServer: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly creationDate: string;
  sku: "Basic" | "Standard" | "Premium";
  adminUserEnabled: boolean;
  anonymousPullEnabled: boolean;
  publicNetworkAccess: "Enabled" | "Disabled";
  roleAssignmentMode: "LegacyRegistryPermissions" | "AbacRepositoryPermissions";
  /** policies.azureADAuthenticationAsArmPolicy.status: whether ARM tokens are exchanged too. */
  armAudience: "enabled" | "disabled";
  tags: Record<string, string>;
  adminPasswords: { password: string; password2: string };
  scopeMaps: ScopeMap[];
  tokens: Token[];
  /** When each tag was pushed through the registry, by `repository:tag`. */
  pushed: Map<string, { createdTime: string; lastUpdateTime: string }>;
};

export type ScopeMap = {
  readonly name: string;
  description: string;
  readonly system: boolean;
  readonly creationDate: string;
  actions: string[];
};

export type Token = {
  readonly name: string;
  readonly creationDate: string;
  status: "enabled" | "disabled";
  scopeMapId: string;
  /** It is "Creating", and gets no passwords, until it or the operation that makes it was asked for so many more times. */
  pollsLeft: number;
  passwords: Partial<Record<Slot, TokenPassword>>;
};

/** `since` is when it was made (epoch milliseconds); `previous` works until the new value is replicated. */
export type TokenPassword = { value: string; creationTime: string; expiry?: string; since: number; previous?: string };

/** A client secret of an application or of a service principal. */
export type ClientSecret = {
  readonly keyId: string;
  value: string;
  displayName: string | null;
  startDateTime: string;
  endDateTime: string;
  since: number;
};

/** Microsoft Graph application. */
export type Application = {
  readonly id: string;
  readonly appId: string;
  readonly tenantId: string;
  readonly createdDateTime: string;
  displayName: string;
  notes: string | null;
  signInAudience: string;
  secrets: ClientSecret[];
  /** Object ids of those who may change it with Application.ReadWrite.OwnedBy. */
  owners: string[];
  since: number;
};

/** What an application may do in Microsoft Graph. */
export type GraphRole = "Application.Read.All" | "Application.ReadWrite.OwnedBy" | "Application.ReadWrite.All";

/** Microsoft Graph servicePrincipal. `id` is the object id that roles are assigned to. */
export type ServicePrincipal = {
  readonly id: string;
  readonly appId: string;
  readonly tenantId: string;
  displayName: string;
  accountEnabled: boolean;
  secrets: ClientSecret[];
  graphRoles: GraphRole[];
  since: number;
};

/** A person. `refusal` makes every sign-in fail with that Entra error, e.g. 50076 (multi-factor authentication needed). */
export type User = {
  readonly id: string;
  readonly tenantId: string;
  readonly userPrincipalName: string;
  password: string;
  refreshTokens: string[];
  graphRoles: GraphRole[];
  refusal?: { readonly error: string; readonly number: number; readonly message: string };
};

/** Microsoft.Authorization/roleAssignments 2022-04-01. `role` is the GUID of a built-in role. */
export type RoleAssignment = {
  readonly name: string;
  readonly scope: string;
  readonly role: string;
  readonly principalId: string;
  readonly principalType: string;
  description: string | null;
  condition: string | null;
  conditionVersion: string | null;
  readonly createdOn: string;
  readonly since: number;
};

/** A long-running operation: so many more polls say "not yet", then `done` is carried out and its answer given. */
export type Operation = { polls: number; readonly kind: "status" | "result"; readonly done: () => Answer };

/** A registry to begin with. Without a tenant and a subscription it is the default ones'. */
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
    | "tags"
  >
>;

const home = { tenantId: "11111111-1111-1111-1111-111111111111", subscriptionId: "22222222-2222-2222-2222-222222222222" };
const elsewhere = { tenantId: "99999999-9999-9999-9999-999999999999", subscriptionId: "88888888-8888-8888-8888-888888888888" };

/** One Standard registry that everybody here may be given rights on, and one whose name is taken by another tenant. */
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
    roleAssignments: [],
    longRunning: { polls: 1, retryAfter: 0 },
    lifetimes: { entra: 3599, access: 4500, refresh: 3 * 3600 },
    pageSize: 100,
    operations: new Map(),
  };
  addGroup(world, home, "demo");
  for (const spec of specs) addRegistry(world, spec);
  return world;
}

/** Adds a registry, and the subscription and resource group that it is in. */
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

/** The scope maps that every registry has from its beginning. */
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
    map("_repositories_pull_metadata_read", "Can perform all read operations on the registry", "content/read", "metadata/read"),
    map("_repositories_push", "Can push to any repository of the registry", "content/read", "content/write"),
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

/** A password as ACR makes it: 52 letters, digits and `+`. */
export function newPassword(): string {
  const letters = randomBytes(64).toString("base64").replace(/[+/=]/g, "").slice(0, 42);
  return `${letters.padEnd(42, "A")}+ACR${randomBytes(8).toString("hex").slice(0, 6)}`;
}

/** A client secret as Entra makes it: 40 characters, some of which a shell or a URL would read. */
export function newClientSecret(displayName: string | null, startDateTime: string, endDateTime: string): ClientSecret {
  const value = `${randomBytes(3).toString("base64url").slice(0, 3)}8Q~${randomBytes(32).toString("base64url").slice(0, 32)}~_`;
  return { keyId: randomUUID(), value, displayName, startDateTime, endDateTime, since: Date.now() };
}

/** The ARM resource id of a registry. */
export function registryId({ subscriptionId, resourceGroup, name }: Registry): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${name}`;
}
