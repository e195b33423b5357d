import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";
import { proxyFor } from "../http/proxy.ts";
import { authorities } from "../http/trust.ts";
import { explain, type Finding } from "./finding.ts";

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
    return [{ ...of, status: "warning", message, next: explain(of.id) }];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [{ ...of, status: "failed", message: error.message, next: explain(of.id) }];
  }
}

/** Checks the trusted certificates of requests to Azure and to registries. */
export async function checkCertificates(env: Environment): Promise<Finding[]> {
  const { SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: extra } = env;
  const of = { id: "certificates", subject: file ? "SSL_CERT_FILE" : "certificates" } as const;
  try {
    const [all, others] = await Promise.all([env, { ...env, NODE_EXTRA_CA_CERTS: undefined }].map((each) => authorities(each)));
    if (others?.length === 0) return [{ ...of, status: "failed", message: `${file} contains no certificate`, next: explain(of.id) }];
    if (extra && all && all.length === others?.length) {
      const message = `${extra} adds no certificate: it cannot be read, or has none that is not trusted already`;
      return [{ ...of, subject: "NODE_EXTRA_CA_CERTS", status: "warning", message, next: explain(of.id) }];
    }
    const source = file ? `those of ${file}` : "those of this machine";
    return [{ ...of, status: "ok", message: `trusted certificates are ${source}${extra ? ` and of ${extra}` : ""}` }];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [{ ...of, status: "failed", message: error.message, next: explain(of.id) }];
  }
}
