import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { startConnectProxy } from "../../sandbox/azure/connect-proxy.ts";
import { createAuthority } from "../../sandbox/pki.ts";

/** The release server, on loopback with its real host name. */
export type Releases = {
  /** The released archives, by URL. */
  readonly archives: Map<string, Uint8Array>;
  /** The proxy that connects only to the release server. */
  readonly proxy: string;
  /** PEM of the CA of its certificate. */
  readonly authority: string;
  stop(): Promise<void>;
};

/** Serves `https://github.com` for clients that use the proxy. */
export async function startReleases(): Promise<Releases> {
  const host = "github.com";
  const authority = await createAuthority("releases of a test");
  const { certificate, key } = await authority.issue({ commonName: host, names: [host] });
  const archives = new Map<string, Uint8Array>();
  const answer = ({ url }: IncomingMessage, response: ServerResponse) => {
    const archive = archives.get(`https://${host}${url}`);
    response.writeHead(archive ? 200 : 404).end(archive);
  };
  const server = createServer({ cert: certificate, key, ALPNProtocols: ["http/1.1"] }, answer);
  const proxy = await startConnectProxy({
    reaches: (name) => name === host,
    enter: (tunnel) => void server.emit("connection", tunnel),
    refused: () => {},
  });
  return {
    archives,
    proxy: proxy.url,
    authority: authority.certificate,
    async stop() {
      server.closeAllConnections();
      await proxy.stop();
    },
  };
}
