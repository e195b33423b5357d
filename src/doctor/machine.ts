import type { Environment } from "../env.ts";
import { asRefusal } from "../errors.ts";
import { proxyFor } from "../http/proxy.ts";
import { authorities } from "../http/trust.ts";
import type { CheckResult } from "./finding.ts";

/**
 * Checks the proxy for requests to Azure.
 * @param hosts the hosts that requests are sent to
 * @throws CliError config for an invalid proxy
 */
export function checkProxy(env: Environment, hosts: readonly string[]): CheckResult[] {
  const proxies = hosts.map((host) => ({ host, proxy: proxyFor(`https://${host}`, env)?.host }));
  const through = proxies.filter(({ proxy }) => proxy !== undefined);
  const direct = proxies.filter(({ proxy }) => proxy === undefined).map(({ host }) => host);
  if (through.length > 0) {
    const others = direct.length > 0 ? `, and NO_PROXY excludes ${direct.join(", ")}` : "";
    const message = `requests to ${through.map(({ host }) => host).join(", ")} use the proxy ${through[0]?.proxy}${others}`;
    return [{ status: "ok", message }];
  }
  const ignored = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].find((name) => env[name]);
  if (!ignored || env["HTTPS_PROXY"] || env["https_proxy"]) return [{ status: "ok", message: "requests to Azure use no proxy" }];
  return [{ status: "warning", message: `${ignored} is set, but requests to Azure use only HTTPS_PROXY, like those of kubectl` }];
}

/** Checks the trusted certificates of requests to Azure and to registries. */
export async function checkCertificates(env: Environment): Promise<CheckResult[]> {
  const { SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: extra } = env;
  const problems = [
    { name: "SSL_CERT_FILE", path: file, status: "failed" as const },
    // Without this file, the others are trusted
    { name: "NODE_EXTRA_CA_CERTS", path: extra, status: "warning" as const },
  ].map(async ({ name, path, status }): Promise<CheckResult[]> => {
    const found = path ? await authorities({ SSL_CERT_FILE: path }).catch(asRefusal) : undefined;
    if (!found || (!(found instanceof Error) && found.length > 0)) return [];
    const problem = found instanceof Error ? "cannot be read" : "contains no certificate";
    return [{ status, subject: name, message: `${path}, the file in ${name}, ${problem}` }];
  });
  const found = (await Promise.all(problems)).flat();
  if (found.length > 0) return found;
  const source = file ? `those of ${file}` : "those of this machine";
  return [{ status: "ok", message: `trusted certificates are ${source}${extra && extra !== file ? ` and of ${extra}` : ""}` }];
}
