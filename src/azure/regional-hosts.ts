import type { AzureRegistry } from "../context.ts";
import { CliError } from "../errors.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";

/**
 * The hosts at which a registry answers in each of its regions, as Azure names them; none where it has none. Only previews show them
 * (Microsoft.ContainerRegistry/registries 2026-01-01-preview): a replication says where a replica is, and not whether it has a host.
 */
export async function regionalHosts(arm: Arm, { id, name }: AzureRegistry): Promise<readonly string[]> {
  const doing = `read the regional endpoints of registry ${name}`;
  const answer = await arm.send({ method: "GET", path: id, version: apiVersion.regionalEndpoints, doing });
  const { properties } = (answer ?? {}) as { properties?: { regionalEndpoints?: unknown; regionalEndpointHostNames?: unknown } };
  if (!properties) throw new CliError("unreachable", `cannot ${doing}: Azure's answer does not hold it`);
  const { regionalEndpoints, regionalEndpointHostNames: names } = properties;
  const hosts = regionalEndpoints === "Enabled" && Array.isArray(names) ? names : [];
  return hosts.flatMap((host) => (typeof host === "string" ? [host.toLowerCase()] : [])).sort();
}
