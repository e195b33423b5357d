import type { Azure } from "../azure/port.ts";
import { unlessRefused } from "../errors.ts";
import { loginServerIn } from "../registry/login-server.ts";
import { mapConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import type { Holding } from "../secret/holdings.ts";
import { pulledRepositories } from "./acr-token.ts";

type Grants = Holding["grants"];

/**
 * Reads from Azure which repositories ACR tokens may pull, with two lists for each registry.
 * @returns a function for the logins; undefined for a login of another kind, and for a registry that can't be read
 */
export async function readGrants(
  logins: readonly Holding[],
  openAzure: () => Promise<Azure>,
): Promise<(login: Pick<Holding, "kind" | "guessed" | "hosts" | "identity">) => Grants> {
  const hostOf = ({ kind, guessed, hosts: [host = ""] }: Pick<Holding, "kind" | "guessed" | "hosts">) =>
    kind === "acr-token" && !guessed ? loginServerIn(host) : undefined;
  const hosts = [...new Set(logins.flatMap((login) => hostOf(login) ?? []))];
  const azure = hosts.length > 0 ? await openAzure().catch(unlessRefused(undefined)) : undefined;
  const read = azure
    ? await mapConcurrently(hosts, limits.subscriptions, (host) => tokensOf(host, azure).catch(unlessRefused(undefined)))
    : [];
  return (login) => {
    const tokens = read[hosts.indexOf(hostOf(login) ?? "")];
    return tokens && { repositories: tokens.get(login.identity.toLowerCase()) ?? [], from: "azure" };
  };
}

/** Returns the repositories of each token of a registry. Azure ignores the case of names. */
async function tokensOf(host: string, azure: Azure): Promise<ReadonlyMap<string, readonly string[]>> {
  const { tokens, scopeMaps } = await azure.listTokens(await azure.findRegistry(host));
  const repositories = new Map(scopeMaps.map((map) => [map.id.toLowerCase(), pulledRepositories(map).sort()]));
  return new Map(tokens.map(({ name, scopeMapId }) => [name.toLowerCase(), repositories.get(scopeMapId.toLowerCase()) ?? []]));
}
