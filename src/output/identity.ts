import type { AzureIdentity, AzureRegistry, RegistryFacts, TokenSource } from "../azure/port.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

/** An identity in Azure, and the source of its tokens. */
export type SignedIn = { readonly identity: AzureIdentity; readonly source: TokenSource };

/** The permissions of an identity on a registry. */
export type IdentityReport = SignedIn & {
  readonly registry: AzureRegistry;
  readonly facts: RegistryFacts;
  /** The number of ACR tokens, and the registry's limit; undefined if unknown. */
  readonly tokens: number | undefined;
  readonly limit: number | undefined;
  /** Each kind of credential, and whether the identity may create it. */
  readonly may: readonly {
    readonly credential: string;
    readonly flag: string;
    readonly may: string;
    /** The first missing permission. */
    readonly missing?: string;
    /** A permission that can't be checked in advance. */
    readonly unchecked?: string;
  }[];
};

const types: Readonly<Record<AzureIdentity["type"], string>> = {
  user: "user",
  servicePrincipal: "service principal",
  managedIdentity: "managed identity",
};

const sources: Readonly<Record<TokenSource, string>> = {
  az: "the Azure CLI (az)",
  env: "the AZURE_* variables (env)",
  workload: "a workload identity's token file (workload)",
  managed: "this machine's managed identity (managed)",
};

const modes: Readonly<Record<RegistryFacts["mode"], string>> = {
  legacy: "by roles on the whole registry (legacy)",
  abac: "by roles with conditions on repositories (ABAC)",
};

const networks: Readonly<Record<RegistryFacts["network"], string>> = {
  all: "open to all networks",
  selected: "open to the networks in its firewall rules",
  private: "private endpoints only",
};

const formatted = (lines: readonly (readonly [name: string, value: string])[]) =>
  lines.map(([name, value]) => `${`${name}:`.padEnd(14)}${printable(value)}\n`).join("");

/** Formats the identity. */
export const formatIdentity = ({ identity, source }: SignedIn): string =>
  formatted([
    ["Identity", `${identity.name} (${types[identity.type]}, object ${identity.objectId})`],
    ["Tenant", identity.tenant],
    ["Sign-in", sources[source]],
  ]);

/** Formats the registry, and a table of the kinds of credentials. */
export function formatRights({ registry, facts, tokens, limit, may }: IdentityReport): string {
  const lines = formatted([
    ["Subscription", subscriptionOf(registry) || "<none>"],
    ["Registry", `${registry.loginServer} (${registry.sku}), ${networks[facts.network]}`],
    ["Rights", modes[facts.mode]],
    ["Admin user", facts.adminUser ? "on" : "off"],
    [
      "Entra tokens",
      facts.armAudience ? "accepted if issued for registries or for Azure Resource Manager" : "accepted if issued for registries",
    ],
    ["ACR tokens", tokens === undefined ? "<unknown>" : `${tokens}${limit === undefined ? "" : ` of ${limit}`}`],
  ]);
  const rows = may.map(({ credential, flag, may: answer, missing = "", unchecked }) => [
    credential,
    flag,
    answer,
    unchecked === undefined ? missing : `not checked: ${unchecked}`,
  ]);
  return `${lines}\n${table(["CREDENTIAL", "FLAG", "AVAILABLE", "MISSING"], rows)}`;
}

/** The part of the limit at which the warning starts. */
const nearLimit = 0.9;

/** Returns a warning about a registry that is close to its limit of tokens. */
export function nearlyFull({ registry, tokens, limit }: IdentityReport): string | undefined {
  if (tokens === undefined || limit === undefined || tokens < nearLimit * limit) return undefined;
  return `registry ${registry.name} has ${tokens} of ${limit} ACR tokens, the limit of tier ${registry.sku}`;
}

/** Returns the identity, and the facts about a registry if there are any, as data (`acr-secret/v1`). */
export const reportOf = ({ identity, source }: SignedIn, report?: IdentityReport) => ({
  apiVersion: "acr-secret/v1",
  kind: "Identity",
  identity: { ...identity, auth: source },
  subscription: report && subscriptionOf(report.registry),
  registry: report && { ...report.registry, ...report.facts, tokens: report.tokens, tokensAllowed: report.limit },
  credentials: report?.may,
});

const subscriptionOf = ({ id }: AzureRegistry) => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "";
