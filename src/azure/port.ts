import type { CliError } from "../errors.ts";
import type { Login } from "../registry/port.ts";
import type { Sensitive } from "../sensitive.ts";

export type TokenSource = "az" | "env" | "workload" | "managed";

/** The Azure identity to use and where to use it. A missing field keeps the default of the identity. */
export type SignInOptions = {
  /** `auto` selects the source that the environment configures, else the Azure CLI. */
  readonly source: TokenSource | "auto";
  /** A tenant's id or domain. */
  readonly tenant?: string | undefined;
  /** The id or name of the only subscription to search for a registry. */
  readonly subscription?: string | undefined;
  /** A cloud, as az names it. */
  readonly cloud?: string | undefined;
};

/** An Azure container registry as ARM describes it (Microsoft.ContainerRegistry/registries 2025-11-01). */
export type AzureRegistry = {
  readonly id: string;
  readonly name: string;
  readonly loginServer: string;
  /** `Basic`, `Standard`, `Premium`. */
  readonly sku: string;
};

/** The settings of a registry that matter for credentials. */
export type RegistryFacts = {
  /** The permission model: roles on the whole registry, or also conditions for repositories. */
  readonly mode: "legacy" | "abac";
  readonly adminUser: boolean;
  /** Whether it accepts tokens of Azure Resource Manager. */
  readonly armAudience: boolean;
  /** The network access: everyone, only what its rules name, or only private endpoints. */
  readonly network: "all" | "selected" | "private";
};

/** Unknown fields are empty. */
export type AzureIdentity = {
  readonly type: "user" | "servicePrincipal" | "managedIdentity";
  /** The user's name, or the application's id. */
  readonly name: string;
  readonly objectId: string;
  readonly tenant: string;
};

/** The audience of a token of Entra ID: container registries, or Azure Resource Manager, whose tokens most registries accept too. */
export type Audience = "registries" | "management";

export type Slot = "password1" | "password2";

/** An ACR token: a name, a scope map, and up to two passwords whose text Azure never shows again. */
export type AcrToken = {
  readonly name: string;
  readonly scopeMapId: string;
  readonly status: "enabled" | "disabled";
  /** The times are RFC 3339. */
  readonly passwords: readonly { readonly slot: Slot; readonly madeAt?: string; readonly expiresAt?: string }[];
};

export type ScopeMap = { readonly id: string; readonly name: string; readonly description: string; readonly actions: readonly string[] };

/** With the times of creation and of the last write, by Azure's clock (RFC 3339). */
type Dated<T> = T & { readonly madeAt?: string; readonly changedAt?: string };

/** The tokens and scope maps of a registry. `at` is the time of Azure's clock, if it was in a response. */
export type TokenList = {
  readonly tokens: readonly Dated<AcrToken>[];
  readonly scopeMaps: readonly Dated<ScopeMap>[];
  readonly at?: string;
};

/** A password of an application. Microsoft Graph never shows its text again. */
export type Key = {
  /** The id of the key. An application never uses an id again. */
  readonly slot: string;
  readonly displayName: string;
  /** RFC 3339, like the expiry. */
  readonly madeAt?: string;
  readonly expiresAt?: string;
};

/** An application of a tenant (Microsoft Graph application), which has the passwords. Several can have the same display name. */
export type Application = {
  readonly id: string;
  /** The user name of the login. */
  readonly appId: string;
  readonly displayName: string;
  /** The notes that its creator wrote. */
  readonly notes: string;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly keys: readonly Key[];
};

/** The object that roles are assigned to: an application or a managed identity in its tenant (Microsoft Graph servicePrincipal). */
export type ServicePrincipal = {
  readonly id: string;
  readonly appId: string;
  readonly enabled: boolean;
  /** The resource id of its managed identity; absent if it is that of an application. */
  readonly identityId?: string | undefined;
};

/** A role on a registry (Microsoft.Authorization/roleAssignments). */
export type RoleAssignment = {
  readonly name: string;
  readonly principalId: string;
  /** The role's GUID. */
  readonly role: string;
  /** It is assigned on the registry itself, and not on a scope above it. */
  readonly here: boolean;
  /** Its name is the one that this plugin uses. */
  readonly ours: boolean;
  readonly condition: string | undefined;
  /** RFC 3339. */
  readonly madeAt: string | undefined;
};

/** `on`: the name of its scope, in lower case. `here`: the scope is the registry. */
type OtherRole = Pick<RoleAssignment, "role" | "here"> & { readonly on: string };

/** The actions of one role on a scope, and its data actions (Microsoft.Authorization/permissions); `*` matches any text. */
export type Permission = {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
};

