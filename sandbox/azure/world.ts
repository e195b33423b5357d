import type { JSONWebKeySet } from "jose";
import type { Slot } from "../../src/azure/port.ts";
import type { FederatedCredential, ManagedIdentity, UserAssignedIdentity } from "./federation.ts";
import type { Answer } from "./http.ts";
import type { Role } from "./roles.ts";

export type { Slot };

/** The state of the emulated Azure: plain data that a test reads, and changes between two requests. */
export type World = {
  /** The default tenant and subscription of `AZURE_TENANT_ID` and of the registries. */
  readonly tenantId: string;
  readonly subscriptionId: string;
  subscriptions: Subscription[];
  registries: Registry[];
  applications: Application[];
  /** The tenant's policy on passwords. Absent: disabled. */
  tenantPolicy?: PasswordPolicy;
  servicePrincipals: ServicePrincipal[];
  users: User[];
  /** The managed identities of the machine that runs the clients. */
  managedIdentities: ManagedIdentity[];
  userAssignedIdentities: UserAssignedIdentity[];
  /** The keys that issuers of ServiceAccount tokens publish, by the URL of the issuer. Entra can't reach any other issuer. */
  issuers: Map<string, JSONWebKeySet>;
  roleAssignments: RoleAssignment[];
  /** The tenant's custom roles, in addition to the built-in ones. */
  customRoles: Role[];
  /** The API versions that this cloud supports, by resource provider. Without an entry, all that the emulator knows. */
  apiVersions: Record<string, readonly string[]>;
  longRunning: LongRunning;
  /** Milliseconds during which Microsoft Graph rejects a second write to one application. */
  graphWriteGap: number;
  /** The format of token passwords: Azure's current one, or the one until 2023. */
  /** Whether the tenant issues access tokens for container registries, in addition to those for Azure Resource Manager. */
  acrAudience: boolean;
  /**
   * Lifetimes in seconds of Entra's access tokens and of a registry's access and refresh tokens. A negative value creates expired tokens.
   */
  lifetimes: { entra: number; access: number; refresh: number };
  /** Items per page of an ARM list. */
  pageSize: number;
  /** Milliseconds by which the clock of replication is ahead: tests skip their waits. */
  ahead: number;
  /** Long-running operations by their id. */
  operations: Map<string, Operation>;
};

/** The time by which new objects replicate, in epoch milliseconds. */
export const timeIn = ({ ahead }: Pick<World, "ahead">): number => Date.now() + ahead;

/** The timing of long-running operations. */
type LongRunning = {
  /** The number of polls, of an operation or of the resource that it changes, that still return "running". */
  polls: number;
  /** The real duration of an operation in milliseconds. With 0 and no polls, the first poll finds it complete. */
  milliseconds: number;
  /** Seconds in the Retry-After header, independent of the real duration. */
  retryAfter: number;
  /** The effect of a PUT on an existing token or scope map. No recording shows it, and the specification allows both. */
  repeatedPut: "operation" | "nothing";
};

export type Subscription = { readonly id: string; name: string; readonly tenantId: string; resourceGroups: string[] };

/** Microsoft.ContainerRegistry/registries 2025-11-01, reduced to the properties that this emulator uses. */
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
  /** policies.azureADAuthenticationAsArmPolicy.status: whether ARM tokens can be exchanged, too. */
  armAudience: "enabled" | "disabled";
  /** Whether layers come from a host of its own, instead of a storage account that registries share. */
  dataEndpointEnabled: boolean;
  /** Whether each region has its own host. */
  regionalEndpoints: "Enabled" | "Disabled";
  /** The regions of its replicas, without its location. */
  replicas: string[];
  tags: Record<string, string>;
  adminPasswords: { password: string; password2: string };
  scopeMaps: ScopeMap[];
  tokens: Token[];
  /** The times of each pushed tag, by `repository:tag`. */
  pushed: Map<string, { createdTime: string; lastUpdateTime: string }>;
};

/** The creator and the last writer of a resource (Azure's common type systemData). */
export type SystemData = { readonly createdBy: string; readonly createdAt: string; lastModifiedBy: string; lastModifiedAt: string };

export type ScopeMap = {
  readonly name: string;
  description: string;
  readonly system: boolean;
  readonly creationDate: string;
  actions: string[];
  made?: SystemData;
  operation?: Operation;
};

