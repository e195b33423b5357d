import type { Env } from "../context.ts";

/** The proxy that the environment names for an https URL; undefined for none, or where NO_PROXY excepts the host. */
export function proxyFor(url: string, env: Env): URL | undefined {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const proxy = read("HTTPS_PROXY") ?? read("ALL_PROXY");
  if (proxy === undefined || bypasses(new URL(url), read("NO_PROXY") ?? "")) return undefined;
  return URL.parse(proxy.includes("://") ? proxy : `http://${proxy}`) ?? undefined;
}

/** NO_PROXY as curl and Go read it: `*`, a host, or a domain with all below it, each with or without a port. */
function bypasses({ hostname, port }: URL, list: string): boolean {
  return list
    .split(",")
    .map((entry) => /^\.?(.*?)(?::(\d+))?$/.exec(entry.trim().toLowerCase()) ?? [])
    .some(([, name = "", only]) => {
      if (only !== undefined && only !== (port || "443")) return false;
      return name === "*" || (name !== "" && (hostname === name || hostname.endsWith(`.${name}`)));
    });
}