/** A role definition (Microsoft.Authorization/roleDefinitions). */
export type RoleDefinition = { readonly name: string; readonly permissions: readonly Permission[] };

/** The owners and the other credentials of an application and its service principal (Microsoft Graph). Owners are object ids. */
export type ApplicationAccess = {
  readonly owners: readonly string[];
  readonly principalOwners: readonly string[];
  /** Certificates and federated credentials of the application, and all credentials of the service principal itself. */
  readonly otherKeys: readonly ("password" | "certificate" | "federated credential")[];
};

/**
 * Applications, service principals and their roles. Reads return `undefined`, or an empty list, if the object does not exist or has not
 * replicated yet.
 */
export type Principals = {
  applications(by: { readonly name: string } | { readonly appId: string }): Promise<readonly Application[]>;
  /** @throws NotYet, like all methods below, if a new object may not have replicated in Azure yet */
  createApplication(of: { readonly displayName: string; readonly notes: string }): Promise<Application>;
  noteApplication(id: string, notes: string): Promise<void>;
  deleteApplication(id: string): Promise<void>;
  /** @param principalId absent if the application has no service principal */
  access(applicationId: string, principalId: string | undefined): Promise<ApplicationAccess>;
  servicePrincipal(appId: string): Promise<ServicePrincipal | undefined>;
  createServicePrincipal(appId: string): Promise<ServicePrincipal>;
  deleteServicePrincipal(id: string): Promise<void>;
  /**
   * The lifetime of a new password that the policies of the tenant and of an application allow; undefined if there is no limit, or if this
   * identity can't read them.
   * @param application without an id if it does not exist yet
   */
  passwordLimit(application: { readonly id?: string; readonly madeAt: string }): Promise<PasswordLimit | undefined>;
  /** Adds a password. All others stay. */
  addKey(
    applicationId: string,
    of: { readonly displayName: string; readonly expiresAt?: string | undefined },
  ): Promise<Omit<Key, "displayName"> & { readonly password: Sensitive }>;
  removeKey(applicationId: string, slot: string): Promise<void>;
  /** The roles of a principal on a registry, including those of its groups and those on scopes above the registry. */
  roleAssignments(registry: AzureRegistry, principalId: string): Promise<readonly RoleAssignment[]>;
  /**
   * The roles of a principal in the registry's subscription and in all others that this identity can see, except those that `assignRole`
   * gave it on the registry. `forbidden` is the error of a subscription whose roles this identity may not read.
   */
  otherRoles(
    registry: AzureRegistry,
    principalId: string,
  ): Promise<{ readonly roles: readonly OtherRole[]; readonly forbidden?: CliError | undefined }>;
  /** A role's definition by its GUID, built in or custom; undefined if it does not exist. @throws CliError forbidden */
  roleDefinition(registry: AzureRegistry, guid: string): Promise<RoleDefinition | undefined>;
  /**
   * The id of the tenant of a registry; undefined if Azure does not show it. Azure Lighthouse shows registries of other tenants, whose
   * principals Microsoft Graph does not find.
   */
  tenantOf(registry: AzureRegistry): Promise<string | undefined>;
  /** The roles of all service principals on a registry, or on a scope above it. */
  servicePrincipalRoles(registry: AzureRegistry): Promise<readonly RoleAssignment[]>;
  /** A service principal by its own id. */
  principal(id: string): Promise<ServicePrincipal | undefined>;
  /** Creates a role assignment, or replaces the condition of an existing one: its name is derived from registry, principal and role. */
  assignRole(
    registry: AzureRegistry,
    of: { readonly principalId: string; readonly role: string; readonly condition?: string | undefined },
  ): Promise<void>;
  /** Deletes the role assignment. A missing one is not an error. */
  unassignRole(registry: AzureRegistry, of: { readonly principalId: string; readonly role: string }): Promise<void>;
};

/** A user-assigned identity (Microsoft.ManagedIdentity/userAssignedIdentities), which needs no password. */
export type ManagedIdentity = {
  readonly id: string;
  readonly clientId: string;
  /** The id that roles are assigned to. */
  readonly principalId: string;
  readonly tenant: string;
  /** This plugin created it. */
  readonly ours: boolean;
};

/** The tokens that Entra ID exchanges for a token of an identity (federatedIdentityCredentials). */
export type FederatedCredential = {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
};

