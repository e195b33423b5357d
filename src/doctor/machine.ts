import type { Environment } from "../env.ts";
import { CliError, unlessRefused } from "../errors.ts";
import { proxyFor } from "../http/proxy.ts";
import { authorities } from "../http/trust.ts";
import { explainCommand, type Finding } from "./finding.ts";

/** Checks the proxy for requests to Azure. @param hosts the hosts that requests are sent to */
export function checkProxy(env: Environment, hosts: readonly string[]): Finding[] {
  const of = { id: "proxy", subject: "HTTPS_PROXY" } as const;
  try {
    const proxies = hosts.map((host) => ({ host, proxy: proxyFor(`https://${host}`, env)?.host }));
    const through = proxies.filter(({ proxy }) => proxy !== undefined).map(({ host }) => host);
    const direct = proxies.filter(({ proxy }) => proxy === undefined).map(({ host }) => host);
    if (through.length > 0) {
      const others = direct.length > 0 ? `, and NO_PROXY excludes ${direct.join(", ")}` : "";
      return [
        {
          ...of,
          status: "ok",
          message: `requests to ${through.join(", ")} use the proxy ${proxies.find(({ proxy }) => proxy)?.proxy}${others}`,
        },
      ];
    }
    const ignored = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].find((name) => env[name]);
    const isSet = Boolean(env["HTTPS_PROXY"] || env["https_proxy"]);
    if (ignored === undefined || isSet) return [{ ...of, status: "ok", message: "requests to Azure use no proxy" }];
    const message = `${ignored} is set, but requests to Azure use only HTTPS_PROXY, like those of kubectl`;
    return [{ ...of, status: "warning", message, next: explainCommand(of.id) }];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [{ ...of, status: "failed", message: error.message, next: explainCommand(of.id) }];
  }
}

/** Checks the trusted certificates of requests to Azure and to registries. */
export async function checkCertificates(env: Environment): Promise<Finding[]> {
  const id = "certificates" as const;
  const { SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: extra } = env;
  const problems = [
    { name: "SSL_CERT_FILE", path: file, status: "failed" as const },
    // Without this file, the others are trusted
    { name: "NODE_EXTRA_CA_CERTS", path: extra, status: "warning" as const },
  ].map(async ({ name, path, status }): Promise<Finding[]> => {
    const found = path ? await authorities({ SSL_CERT_FILE: path }).catch(unlessRefused(undefined)) : [];
    if (!path || (found && found.length > 0)) return [];
    const message = found ? `${path}, the file in ${name}, contains no certificate` : `cannot read ${path}, the file in ${name}`;
    return [{ id, status, subject: name, message, next: explainCommand(id) }];
  });
  const found = (await Promise.all(problems)).flat();
  if (found.length > 0) return found;
  const source = file ? `those of ${file}` : "those of this machine";
  return [{ id, status: "ok", subject: id, message: `trusted certificates are ${source}${extra ? ` and of ${extra}` : ""}` }];
}
