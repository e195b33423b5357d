import type { Login } from "../registry/port.ts";
import type { Sensitive } from "../secret/sensitive.ts";
import type { Dated, Permission, Principals } from "./principals.ts";

/** The source of Azure tokens. `auto` selects the source that the environment configures, else the Azure CLI. */
export type IdentitySource = "auto" | "az" | "env" | "workload" | "managed";

/** The source of Azure tokens after `auto` is resolved. */
export type TokenSource = Exclude<IdentitySource, "auto">;

/** The Azure identity to use and where to use it. A missing field keeps the default of the identity. */
export type SignInOptions = {
  readonly source: IdentitySource;
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

/** The identity in Azure. Unknown fields are empty. */
export type AzureIdentity = {
  readonly type: "user" | "servicePrincipal" | "managedIdentity";
  /** The user's name, or the application's id. */
  readonly name: string;
  readonly objectId: string;
  readonly tenant: string;
};

/** The audience of a token of Entra ID: container registries, or Azure Resource Manager, whose tokens most registries accept too. */
export type Audience = "registries" | "management";

/** A token of Entra ID, and its identity. */
export type EntraToken = {
  readonly text: Sensitive;
  readonly of: AzureIdentity;
};

/** The names of the admin user's passwords in Azure. */
export type AdminSlot = "password" | "password2";

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

/** The tokens and scope maps of a registry. `at` is the time of Azure's clock, if it was in a response. */
export type Stock = { readonly tokens: readonly Dated<AcrToken>[]; readonly scopeMaps: readonly Dated<ScopeMap>[]; readonly at?: string };

/** Azure Resource Manager and Microsoft Graph, for pull credentials. Reads return `undefined` if the object does not exist. */
export type Azure = Principals & {
  /**
   * Finds a registry by its name, its login server or its id in Azure, in every subscription that the identity can read, or in the selected
   * one.
   * @throws CliError notFound; says whether the name exists where the identity cannot see it, or nowhere
   */
  findRegistry(named: string): Promise<AzureRegistry>;
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
   * Clears one slot, if it still holds the password that was created at that time. The other stays unchanged. @returns whether it is empty
   */
  clearPassword(registry: AzureRegistry, at: { token: string; slot: Slot; madeAt?: string | undefined }): Promise<boolean>;
  /** The login of the registry's admin user with each of its passwords. @throws CliError conflict if the admin user is disabled */
  adminLogins(registry: AzureRegistry): Promise<ReadonlyMap<AdminSlot, Login>>;
  /** The source of the identity's tokens. */
  readonly source: TokenSource;
  /** The identity that Azure sees. */
  identity(): Promise<AzureIdentity>;
  /**
   * Requests a token in advance, so that two tokens are not requested one after the other. An error is reported when the token is needed.
   */
  sendFor(audience: Audience | "graph"): void;
  /**
   * A token for a registry.
   * @throws CliError usage if the host is no registry of the selected cloud; forbidden if the tenant issues no token for this audience
   */
  entraToken(host: string, audience: Audience): Promise<EntraToken>;
  registryFacts(registry: AzureRegistry): Promise<RegistryFacts>;
  /** The host of the registry in each of its regions, `myregistry.eastus.geo.azurecr.io`; empty if it has none. */
  regionalHosts(registry: AzureRegistry): Promise<readonly string[]>;
  /** The permissions of the identity on a registry. @throws CliError forbidden if it may not read them */
  permissions(registry: AzureRegistry): Promise<readonly Permission[]>;
  /** The number of tokens of the registry. */
  tokenCount(registry: AzureRegistry): Promise<number>;
  stock(registry: AzureRegistry): Promise<Stock>;
};
