import type { Login } from "../registry/port.ts";
import type { Sensitive } from "../secret/sensitive.ts";
import type { Dated, Permission, Principals } from "./principals.ts";

/** Where Azure tokens come from. `auto` takes what the environment names, else the Azure CLI. */
export type IdentitySource = "auto" | "az" | "env" | "workload" | "managed";

/** Where Azure tokens come from, once it is decided. */
export type TokenSource = Exclude<IdentitySource, "auto">;

/** As whom Azure is to be asked, and where. What is absent is as the identity has it. */
export type SignInOptions = {
  readonly source: IdentitySource;
  /** A tenant's id or domain. */
  readonly tenant?: string | undefined;
  /** The only subscription to look for a registry in, by its id or name. */
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

/** How a registry is set up, as far as credentials are concerned. */
export type RegistryFacts = {
  /** Who may pull what: by roles on the whole registry, or also by conditions for repositories. */
  readonly mode: "legacy" | "abac";
  readonly adminUser: boolean;
  /** Whether it takes Azure Resource Manager's tokens. */
  readonly armAudience: boolean;
  /** Who reaches it: everybody, those whom its rules name, or private endpoints alone. */
  readonly network: "all" | "selected" | "private";
};

/** Whom Azure takes us for; what it does not tell is empty. */
export type AzureIdentity = {
  readonly type: "user" | "servicePrincipal" | "managedIdentity";
  /** The user's name, or the application's id. */
  readonly name: string;
  readonly objectId: string;
  readonly tenant: string;
};

/** Whom a token of Entra ID is for: container registries, or Azure Resource Manager, whose tokens most registries take too. */
export type Audience = "registries" | "management";

/** A token of Entra ID, and of whom it is. */
export type EntraToken = {
  readonly text: Sensitive;
  readonly of: AzureIdentity;
};

/** The passwords of a registry's admin user, as Azure names them. */
export type AdminSlot = "password" | "password2";

export type Slot = "password1" | "password2";

/** An ACR token: a name, a scope map, and up to two passwords whose text Azure never shows again. */
export type AcrToken = {
  readonly name: string;
  readonly scopeMapId: string;
  readonly status: "enabled" | "disabled";
  readonly passwords: readonly { readonly name: Slot; readonly creationTime?: string; readonly expiry?: string }[];
};

export type ScopeMap = { readonly id: string; readonly name: string; readonly description: string; readonly actions: readonly string[] };

/** What a registry has; `at` is what Azure's clock showed, where it told. */
export type Stock = { readonly tokens: readonly Dated<AcrToken>[]; readonly scopeMaps: readonly Dated<ScopeMap>[]; readonly at?: string };

/** Azure Resource Manager and Microsoft Graph, as far as pull credentials need them. Reads give `undefined` for what is not there. */
export type Azure = Principals & {
  /**
   * Finds a registry by its name, its login server or its id in Azure, in every subscription that the identity can read, or in the one
   * that was said.
   * @throws CliError notFound; says whether the name exists where the identity cannot see it, or nowhere
   */
  findRegistry(named: string): Promise<AzureRegistry>;
  scopeMap(registry: AzureRegistry, name: string): Promise<ScopeMap | undefined>;
  putScopeMap(registry: AzureRegistry, map: { name: string; description: string; actions: readonly string[] }): Promise<ScopeMap>;
  deleteScopeMap(registry: AzureRegistry, name: string): Promise<void>;
  token(registry: AzureRegistry, name: string): Promise<AcrToken | undefined>;
  putToken(registry: AzureRegistry, token: { name: string; scopeMapId: string }): Promise<AcrToken>;
  deleteToken(registry: AzureRegistry, name: string): Promise<void>;
  /** Makes the password of one slot anew: whoever uses the old one is locked out. Without `expiry` it never expires. */
  generatePassword(
    registry: AzureRegistry,
    at: { token: string; slot: Slot; expiry?: string | undefined },
  ): Promise<{ password: Sensitive; creationTime?: string; expiry?: string }>;
  /** Empties one slot, if it still holds the password that was made at that time. The other stays as it is. @returns whether it is empty */
  clearPassword(registry: AzureRegistry, at: { token: string; slot: Slot; creationTime?: string | undefined }): Promise<boolean>;
  /** The login of the registry's admin user with each of its passwords. @throws CliError conflict where that user is off */
  adminLogins(registry: AzureRegistry): Promise<ReadonlyMap<AdminSlot, Login>>;
  /** Where the tokens of the identity come from. */
  readonly source: TokenSource;
  /** Whom Azure takes us for. */
  identity(): Promise<AzureIdentity>;
  /** Sends for a token that will be wanted, so that another is not waited for before; what is wrong with it is told when it is wanted. */
  sendFor(audience: Audience | "graph"): void;
  /**
   * A token to hand to a registry.
   * @throws CliError usage where the host is no registry of the cloud that we are in; forbidden where the tenant gives none for this audience
   */
  entraToken(host: string, audience: Audience): Promise<EntraToken>;
  registryFacts(registry: AzureRegistry): Promise<RegistryFacts>;
  /** The hosts at which a registry answers in each of its regions, `myregistry.eastus.geo.azurecr.io`; none where it has none. */
  regionalHosts(registry: AzureRegistry): Promise<readonly string[]>;
  /** What the identity may do on a registry. @throws CliError forbidden where it may not ask */
  permissions(registry: AzureRegistry): Promise<readonly Permission[]>;
  /** How many tokens the registry has. */
  tokenCount(registry: AzureRegistry): Promise<number>;
  stock(registry: AzureRegistry): Promise<Stock>;
};
