import type { Agent } from "node:http";
import type { ConnectionOptions } from "node:tls";
import { NetworkError } from "./network-error.ts";

/**
 * Opens connections through an HTTP CONNECT proxy. The proxyPolicy of @azure/core-rest-pipeline uses the same agent, but opens a tunnel for
 * each request, returns a rejection of the proxy (407, 502) as the response of the host, and ignores SSL_CERT_FILE for a proxy over TLS.
 * @param trusting the options for the proxy's certificate, which is verified too, because the proxy gets the password in its URL
 */
export async function openTunnelAgent(proxy: URL, trusting: ConnectionOptions): Promise<Agent> {
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const agent = new HttpsProxyAgent(proxy, { keepAlive: true, ...trusting });
  agent.on("proxyConnect", ({ statusCode }, request) => {
    if (statusCode === 200) return;
    request.destroy(new NetworkError("refused", `the proxy ${proxy.host} rejected the connection to ${request.host} (${statusCode})`));
  });
  return agent;
}
