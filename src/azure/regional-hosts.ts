import { CliError } from "../errors.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AzureRegistry } from "./port.ts";

/**
 * The hosts at which a registry answers in each of its regions, as Azure names them; none if they are off. Versions before
 * Microsoft.ContainerRegistry/registries 2026-01-01-preview do not show them: a replication has a location, and no host.
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

/** A cloud without such a version refuses the request as invalid. */
function unsupported(error: unknown): never {
  if (!(error instanceof CliError) || error.kind !== "invalid") throw error;
  throw error.withHint(byHand);
}
