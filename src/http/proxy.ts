import { BlockList, isIP } from "node:net";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";

/**
 * Returns the proxy in HTTPS_PROXY for an https URL, as Go and thus kubectl reads it (golang.org/x/net/http/httpproxy). Returns undefined
 * without a proxy, or if NO_PROXY excludes the host. An invalid proxy is an error here. Go would connect directly.
 *
 * @throws CliError config
 */
export function proxyFor(url: string, env: Environment): URL | undefined {
  const named = env["HTTPS_PROXY"] || env["https_proxy"];
  if (!named || bypasses(new URL(url), env["NO_PROXY"] || env["no_proxy"] || "")) return undefined;
  const proxy = URL.parse(named.includes("://") ? named : `http://${named}`);
  // It may contain a password, so it is not printed
  if (!proxy?.hostname) throw unusable("is not the address of a proxy");
  if (!["http:", "https:"].includes(proxy.protocol))
    throw unusable(`uses the protocol ${proxy.protocol.replace(":", "")}; only HTTP proxies are supported`);
  if (![proxy.username, proxy.password].every(isEscaped))
    throw unusable("contains an unescaped % in its user name or password (write %25)");
  return proxy;
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const unusable = (why: string) =>
  new CliError("config", `HTTPS_PROXY ${why}`, { hint: "set HTTPS_PROXY=http://HOST:PORT, or add the host to NO_PROXY" });

/** A proxy is never used for this machine or for the entries of NO_PROXY: `*`, addresses, ranges of addresses, and domains. */
function bypasses({ hostname, port }: URL, list: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost" || contains("127.0.0.0/8", host) || contains("::1/128", host)) return true;
  const entries = list.split(",").map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => entry === "*" || contains(entry, host) || names(entry, host, port || "443"));
}

/** Whether an address is in a range (`10.0.0.0/8`, `fd00::/8`). */
function contains(range: string, host: string): boolean {
  const [, network = "", prefix = ""] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
  const family = isIP(host);
  if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128) || isIP(network) !== family) return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), kind);
  return list.check(host, kind);
}

/**
 * Whether an entry matches a host: the host itself, or a domain with all its subdomains (`.x.com` and `*.x.com`: only the subdomains), each
 * with or without a port. An address matches itself.
 */
function names(entry: string, host: string, port: string): boolean {
  const [, bracketed, plain = entry, only] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = (bracketed ?? plain).replace(/^\*\./, ".");
  if (name === "" || (only !== undefined && only !== port)) return false;
  if (isIP(host) !== 0) return contains(`${name}/${isIP(name) === 4 ? 32 : 128}`, host);
  return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}
