import type { JSONWebKeySet } from "jose";
import type { Slot } from "../../src/azure/port.ts";
import type { Answer } from "./http.ts";
import type { Role } from "./roles.ts";

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
  /** The identities of the machine that asks. */
  managedIdentities: ManagedIdentity[];
  roleAssignments: RoleAssignment[];
  /** The tenant's own roles, beside the built-in ones. */
  customRoles: Role[];
  /** Versions of a resource provider's API that this cloud supports instead of all that the emulator knows, by the provider's name. */
  apiVersions: Record<string, readonly string[]>;
  longRunning: LongRunning;
  /** Milliseconds in which Microsoft Graph refuses a second write of one application. */
  graphWriteGap: number;
  /** What the passwords of tokens look like: as Azure makes them now, or as those that it made until 2023. */
  passwords: "new" | "old";
  /** Whether the tenant gives access tokens for container registries, beside those for Azure Resource Manager. */
  acrAudience: boolean;
  /** How long tokens live, seconds: Entra's access tokens, and a registry's access and refresh tokens. Negative makes them expired. */
  lifetimes: { entra: number; access: number; refresh: number };
  /** Items on one page of an ARM list. */
  pageSize: number;
  /** Long-running operations by their identifier. */
  operations: Map<string, Operation>;
};

/** How long-running operations go. */
export type LongRunning = {
  /** Looks, at an operation or at what it changes, that still find it under way. */
  polls: number;
  /** What an operation really takes, milliseconds. With 0 and no polls it is over when it is first looked at. */
  milliseconds: number;
  /** What Azure says to wait between two looks, seconds, however long it really takes. */
  retryAfter: number;
  /** What a PUT over a token or scope map that is there begins: nobody recorded it, and the specification allows both. */
  repeatedPut: "operation" | "nothing";
  /** Whether a look at a deletion takes a right on the subscription. Nobody recorded it: all recordings are an owner's. */
  asksRights: boolean;
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
  /** Whether it answers at a host of its own in each region too. */
  regionalEndpoints: "Enabled" | "Disabled";
  /** Where it is replicated to, besides its location. */
  replicas: string[];
  tags: Record<string, string>;
  adminPasswords: { password: string; password2: string };
  scopeMaps: ScopeMap[];
  tokens: Token[];
  /** When each tag was pushed through the registry, by `repository:tag`. */
  pushed: Map<string, { createdTime: string; lastUpdateTime: string }>;
};

/** Who made a resource and who changed it last (Azure's common type systemData). */
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
  readonly creationDate: string;
  status: "enabled" | "disabled";
  scopeMapId: string;
  passwords: Partial<Record<Slot, TokenPassword>>;
  made?: SystemData;
  /** What happens to it. While that is "Creating", it gets no passwords. */
  operation?: Operation;
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
  /** In PEM; whoever has the key of one may sign in as the application. */
  certificates: string[];
  /** Whose assertions it signs in with instead of secrets and certificates. */
  federated?: FederatedCredential[];
  /** Object ids of those who may change it with Application.ReadWrite.OwnedBy. */
  owners: string[];
  /** How often it was not known yet when its service principal was to be made. */
  missed?: number;
  /** When it was last changed, epoch milliseconds. */
  writtenAt?: number;
  since: number;
};

/**
 * Microsoft Graph federatedIdentityCredential: the issuer, subject and audience that an assertion must have, letter for letter.
 * `keys` are those that the issuer publishes.
 */
export type FederatedCredential = {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly keys: JSONWebKeySet;
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
  /** Object ids of its owners; none if the tenant created it. */
  owners?: string[];
  readonly createdDateTime?: string;
  readonly signInAudience?: string;
  since: number;
};

/** Microsoft.ManagedIdentity/userAssignedIdentities. `objectId` is what roles are assigned to. */
export type ManagedIdentity = {
  readonly clientId: string;
  readonly objectId: string;
  readonly tenantId: string;
  readonly resourceId: string;
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
  /** Object ids of who made it, and who wrote it last. */
  readonly createdBy?: string;
  updatedBy?: string;
  readonly since: number;
};

/** A long-running operation: when no polls are left and its time has come, `done` is carried out and its answer kept. */
export type Operation = {
  /** Where it is looked at, without the query. */
  readonly path: string;
  /** The api-version of its URLs. */
  readonly version: string;
  readonly kind: "status" | "result";
  /** The provisioningState of what it changes, until it is over. */
  readonly state: "Creating" | "Updating" | "Deleting";
  polls: number;
  /** Epoch milliseconds. */
  readonly until: number;
  readonly done: () => Answer;
  answer?: Answer;
  /** The signatures of its URLs, the newest last. */
  readonly signatures: string[];
};

/** The hosts of a registry in its regions; none while they are off. A domain name label's hash stays in them. */
export const regionalHosts = ({ regionalEndpoints, location, replicas, loginServer }: Registry): string[] =>
  regionalEndpoints === "Enabled" ? [location, ...replicas].map((region) => loginServer.replace(".", `.${region}.geo.`)) : [];

/** The ARM resource id of a registry. */
export function registryId({ subscriptionId, resourceGroup, name }: Registry): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${name}`;
}
