import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** An HTTP proxy on loopback that connects only to a few hosts. */
type ConnectProxy = { readonly url: string; stop(): Promise<void> };

/**
 * Starts an HTTP CONNECT proxy (RFC 9110, 9.3.6). It passes a tunnel to port 443 of a host that `reaches` accepts to `enter`. It rejects
 * every other request with 502, so no request reaches the internet.
 */
export async function startConnectProxy(options: {
  reaches(host: string): boolean;
  enter(tunnel: Duplex): void;
  refused(target: string): void;
}): Promise<ConnectProxy> {
  const tunnels = new Set<Duplex>();
  const server = createServer((request, response) => {
    options.refused(request.url ?? "");
    response.writeHead(502).end("this proxy reaches Azure's hosts only, by CONNECT\n");
  });
  server.on("connect", (request, tunnel: Duplex, head: Buffer) => {
    tunnels.add(tunnel);
    tunnel.on("error", () => tunnel.destroy()).on("close", () => tunnels.delete(tunnel));
    const [host = "", port] = (request.url ?? "").toLowerCase().split(":");
    if (port !== "443" || !options.reaches(host)) {
      options.refused(request.url ?? "");
      tunnel.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      return;
    }
    tunnel.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) tunnel.unshift(head);
    options.enter(tunnel);
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const tunnel of tunnels) tunnel.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve());
  });
}
