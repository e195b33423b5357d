/** The suffix of login servers in each cloud. No other host gets the token of an Azure identity. */
export const registrySuffixes = { AzureCloud: ".azurecr.io", AzureUSGovernment: ".azurecr.us", AzureChinaCloud: ".azurecr.cn" } as const;

const suffixes = Object.values(registrySuffixes).map((suffix) => suffix.replaceAll(".", "\\."));

const host = new RegExp(`^([a-z0-9]{5,50})(-[a-z0-9]+)?((?:\\.[a-z0-9]+){1,2}\\.geo)?(?:${suffixes.join("|")})$`);

/** Whether a host is an Azure container registry: `name.azurecr.io`, `name-hash.azurecr.io`, `name.region.geo.azurecr.io`. */
export const isLoginServer = (text: string): boolean => host.test(text.toLowerCase());

/** The login server itself, or that of the registry to which a regional host belongs; undefined for any other host. */
export const loginServerIn = (text: string): string | undefined =>
  isLoginServer(text) ? text.toLowerCase().replace(/(?:\.[a-z0-9]+){1,2}\.geo(?=\.)/, "") : undefined;

/**
 * The resource name of the registry with this login server: its first label, without the hash of a domain name label scope. It is only a
 * candidate: ARM's own loginServer decides.
 */
export function registryName(loginServer: string): string | undefined {
  return host.exec(loginServer.toLowerCase())?.[1];
}

/**
 * Returns why the acr-credential-provider of kubelets gives no login for a registry: it knows only hosts like `^[a-zA-Z0-9]+\.azurecr\.`
 * (kubernetes-sigs/cloud-provider-azure).
 */
export const withoutProvider = (loginServer: string): string | undefined =>
  host.exec(loginServer.toLowerCase())?.[2] && `acr-credential-provider gives no login for ${loginServer}, because its name has a hash`;

/** Whether a login server is that of a registry. @param registry its name, its login server or its id in Azure, as the user wrote it */
export function isLoginServerOf(loginServer: string, registry: string): boolean {
  const name = registry.split("/").at(-1)?.toLowerCase() ?? "";
  return loginServer.toLowerCase() === name || registryName(loginServer) === name;
}

/** A regional host: `myregistry.eastus.geo.azurecr.io` is one of `myregistry.azurecr.io`. */
const regionalHost = /^([a-z0-9-]+)(?:\.[a-z0-9]+){1,2}\.geo(\.azurecr\.(?:io|us|cn))$/;

/** Whether `other` is a registry's own host in one of its regions. Azure gives it to no other registry. @param host the login server */
export function isRegional(host: string, other: string): boolean {
  if (!other.includes(".geo.")) return false;
  const [, name = "", suffix = ""] = regionalHost.exec(other) ?? [];
  return name !== "" && name + suffix === host;
}
