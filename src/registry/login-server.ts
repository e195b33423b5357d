/** The suffix of login servers in each cloud. No other host gets the token of an Azure identity. */
export const registrySuffixes = { AzureCloud: ".azurecr.io", AzureUSGovernment: ".azurecr.us", AzureChinaCloud: ".azurecr.cn" } as const;

const suffixes = Object.values(registrySuffixes).map((suffix) => suffix.replaceAll(".", "\\."));

const host = new RegExp(`^([a-z0-9]{5,50})(-[a-z0-9]+)?((?:\\.[a-z0-9]+){1,2}\\.geo)?(?:${suffixes.join("|")})$`);

/** Whether a host is an Azure container registry: `name.azurecr.io`, `name-hash.azurecr.io`, `name.region.geo.azurecr.io`. */
export const isLoginServer = (text: string): boolean => host.test(text.toLowerCase());

/** The login server of a host that is one, or of the registry whose regional endpoint it is; undefined for any other. */
export const loginServerIn = (text: string): string | undefined =>
  isLoginServer(text) ? text.toLowerCase().replace(/(?:\.[a-z0-9]+){1,2}\.geo(?=\.)/, "") : undefined;

/**
 * The registry's resource name that a host would have: its first label, without the hash that a domain name label scope adds.
 * Only a candidate: ARM's own loginServer has the last word.
 */
export function registryName(loginServer: string): string | undefined {
  return host.exec(loginServer.toLowerCase())?.[1];
}
