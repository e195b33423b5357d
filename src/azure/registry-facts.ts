import { CliError } from "../errors.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AzureRegistry, RegistryFacts } from "./port.ts";

type Wire = {
  readonly properties?: {
    readonly adminUserEnabled?: unknown;
    readonly roleAssignmentMode?: unknown;
    readonly publicNetworkAccess?: unknown;
    readonly networkRuleSet?: { readonly defaultAction?: unknown } | null;
    readonly policies?: { readonly azureADAuthenticationAsArmPolicy?: { readonly status?: unknown } };
  };
};

/** How a registry is set up, as far as credentials are concerned (Microsoft.ContainerRegistry/registries, 2025-11-01). */
export async function registryFacts(arm: Arm, { id, name }: AzureRegistry): Promise<RegistryFacts> {
  const doing = `read registry ${name}`;
  const answer = await arm.send({ method: "GET", path: id, version: apiVersion.registry, doing });
  const { properties } = (answer ?? {}) as Wire;
  if (!properties) throw new CliError("unreachable", `cannot ${doing}: Azure's answer does not hold it`);
  const { adminUserEnabled, roleAssignmentMode, publicNetworkAccess, networkRuleSet, policies } = properties;
  const closed = publicNetworkAccess === "Disabled" ? "private" : "selected";
  return {
    mode: roleAssignmentMode === "AbacRepositoryPermissions" ? "abac" : "legacy",
    adminUser: adminUserEnabled === true,
    armAudience: policies?.azureADAuthenticationAsArmPolicy?.status !== "disabled",
    network: publicNetworkAccess === "Disabled" || networkRuleSet?.defaultAction === "Deny" ? closed : "all",
  };
}
