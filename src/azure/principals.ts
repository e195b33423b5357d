import type { Sensitive } from "../secret/sensitive.ts";

/** With when it was made and written last, by Azure's clock (RFC 3339). */
export type Dated<T> = T & { readonly madeAt?: string; readonly changedAt?: string };

/** A password of an application, whose text Microsoft Graph never shows again. */
export type Key = {
  readonly keyId: string;
  readonly displayName: string;
  /** RFC 3339, as both ends of its life. */
  readonly madeAt?: string;
  readonly expiresAt?: string;
};

/** An application of a tenant (Microsoft Graph application): it has the passwords. Others may have the same display name. */
export type Application = {
  readonly id: string;
  /** The user name that signs in. */
  readonly appId: string;
  readonly displayName: string;
  /** What whoever made it says of it. */
  readonly notes: string;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly keys: readonly Key[];
};

/** What roles are assigned to: an application in its tenant (Microsoft Graph servicePrincipal). */
export type ServicePrincipal = { readonly id: string; readonly appId: string; readonly enabled: boolean };

/** A role on a registry (Microsoft.Authorization/roleAssignments). */
export type RoleAssignment = {
  readonly name: string;
  /** The role's GUID. */
  readonly role: string;
  /** It stands on the registry itself, and not on something above it. */
  readonly here: boolean;
  /** Its name is the one that this plugin gives. */
  readonly ours: boolean;
  readonly condition: string | undefined;
};

/** One role's actions on a scope, and those on the data in it (Microsoft.Authorization/permissions); `*` stands for any text. */
export type Permission = {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
};

/** A role definition (Microsoft.Authorization/roleDefinitions). */
export type RoleDefinition = { readonly name: string; readonly permissions: readonly Permission[] };

/** A role that some principal has on a registry, or on what is above it; users and groups are none. */
export type GivenRole = RoleAssignment & { readonly principalId: string; readonly madeAt?: string };

/** Who controls an application and its service principal besides their passwords (Microsoft Graph). Owners are object ids. */
export type Custody = {
  readonly owners: readonly string[];
  readonly principalOwners: readonly string[];
  /** Certificates and federated credentials of the application, and all credentials of the service principal itself. */
  readonly otherKeys: readonly ("password" | "certificate" | "federated credential")[];
};

/** A registry, by its id in Azure Resource Manager. */
export type At = { readonly id: string; readonly name: string };

/** Applications, service principals and their roles. Reads give `undefined`, or none, for what is not there or not known yet. */
export type Principals = {
  /** The applications of a display name, or the one with an id. */
  applications(by: { readonly name: string } | { readonly appId: string }): Promise<readonly Application[]>;
  /** @throws NotYet, as do all that follow, where Azure may only not have heard yet of what was made a moment ago */
  createApplication(of: { readonly displayName: string; readonly notes: string }): Promise<Application>;
  deleteApplication(id: string): Promise<void>;
  /** @param principalId absent if the application has no service principal */
  custody(applicationId: string, principalId: string | undefined): Promise<Custody>;
  servicePrincipal(appId: string): Promise<ServicePrincipal | undefined>;
  createServicePrincipal(appId: string): Promise<ServicePrincipal>;
  deleteServicePrincipal(id: string): Promise<void>;
  /** Adds a password; all others stay. */
  addKey(
    applicationId: string,
    of: { readonly displayName: string; readonly expiresAt?: string | undefined },
  ): Promise<Omit<Key, "displayName"> & { readonly password: Sensitive }>;
  removeKey(applicationId: string, keyId: string): Promise<void>;
  /** The roles that a principal has on a registry, those of its groups and of what is above the registry among them. */
  roleAssignments(registry: At, principalId: string): Promise<readonly RoleAssignment[]>;
  /** A role's definition by its GUID, built in or custom; undefined if it does not exist. @throws CliError forbidden */
  roleDefinition(registry: At, guid: string): Promise<RoleDefinition | undefined>;
  /** The roles that all principals have there. */
  givenRoles(registry: At): Promise<readonly GivenRole[]>;
  /** A service principal by its own id. */
  principal(id: string): Promise<ServicePrincipal | undefined>;
  /** Makes an assignment, or gives the one that was made before another condition: its name follows from registry, principal and role. */
  assignRole(
    registry: At,
    of: { readonly principalId: string; readonly role: string; readonly condition?: string | undefined },
  ): Promise<void>;
  /** Takes that assignment away; one that is not there is fine. */
  unassignRole(registry: At, of: { readonly principalId: string; readonly role: string }): Promise<void>;
};