export type Token = {
  readonly name: string;
  creationDate: string;
  status: "enabled" | "disabled";
  scopeMapId: string;
  passwords: Partial<Record<Slot, TokenPassword>>;
  made?: SystemData;
  /** The running operation on this token. While it is "Creating", the token gets no passwords. */
  operation?: Operation;
};

/** `since` is the creation time (epoch milliseconds). `previous` works until the new value is replicated. */
type TokenPassword = { value: string; creationTime: string; expiry?: string; since: number; previous?: string };

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
  /** In PEM. The holder of a private key can sign in as the application. */
  certificates: string[];
  /** Federated credentials: their assertions replace secrets and certificates. */
  federated?: FederatedCredential[];
  /** Object ids of the identities that may change it with Application.ReadWrite.OwnedBy. */
  owners: string[];
  /** How many creations of its service principal failed because it was not replicated. */
  missed?: number;
  /** Time of the last change, epoch milliseconds. */
  writtenAt?: number;
  /** The policy that an administrator has assigned to it. */
  policy?: PasswordPolicy;
  since: number;
};

/** A policy on the passwords of applications: of the tenant, or of one application. */
export type PasswordPolicy = {
  readonly id: string;
  readonly mostDays?: number;
  readonly forbidsPasswords?: true;
  /** The client ID that the policy exempts, by a custom security attribute of its service principal. */
  readonly exempts?: string;
};

/** The permissions of an application in Microsoft Graph. */
export type GraphRole = "Policy.Read.All" | "Application.Read.All" | "Application.ReadWrite.OwnedBy" | "Application.ReadWrite.All";

/** Microsoft Graph servicePrincipal. `id` is the object id for role assignments. */
export type ServicePrincipal = {
  readonly id: string;
  readonly appId: string;
  readonly tenantId: string;
  displayName: string;
  accountEnabled: boolean;
  secrets: ClientSecret[];
  graphRoles: GraphRole[];
  /** Absent for the service principal of an application. */
  readonly type?: "ManagedIdentity";
  /** The resource id of a managed identity. */
  readonly alternativeNames?: readonly string[];
  /** Object ids of its owners. Absent if the tenant created it. */
  owners?: string[];
  readonly createdDateTime?: string;
  readonly signInAudience?: string;
  since: number;
};

/** A user. `refusal` makes every sign-in fail with that Entra error, e.g. 50076 (multi-factor authentication required). */
export type User = {
  readonly id: string;
  readonly tenantId: string;
  readonly userPrincipalName: string;
  password: string;
  refreshTokens: string[];
  graphRoles: GraphRole[];
  refusal?: { readonly error: string; readonly number: number; readonly message: string };
};

/** Microsoft.Authorization/roleAssignments 2022-04-01. `role` is the GUID of a role. */
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
  /** Object ids of the creator and of the last writer. */
  readonly createdBy?: string;
  updatedBy?: string;
  readonly since: number;
};

/** A long-running operation. When no polls are left and `until` has passed, `done` runs and its response is stored. */
export type Operation = {
  /** The path that clients poll, without the query. */
  readonly path: string;
  /** The api-version of its URLs. */
  readonly version: string;
  readonly kind: "status" | "result";
  /** The provisioningState of the resource that it changes, until it is complete. */
  readonly state: "Creating" | "Updating" | "Deleting";
  polls: number;
  /** Epoch milliseconds. */
  readonly until: number;
  readonly done: () => Answer;
  answer?: Answer;
  /** The signatures of its URLs, the newest one last. */
  readonly signatures: string[];
};

/** Returns the hosts of a registry in its regions, or none while regional endpoints are off. A domain name label's hash stays in them. */
export const regionalHosts = ({ regionalEndpoints, location, replicas, loginServer }: Registry): string[] =>
  regionalEndpoints === "Enabled" ? [location, ...replicas].map((region) => loginServer.replace(".", `.${region}.geo.`)) : [];

/**
 * Returns the host that serves a registry's layers: its data endpoint if it has one (Premium), else a storage account of the region, which
 * registries share. It accepts a signed URL and no login.
 */
export function dataHost({ name, location, dataEndpointEnabled }: Registry): string {
  return dataEndpointEnabled ? `${name.toLowerCase()}.${location}.data.azurecr.io` : `${location}managed1.blob.core.windows.net`;
}

/** The ARM resource id of a registry. */
export function registryId({ subscriptionId, resourceGroup, name }: Registry): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${name}`;
}
