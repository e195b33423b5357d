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
  readonly room: number | undefined;
  /** Each kind of credential, and whether it may be created. */
  readonly may: readonly {
    readonly credential: string;
    readonly flag: string;
    readonly may: string;
    /** The first missing right. */
    readonly missing?: string;
    /** A right that cannot be checked before it is used. */
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
  abac: "by roles, and conditions for repositories (ABAC)",
};

const networks: Readonly<Record<RegistryFacts["network"], string>> = {
  all: "reached from all networks",
  selected: "reached from the networks that its rules name",
  private: "reached by private endpoints alone",
};

const formatted = (lines: readonly (readonly [name: string, value: string])[]) =>
  lines.map(([name, value]) => `${`${name}:`.padEnd(14)}${printable(value)}\n`).join("");

/** The lines about the identity only. */
export const formatIdentity = ({ identity, source }: SignedIn): string =>
  formatted([
    ["Identity", `${identity.name} (${types[identity.type]}, object ${identity.objectId})`],
    ["Tenant", identity.tenant],
    ["Signed in by", sources[source]],
  ]);

/** The lines about the registry, and a table of the kinds of credentials. */
export function formatRights({ registry, facts, tokens, room, may }: IdentityReport): string {
  const lines = formatted([
    ["Subscription", subscriptionOf(registry) || "<none>"],
    ["Registry", `${registry.loginServer} (${registry.sku}), ${networks[facts.network]}`],
    ["Rights", modes[facts.mode]],
    ["Admin user", facts.adminUser ? "on" : "off"],
    ["Signs in", facts.armAudience ? "with tokens for registries and for Azure Resource Manager" : "with tokens for registries alone"],
    ["ACR tokens", tokens === undefined ? "<unknown>" : `${tokens}${room === undefined ? "" : ` of ${room}`}`],
  ]);
  const rows = may.map(({ credential, flag, may: answer, missing = "", unchecked }) => [
    credential,
    flag,
    answer,
    unchecked === undefined ? missing : `not checked: ${unchecked}`,
  ]);
  return `${lines}\n${table(["CREDENTIAL", "FLAG", "MAY BE MADE", "MISSING"], rows)}`;
}

/** From this part of its quota on, a registry counts as nearly full. */
const near = 0.9;

/** The warning about a registry that can have few more tokens. */
export function nearlyFull({ registry, tokens, room }: IdentityReport): string | undefined {
  if (tokens === undefined || room === undefined || tokens < near * room) return undefined;
  return `registry ${registry.name} has ${tokens} of the ${room} ACR tokens that ${registry.sku} has room for`;
}

/** The same as data (`acr-secret/v1`); without facts about a registry, only the identity. */
export const reportOf = ({ identity, source }: SignedIn, seen?: IdentityReport) => ({
  apiVersion: "acr-secret/v1",
  kind: "Identity",
  identity: { ...identity, auth: source },
  subscription: seen && subscriptionOf(seen.registry),
  registry: seen && { ...seen.registry, ...seen.facts, tokens: seen.tokens, tokensAllowed: seen.room },
  credentials: seen?.may,
});

const subscriptionOf = ({ id }: AzureRegistry) => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "";
