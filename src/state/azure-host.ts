import type { AzureFacts } from "../check/facts.ts";
import { loginServerIn, registryName } from "../registry/login-server.ts";

/**
 * The registry in Azure behind an image's host, which may name it in a way that its login server does not: with the port 443, in
 * capitals, or by one of its regional endpoints (`NAME.REGION.geo.azurecr.io`).
 */
export function azureHost(host: string): AzureFacts | undefined {
  const small = host.toLowerCase();
  const bare = small.replace(/:443$/, "");
  const registry = registryName(bare);
  if (registry === undefined) return undefined;
  const loginServer = loginServerIn(bare) ?? bare;
  const otherwise = host !== small ? "capitals" : small !== bare ? "port" : bare !== loginServer ? "region" : undefined;
  return { registry, loginServer, otherwise };
}
