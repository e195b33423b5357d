import type { Sensitive } from "../secret/sensitive.ts";

/** With the times of creation and of the last write, by Azure's clock (RFC 3339). */
export type Dated<T> = T & { readonly madeAt?: string; readonly changedAt?: string };

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

/** The object that roles are assigned to: an application in its tenant (Microsoft Graph servicePrincipal). */
export type ServicePrincipal = { readonly id: string; readonly appId: string; readonly enabled: boolean };

/** A role on a registry (Microsoft.Authorization/roleAssignments). */
export type RoleAssignment = {
  readonly name: string;
  /** The role's GUID. */
  readonly role: string;
  /** It is assigned on the registry itself, and not on a scope above it. */
  readonly here: boolean;
  /** Its name is the one that this plugin uses. */
  readonly ours: boolean;
  readonly condition: string | undefined;
};

/** The actions of one role on a scope, and its data actions (Microsoft.Authorization/permissions); `*` matches any text. */
export type Permission = {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
};

/** A role definition (Microsoft.Authorization/roleDefinitions). */
export type RoleDefinition = { readonly name: string; readonly permissions: readonly Permission[] };

/** A role of a service principal on a registry, or on a scope above it. Roles of users and groups are not included. */
export type GivenRole = RoleAssignment & { readonly principalId: string; readonly madeAt?: string };

/** The owners and the other credentials of an application and its service principal (Microsoft Graph). Owners are object ids. */
export type Custody = {
  readonly owners: readonly string[];
  readonly principalOwners: readonly string[];
  /** Certificates and federated credentials of the application, and all credentials of the service principal itself. */
  readonly otherKeys: readonly ("password" | "certificate" | "federated credential")[];
};

/** A registry, by its id in Azure Resource Manager. */
export type At = { readonly id: string; readonly name: string };

/**
 * Applications, service principals and their roles. Reads return `undefined`, or an empty list, if the object does not exist or has not
 * replicated yet.
 */
export type Principals = {
  /** The applications with a display name, or the one with an id. */
  applications(by: { readonly name: string } | { readonly appId: string }): Promise<readonly Application[]>;
  /** @throws NotYet, like all methods below, if a new object may not have replicated in Azure yet */
  createApplication(of: { readonly displayName: string; readonly notes: string }): Promise<Application>;
  deleteApplication(id: string): Promise<void>;
  /** @param principalId absent if the application has no service principal */
  custody(applicationId: string, principalId: string | undefined): Promise<Custody>;
  servicePrincipal(appId: string): Promise<ServicePrincipal | undefined>;
  createServicePrincipal(appId: string): Promise<ServicePrincipal>;
  deleteServicePrincipal(id: string): Promise<void>;
  /** Adds a password. All others stay. */
  addKey(
    applicationId: string,
    of: { readonly displayName: string; readonly expiresAt?: string | undefined },
  ): Promise<Omit<Key, "displayName"> & { readonly password: Sensitive }>;
  removeKey(applicationId: string, slot: string): Promise<void>;
  /** The roles of a principal on a registry, including those of its groups and those on scopes above the registry. */
  roleAssignments(registry: At, principalId: string): Promise<readonly RoleAssignment[]>;
  /** A role's definition by its GUID, built in or custom; undefined if it does not exist. @throws CliError forbidden */
  roleDefinition(registry: At, guid: string): Promise<RoleDefinition | undefined>;
  /** The roles of all principals on a registry. */
  givenRoles(registry: At): Promise<readonly GivenRole[]>;
  /** A service principal by its own id. */
  principal(id: string): Promise<ServicePrincipal | undefined>;
  /** Creates a role assignment, or replaces the condition of an existing one: its name is derived from registry, principal and role. */
  assignRole(
    registry: At,
    of: { readonly principalId: string; readonly role: string; readonly condition?: string | undefined },
  ): Promise<void>;
  /** Deletes the role assignment. A missing one is not an error. */
  unassignRole(registry: At, of: { readonly principalId: string; readonly role: string }): Promise<void>;
};
