import type { ClientRequest } from "node:http";
import type { HttpClient, PipelinePolicy } from "@azure/core-rest-pipeline";
import { explainNetwork, NetworkError } from "./network-error.ts";

type Library = typeof import("@azure/core-rest-pipeline");

/** Opens tunnels through an HTTP CONNECT proxy. @param trusting the options for the proxy's certificate */
export function tunnelClient(library: Library, client: HttpClient, proxy: URL, trusting: object): HttpClient {
  const { protocol, host, hostname, username, password } = proxy;
  const port = Number(proxy.port || (protocol === "https:" ? 443 : 80));
  const settings = { host: `${protocol}//${hostname}`, port, username, password };
  const pipeline = library.createEmptyPipeline();
  pipeline.addPolicy(library.proxyPolicy(settings, { customNoProxyList: [] }));
  pipeline.addPolicy(rejectionPolicy(host, trusting), { afterPolicies: [library.proxyPolicyName] });
  return { sendRequest: (request) => pipeline.sendRequest(client, request) };
}

/**
 * A proxy that opens no tunnel responds in place of the host (407, 502). Without this check, its response would count as the host's.
 */
function rejectionPolicy(proxy: string, trusting: object): PipelinePolicy {
  let known: unknown;
  return {
    name: "rejectionPolicy",
    async sendRequest(request, next) {
      const { agent } = request;
      if (agent !== known && isTunneling(agent)) {
        known = agent;
        keepTunnels(agent);
        failOnRejection(agent, proxy);
        // A proxy over TLS is verified too: it gets the password in its URL
        if ("connectOpts" in agent) Object.assign(agent.connectOpts as object, trusting);
      }
      return next(request).catch((error: Failed) => {
        throw explained(error, proxy);
      });
    },
  };
}

/** The code of a proxy's rejection. Azure's client keeps the code and the message of an error that an agent throws. */
const rejected = "ERR_TUNNEL_REFUSED";

/** The prefix for the code of an error on the way to the proxy, before the host was reached. */
const unreached = "ERR_NO_PROXY ";

type Failed = { readonly code?: unknown; readonly message: string };

function explained(error: Failed, proxy: string): Failed {
  const code = String(error.code);
  if (code === rejected) return new NetworkError("refused", error.message);
  if (!code.startsWith(unreached)) return error;
  return explainNetwork(coded(error.message, code.slice(unreached.length)), { host: `the proxy ${proxy}`, proxy: undefined });
}

const coded = (message: string, code: string) => Object.assign(new Error(message), { code });

/** The fields of an agent of https-proxy-agent (agent-base) in addition to Node's own. */
interface Tunneling {
  connect(request: ClientRequest, options: { host?: string }): Promise<unknown>;
}

const isTunneling = (agent: object | undefined): agent is Tunneling => agent !== undefined && "connect" in agent;

/**
 * Fails exactly the request for which the proxy rejected a tunnel, whichever other requests to the host have one. Does not wait for the
 * page that the proxy sends.
 */
function failOnRejection(agent: Tunneling, proxy: string): void {
  const connect = agent.connect.bind(agent);
  agent.connect = async (request, options) => {
    let status = 200;
    request.once("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      status = statusCode;
    });
    const socket = await connect(request, options).catch(({ message, code }: Failed) => {
      throw coded(message, `${unreached}${code ?? ""}`);
    });
    if (status === 200) return socket;
    throw coded(`the proxy ${proxy} rejected the connection to ${options.host} (${status})`, rejected);
  };
}

/** Milliseconds that a tunnel stays open for the next request, as in Node's own agent. */
const idle = 5000;

/** Otherwise each request would open its own tunnel, which takes longer than the request. */
function keepTunnels(agent: object): void {
  Object.assign(agent, { keepAlive: true });
  if ("options" in agent) Object.assign(agent.options as object, { keepAlive: true, timeout: idle });
}
