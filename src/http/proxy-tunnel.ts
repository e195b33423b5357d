import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import type { HttpClient, PipelinePolicy } from "@azure/core-rest-pipeline";
import { NetworkError } from "./network-error.ts";
import type { Trusting } from "./trusting.ts";

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
  // Which request a tunnel is opened for: others to the same host may have one already
  const opening = new AsyncLocalStorage<{ status: number }>();
  let watched: unknown;
  return {
    name: "tellRefusals",
    async sendRequest(request, next) {
      const { agent } = request;
      if (agent !== watched && agent instanceof EventEmitter) {
        watched = agent;
        keepTunnels(agent);
        agent.on("proxyConnect", ({ statusCode }: { statusCode: number }) =>
          Object.assign(opening.getStore() ?? {}, { status: statusCode }),
        );
      }
      // Nor is a proxy that is spoken to over TLS anybody: it gets the password that its URL has.
      if (agent && "connectOpts" in agent) Object.assign(agent.connectOpts as object, trusting());
      const tunnel = { status: 200 };
      const answer = await opening.run(tunnel, () => next(request)).catch((error: unknown) => ({ error }));
      // Its page may have broken off, which is no matter
      if (tunnel.status !== 200) {
        throw new NetworkError("refused", `the proxy ${proxy} opens no connection to ${new URL(request.url).hostname} (${tunnel.status})`);
      }
      if ("error" in answer) throw answer.error;
      return answer;
    },
  };
}

/** Milliseconds that a tunnel stays open for the next request, as Node's own agent has it. */
const idle = 5000;

/** Else each request would open a tunnel of its own, which takes longer than the request. */
function keepTunnels(agent: object): void {
  Object.assign(agent, { keepAlive: true });
  if ("options" in agent) Object.assign(agent.options as object, { keepAlive: true, timeout: idle });
}
