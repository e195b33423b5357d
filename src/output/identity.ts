import type { AzureIdentity, AzureRegistry, TokenSource } from "../azure/port.ts";
import { type AzureFacts, modes, networks, tokensOf } from "../doctor/azure.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

/** An identity in Azure, and the source of its tokens. */
export type SignedIn = { readonly identity: AzureIdentity; readonly source: TokenSource };

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
export function formatRights(facts: AzureFacts): string {
  const { registry, settings, may } = facts;
  const lines = formatted([
    ["Subscription", subscriptionOf(registry) || "<none>"],
    ["Registry", `${registry.loginServer} (${registry.sku}), ${networks[settings.network]}`],
    ["Rights", modes[settings.mode]],
    ["Admin user", settings.adminUser ? "on" : "off"],
    [
      "Entra tokens",
      settings.armAudience ? "accepted if issued for registries or for Azure Resource Manager" : "accepted if issued for registries",
    ],
    ["ACR tokens", facts.tokens === undefined ? "<unknown>" : tokensOf(facts)],
  ]);
  const rows = may.map(({ credential, flag, may: answer, missing = "", unchecked }) => [
    credential,
    flag,
    answer,
    unchecked === undefined ? missing : `not checked: ${unchecked}`,
  ]);
  return `${lines}\n${table(["CREDENTIAL", "FLAG", "AVAILABLE", "MISSING"], rows)}`;
}

/** Returns the identity, and the facts about a registry if there are any, as data (`acr-secret/v1`). */
export const reportOf = ({ identity, source }: SignedIn, report?: AzureFacts) => ({
  apiVersion: "acr-secret/v1",
  kind: "Identity",
  identity: { ...identity, auth: source },
  subscription: report && subscriptionOf(report.registry),
  registry: report && { ...report.registry, ...report.settings, tokens: report.tokens, tokensAllowed: report.limit },
  credentials: report?.may,
});

const subscriptionOf = ({ id }: AzureRegistry) => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "";