/** Entra ID's answer to the token of a ServiceAccount: a token for registries, or its error with the AADSTS number. */
export type Exchanged =
  | { readonly token: Sensitive }
  | {
      readonly refused: number;
      readonly message: string;
      /** Entra ID may not know a new federated credential yet, or is unavailable for a moment. */
      readonly passes: "young" | "transient" | undefined;
    };

/** Managed identities by their resource ids. */
export type Identities = {
  managedIdentity(id: string): Promise<ManagedIdentity | undefined>;
  /** Creates it in the region of the registry. */
  createManagedIdentity(id: string, registry: AzureRegistry): Promise<ManagedIdentity>;
  deleteManagedIdentity(id: string): Promise<void>;
  federatedCredentials(id: string): Promise<readonly FederatedCredential[]>;
  putFederatedCredential(id: string, credential: FederatedCredential): Promise<void>;
  deleteFederatedCredential(id: string, name: string): Promise<void>;
  /** Signs in as an identity with a ServiceAccount's token, like the kubelet's credential provider. @throws CliError without an answer */
  exchangeAssertion(of: { readonly tenant: string; readonly clientId: string; readonly assertion: Sensitive }): Promise<Exchanged>;
};

/**
 * @property longest the longest lifetime in milliseconds; 0 if passwords are forbidden
 * @property isForAll the policy exempts no user or service principal
 */
export type PasswordLimit = { readonly longest: number; readonly isForAll: boolean };

/** Azure Resource Manager and Microsoft Graph, for pull credentials. Reads return `undefined` if the object does not exist. */
export type Azure = Principals &
  Identities & {
    /**
     * Finds a registry by its name, its login server or its id in Azure. Searches the selected subscription, or all that the identity can
     * read.
     * @param needs an action of the caller on the registry. An error asks for a role that has it. Default: reading it
     * @throws CliError notFound; the message says whether the name is registered in Azure
     */
    findRegistry(named: string, needs?: string): Promise<AzureRegistry>;
    /** The registry with a login server, in all subscriptions; undefined if Azure has none. @throws CliError if that is unknown */
    registryAt(loginServer: string): Promise<AzureRegistry | undefined>;
    scopeMap(registry: AzureRegistry, name: string): Promise<ScopeMap | undefined>;
    putScopeMap(registry: AzureRegistry, map: { name: string; description: string; actions: readonly string[] }): Promise<ScopeMap>;
    deleteScopeMap(registry: AzureRegistry, name: string): Promise<void>;
    token(registry: AzureRegistry, name: string): Promise<AcrToken | undefined>;
    putToken(registry: AzureRegistry, token: { name: string; scopeMapId: string }): Promise<AcrToken>;
    deleteToken(registry: AzureRegistry, name: string): Promise<void>;
    /** Regenerates the password of one slot; the old one stops working. Without `expiresAt` the new one never expires. */
    generatePassword(
      registry: AzureRegistry,
      at: { token: string; slot: Slot; expiresAt?: string | undefined },
    ): Promise<{ password: Sensitive; madeAt?: string; expiresAt?: string }>;
    /**
     * Clears one slot, if it still holds the password that was created at that time. @returns whether it is empty
     */
    clearPassword(registry: AzureRegistry, at: { token: string; slot: Slot; madeAt?: string | undefined }): Promise<boolean>;
    /** The logins of the admin user, by the names of the passwords in Azure. @throws CliError conflict if it is disabled */
    adminLogins(registry: AzureRegistry): Promise<ReadonlyMap<string, Login>>;
    /** The source of the identity's tokens. */
    readonly source: TokenSource;
    /** The identity that Azure sees. */
    identity(): Promise<AzureIdentity>;
    /**
     * Requests a token in advance, so that two tokens are not requested one after the other. An error is reported when the token is needed.
     */
    prefetchToken(audience: Audience | "graph"): void;
    /**
     * A token of Entra ID for a registry, and its identity.
     * @throws CliError usage if the host is not a registry of the selected cloud; forbidden if the tenant issues no token for this audience
     */
    entraToken(host: string, audience: Audience): Promise<{ readonly text: Sensitive; readonly of: AzureIdentity }>;
    registryFacts(registry: AzureRegistry): Promise<RegistryFacts>;
    /** The permissions of the identity on a registry. @throws CliError forbidden if it may not read them */
    permissions(registry: AzureRegistry): Promise<readonly Permission[]>;
    /** The number of tokens of the registry. */
    tokenCount(registry: AzureRegistry): Promise<number>;
    /** How many tokens a registry can have, as Azure or its SKU says; undefined if neither does. */
    tokenLimit(registry: AzureRegistry): Promise<number | undefined>;
    listTokens(registry: AzureRegistry): Promise<TokenList>;
  };
