/** The host of one of a registry's regions: `myregistry.eastus.geo.azurecr.io` is that of `myregistry.azurecr.io`. */
const form = /^([a-z0-9-]+)(?:\.[a-z0-9]+){1,2}\.geo(\.azurecr\.(?:io|us|cn))$/;

/** Whether a host is a registry's own in one of its regions, which Azure gives to nobody else. @param host the login server */
export function isRegional(host: string, other: string): boolean {
  if (!other.includes(".geo.")) return false;
  const [, name = "", suffix = ""] = form.exec(other) ?? [];
  return name !== "" && name + suffix === host;
}
