import { CliError } from "../errors.ts";
import type { Login } from "../registry/port.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AdminSlot, AzureRegistry, RegistryFacts } from "./port.ts";

type Wire = {
  readonly properties?: {
    readonly adminUserEnabled?: unknown;
    readonly roleAssignmentMode?: unknown;
    readonly publicNetworkAccess?: unknown;
    readonly networkRuleSet?: { readonly defaultAction?: unknown } | null;
    readonly policies?: { readonly azureADAuthenticationAsArmPolicy?: { readonly status?: unknown } };
  };
};

/** The settings of a registry that matter for credentials (Microsoft.ContainerRegistry/registries, 2025-11-01). */
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

/**
 * The login of a registry's admin user with each of its two passwords, by their names in Azure
 * (Microsoft.ContainerRegistry/registries/listCredentials, 2025-11-01).
 * @throws CliError conflict if the admin user is disabled; forbidden
 */
export async function adminLogins(arm: Arm, { id, name }: AzureRegistry): Promise<ReadonlyMap<AdminSlot, Login>> {
  const doing = `read the admin user's passwords of registry ${name}`;
  const answer = await arm.send({ method: "POST", path: `${id}/listCredentials`, version: apiVersion.registry, doing });
  const { username, passwords } = (answer ?? {}) as { username?: unknown; passwords?: { name?: unknown; value?: unknown }[] | null };
  const logins = (passwords ?? []).flatMap(({ name: slot, value }) =>
    typeof username === "string" && typeof value === "string" && isSlot(slot)
      ? [[slot, { username, password: new Sensitive(value) }] as const]
      : [],
  );
  if (logins.length === 0) throw new CliError("unreachable", `cannot ${doing}: Azure's answer does not hold it`);
  return new Map(logins);
}

const isSlot = (text: unknown): text is AdminSlot => text === "password" || text === "password2";

/**
 * The hosts of a registry in its regions, as Azure names them; empty if regional endpoints are disabled. Versions before
 * Microsoft.ContainerRegistry/registries 2026-01-01-preview do not return them: a replication has a location and no host.
 * @throws CliError if the cloud has no such version
 */
export async function regionalHosts(arm: Arm, { id, name }: AzureRegistry): Promise<readonly string[]> {
  const doing = `read the regional endpoints of registry ${name}`;
  const answer = await arm.send({ method: "GET", path: id, version: apiVersion.regionalEndpoints, doing }).catch(unsupported);
  const { properties } = (answer ?? {}) as { properties?: { regionalEndpoints?: unknown; regionalEndpointHostNames?: unknown } };
  if (!properties) throw new CliError("unreachable", `cannot ${doing}: Azure's answer does not hold it`);
  const { regionalEndpoints, regionalEndpointHostNames: names } = properties;
  if (regionalEndpoints === undefined) throw new CliError("invalid", `cannot ${doing}: this cloud does not show them`, { hint: byHand });
  const hosts = regionalEndpoints === "Enabled" && Array.isArray(names) ? names : [];
  return hosts.flatMap((host) => (typeof host === "string" ? [host.toLowerCase()] : [])).sort();
}

const byHand = "add each regional host with --registry NAME.REGION.geo.azurecr.io --merge";

/** A cloud without such a version rejects the request as invalid. */
function unsupported(error: unknown): never {
  if (!(error instanceof CliError) || error.kind !== "invalid") throw error;
  throw error.withHint(byHand);
}
