import { usage } from "../errors.ts";
import { shell } from "../hint.ts";
import { cloudHint } from "./cloud.ts";
import type { AzureRegistry } from "./port.ts";

/** The value of `--registry`: a resource name in lower case. The login server or the id is present if the user wrote it. */
export type RegistryName = { readonly name: string; readonly loginServer?: string; readonly id?: string };

const idForm =
  /^\/subscriptions\/([0-9a-f-]{36})\/resourceGroups\/[-\w.()]{1,90}\/providers\/Microsoft\.ContainerRegistry\/registries\/([a-z0-9]{5,50})\/?$/i;

/** The registry's name and its subscription, from its id in Azure; undefined for any other text. */
export function readRegistryId(text: string): { readonly name: string; readonly subscription: string } | undefined {
  const [, subscription, name] = idForm.exec(text) ?? [];
  return subscription === undefined || name === undefined ? undefined : { name, subscription };
}

/** Removes what a browser adds to a copied login server. */
export const registryHost = (registry: string): string => registry.replace(/^https:\/\//i, "").replace(/\/$/, "");

/** Returns the name in a registry's Azure resource id. Returns any other text unchanged. */
export const registryNameIn = (registry: string): string => readRegistryId(registry)?.name.toLowerCase() ?? registry;

/**
 * Reads a registry's name (`myregistry`), login server (`myregistry.azurecr.io`, with the hash of a domain name label scope
 * `myregistry-a1b2c3.azurecr.io`) or regional host (`myregistry.eastus.geo.azurecr.io`), or its id in Azure. Accepts only letters, digits
 * and dashes, so the name is safe in a query.
 * @throws CliError usage
 */
export function readRegistryName(text: string, suffix: string): RegistryName {
  const byId = readRegistryId(text);
  if (byId) return { name: byId.name.toLowerCase(), id: text.replace(/\/$/, "") };
  const [, name, label, region = "", rest = ""] =
    /^([a-z0-9]{5,50})(-[a-z0-9]+)?(\.[a-z0-9]+\.geo)?(\.[a-z0-9.]+)?$/.exec(text.toLowerCase()) ?? [];
  if (name === undefined || ![suffix, ""].includes(rest) || (rest === "" && region !== "")) {
    const message = `invalid registry ${JSON.stringify(text)}: expected a name (5 to 50 letters and digits) or a login server (NAME${suffix})`;
    const list = { ...shell("az acr list", "--output", "table"), when: "to list your registries, run" };
    throw usage(message, (!text.toLowerCase().endsWith(suffix) && cloudHint(text)) || list);
  }
  const isHost = rest !== "" || label !== undefined;
  return isHost ? { name, loginServer: `${name}${label ?? ""}${suffix}` } : { name };
}

export function isWanted({ name, loginServer }: AzureRegistry, wanted: RegistryName): boolean {
  return wanted.loginServer === undefined ? name.toLowerCase() === wanted.name : loginServer.toLowerCase() === wanted.loginServer;
}
