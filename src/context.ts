import type { Dated, Permission, Principals } from "./azure/principals.ts";
import type { Cause } from "./check/cause.ts";
import type { Pace } from "./cluster/pace.ts";
import type { Cluster } from "./cluster/port.ts";
import type { Files } from "./files.ts";
import type { Interruption } from "./interruption.ts";
import type { Programs } from "./programs.ts";
import type { Sensitive } from "./secret/sensitive.ts";
import type { Shelf } from "./shelf.ts";

/** A stream to print to. `columns` is 0 where it is not known. */
export type Sink = { write(text: string): void; readonly isTTY: boolean; readonly columns: number };

/** A key that was pressed: its name, `up`, `return`, `ctrl-a`, and the letter that it types; either may be empty. */
export type Key = { readonly name: string; readonly text: string };

/** How wide and high a terminal is, in characters. */
export type Size = { readonly columns: number; readonly rows: number };

/** The terminal at which a person sits. */
export type Terminal = {
  size(): Size;
  /**
   * Hands each key on, and each change of the size, until something comes of it. Meanwhile the terminal shows no key by itself, which is
   * so from `ready` on, the first of all.
   * @throws CliError cancelled where it is interrupted; what `hear` throws
   */
  until<T extends object>(hear: (event: Key | "resized" | "ready") => T | undefined): Promise<T>;
};

export type Env = Readonly<Record<string, string | undefined>>;

/** Prints a line on stderr when `-v` is at least `level` (kubectl's: 6 requests, 8 bodies). The line is only made when it is printed. */
export type Trace = (level: number, line: () => string) => void;

/** What a verb is handed: everything that it cannot compute. Ports are opened on first use, so that `--help` costs nothing. */
export type Context = {
  readonly stdin: { readonly isTTY: boolean; read(): Promise<string>; bytes(): Promise<Uint8Array> };
  /** Absent where keys do not come from a terminal, or nobody sees on one what is said beside the results. */
  readonly terminal: Terminal | undefined;
  /** The text of a file. @throws CliError config where it cannot be read */
  readFile(path: string): Promise<string>;
  readonly files: Files;
  readonly programs: Programs;
  readonly shelf: Shelf;
  /** What `kubectl kustomize` makes of a folder. @throws CliError config in its words */
  kustomize(folder: string): Promise<string>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Env;
  readonly interruption: Interruption;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** `onWarning` gets each different warning of the API server. */
  cluster(kube: KubeFlags, trace: Trace, more: { readonly pace: Pace; onWarning(text: string): void }): Cluster;
  /** The names that the kubeconfig has. @throws CliError config where there is no kubectl, or no kubeconfig to read */
  configured(of: Configured, kube: KubeFlags): Promise<readonly string[]>;
  azure(identity: IdentityWish, trace: Trace): Promise<Azure>;
  registry(trace: Trace): Registry;
};

/** What of a kubeconfig has names. */
export type Configured = "contexts" | "clusters" | "users";

/**
 * The global kubectl flags of a command line, to hand on to kubectl as they are (`["--context=prod", "--as=jane"]`),
 * except those that we read ourselves.
 */
export type KubeFlags = {
  readonly forward: readonly string[];
  /** `-n`; absent means the context's namespace. */
  readonly namespace?: string;
  /** Milliseconds for one request; 0 means no limit (kubectl's default). */
  readonly requestTimeout: number;
};

/** Where Azure tokens come from. `auto` takes what the environment names, else the Azure CLI. */
export type IdentitySource = "auto" | "az" | "env" | "workload" | "managed";

/** Where Azure tokens come from, once it is decided. */
export type TokenSource = Exclude<IdentitySource, "auto">;

/** As whom Azure is to be asked, and where. What is absent is as the identity has it. */
export type IdentityWish = {
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

/** A user name and password for a registry. */
export type Login = { readonly username: string; readonly password: Sensitive };

/** An image as a pod names it, taken apart: `myregistry.azurecr.io/team/app:1`. */
export type ImageRef = {
  /** host[:port], `docker.io` when the image names none */
  readonly host: string;
  readonly repository: string;
  /** `:tag` or `@digest` without its mark; `latest` when the image names neither */
  readonly reference: string;
  /** A tag beside a digest: only people read it. */
  readonly tag?: string;
};

/** What a registry says to a login that asks for one image. Only `pulls` is good; the others say why not. */
export type Proof = {
  readonly verdict: Extract<
    Cause,
    "pulls" | "refused" | "out-of-scope" | "not-found" | "blocked" | "denied" | "throttled" | "unreachable" | "untrusted" | "not-checked"
  >;
  /** One sentence for a person. */
  readonly message: string;
};

/** A registry's own token, which is a password; or why there is none. */
export type Exchanged = { readonly token: Sensitive } | Proof;

/** A registry's data plane (OCI distribution spec with ACR's token endpoint). Never throws for what a registry answers. */
export type Registry = {
  /** Asks for the image's manifest as a container runtime does; without a login, anonymously. */
  prove(image: ImageRef, login: Login | undefined): Promise<Proof>;
  /** Whether the registry takes a login at all, which is then said as `pulls`, whatever it may pull. */
  admits(host: string, login: Login): Promise<Proof>;
  /** Gives a token of Entra ID for one of the registry's own (ACR's /oauth2/exchange). */
  exchange(host: string, token: EntraToken): Promise<Exchanged>;
  /** Some tag of a repository, the newest if the registry tells; undefined if there is none or the login may not list. */
  anyTag(host: string, repository: string, login: Login): Promise<string | undefined>;
  /** Whether a repository exists and has tags; `unknown` if the login may not list them. */
  contentOf(host: string, repository: string, login: Login): Promise<"tags" | "empty" | "missing" | "unknown">;
  /** The names of at most 1,000 repositories; none if the login may not list them. */
  repositories(host: string, login: Login): Promise<readonly string[]>;
  /** By how many milliseconds the registry's clock is ahead of this machine's, by its last answer; undefined before the first answer. */
  aheadBy?(host: string): number | undefined;
};
