import type { ClientRequest } from "node:http";
import type { HttpClient, PipelinePolicy } from "@azure/core-rest-pipeline";
import { explainNetwork, NetworkError } from "./network-error.ts";
import type { Trusting } from "./trust.ts";

/** A client that goes through a proxy. */
type Tunnels = (proxy: URL) => HttpClient;

/** Opens the way through HTTP CONNECT proxies, one way for each proxy. @param trusting whom TLS takes a proxy's certificate from */
export function openTunnels(library: typeof import("@azure/core-rest-pipeline"), client: HttpClient, trusting: () => Trusting): Tunnels {
  const ways = new Map<string, HttpClient>();
  return (proxy) => {
    const { protocol, host, hostname, username, password, href } = proxy;
    const known = ways.get(href);
    if (known) return known;
    const port = Number(proxy.port || (protocol === "https:" ? 443 : 80));
    const settings = { host: `${protocol}//${hostname}`, port, username, password };
    const pipeline = library.createEmptyPipeline();
    pipeline.addPolicy(library.proxyPolicy(settings, { customNoProxyList: [] }));
    pipeline.addPolicy(tellRefusals(host, trusting), { afterPolicies: [library.proxyPolicyName] });
    const way: HttpClient = { sendRequest: (request) => pipeline.sendRequest(client, request) };
    ways.set(href, way);
    return way;
  };
}

/** A proxy that opens no tunnel (407, 502) answers in the host's place: without this, it would pass for the host's own answer. */
function tellRefusals(proxy: string, trusting: () => Trusting): PipelinePolicy {
  let known: unknown;
  return {
    name: "tellRefusals",
    async sendRequest(request, next) {
      const { agent } = request;
      if (agent !== known && isTunneling(agent)) {
        known = agent;
        keepTunnels(agent);
        endAtRefusals(agent, proxy);
      }
      // Nor is a proxy that is spoken to over TLS anybody: it gets the password that its URL has.
      if (agent && "connectOpts" in agent) Object.assign(agent.connectOpts as object, trusting());
      return next(request).catch((error: Failed) => {
        throw told(error, proxy);
      });
    },
  };
}

/** The code of a proxy's refusal: of an error that an agent throws, Azure's client keeps code and message. */
const refused = "ERR_TUNNEL_REFUSED";

/** Stands before the code of what went wrong on the way to the proxy: the host itself was not met by then. */
const unmet = "ERR_NO_PROXY ";

type Failed = { readonly code?: unknown; readonly message: string };

function told(error: Failed, proxy: string): Failed {
  const code = String(error.code);
  if (code === refused) return new NetworkError("refused", error.message);
  if (!code.startsWith(unmet)) return error;
  return explainNetwork(coded(error.message, code.slice(unmet.length)), { host: `the proxy ${proxy}`, proxy: undefined });
}

const coded = (message: string, code: string) => Object.assign(new Error(message), { code });

/** What an agent of https-proxy-agent (agent-base) has beside Node's own. */
interface Tunneling {
  connect(request: ClientRequest, options: { host?: string }): Promise<unknown>;
}

const isTunneling = (agent: object | undefined): agent is Tunneling => agent !== undefined && "connect" in agent;

/** Lets the very request that wanted a tunnel fail, whichever others to the host have one; the page that the proxy sends is not waited for. */
function endAtRefusals(agent: Tunneling, proxy: string): void {
  const connect = agent.connect.bind(agent);
  agent.connect = async (request, options) => {
    let status = 200;
    request.once("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      status = statusCode;
    });
    const socket = await connect(request, options).catch(({ message, code }: Failed) => {
      throw coded(message, `${unmet}${code}`);
    });
    if (status === 200) return socket;
    throw coded(`the proxy ${proxy} opens no connection to ${options.host} (${status})`, refused);
  };
}

/** Milliseconds that a tunnel stays open for the next request, as Node's own agent has it. */
const idle = 5000;

/** Else each request would open a tunnel of its own, which takes longer than the request. */
function keepTunnels(agent: object): void {
  Object.assign(agent, { keepAlive: true });
  if ("options" in agent) Object.assign(agent.options as object, { keepAlive: true, timeout: idle });
}
