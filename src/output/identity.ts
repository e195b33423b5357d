import type { AzureIdentity, AzureRegistry, RegistryFacts } from "../context.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

/** Who somebody is in Azure, and what that is worth at a registry. */
export type Seen = {
  readonly identity: AzureIdentity;
  readonly registry: AzureRegistry;
  readonly facts: RegistryFacts;
  /** How many ACR tokens there are, and how many there may be; undefined where nobody tells. */
  readonly tokens: number | undefined;
  readonly room: number | undefined;
  /** Each kind of credential: what asks for it, whether it may be made, and the first thing that is missing. */
  readonly may: readonly Readonly<Record<"credential" | "flag" | "may" | "missing", string>>[];
};

const types: Readonly<Record<AzureIdentity["type"], string>> = {
  user: "user",
  servicePrincipal: "service principal",
  managedIdentity: "managed identity",
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

/** Lines for people. */
export function told({ identity, registry, facts, tokens, room, may }: Seen): string {
  const lines: readonly (readonly [string, string])[] = [
    ["Identity", `${identity.name} (${types[identity.type]}, object ${identity.objectId})`],
    ["Tenant", identity.tenant],
    ["Subscription", subscriptionOf(registry) || "<none>"],
    ["Registry", `${registry.loginServer} (${registry.sku}), ${networks[facts.network]}`],
    ["Rights", modes[facts.mode]],
    ["Admin user", facts.adminUser ? "on" : "off"],
    ["Signs in", facts.armAudience ? "with tokens for registries and for Azure Resource Manager" : "with tokens for registries alone"],
    ["ACR tokens", tokens === undefined ? "<unknown>" : `${tokens}${room === undefined ? "" : ` of ${room}`}`],
  ];
  const facing = lines.map(([name, value]) => `${`${name}:`.padEnd(14)}${printable(value)}\n`).join("");
  const rows = may.map(({ credential, flag, may: answer, missing }) => [credential, flag, answer, missing]);
  return `${facing}\n${table(["CREDENTIAL", "FLAG", "MAY BE MADE", "MISSING"], rows)}`;
}

/** From this part of its room on a registry is told to be nearly full. */
const near = 0.9;

/** What to tell of a registry that has room for few more tokens. */
export function nearlyFull({ registry, tokens, room }: Seen): string | undefined {
  if (tokens === undefined || room === undefined || tokens < near * room) return undefined;
  return `registry ${registry.name} has ${tokens} of the ${room} ACR tokens that ${registry.sku} has room for`;
}

/** The same as data (`acr-secret/v1`). */
export function reportOf({ identity, registry, facts, tokens, room, may }: Seen) {
  return {
    apiVersion: "acr-secret/v1",
    kind: "Identity",
    identity,
    subscription: subscriptionOf(registry),
    registry: { ...registry, ...facts, ...(tokens !== undefined && { tokens }), ...(room !== undefined && { tokensAllowed: room }) },
    credentials: may.map(({ missing, ...rest }) => ({ ...rest, ...(missing !== "" && { missing }) })),
  };
}

const subscriptionOf = ({ id }: AzureRegistry) => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "";
