import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import { explainNetwork, NetworkError } from "./network-error.ts";

/** Milliseconds that a tunnel stays open for the next request, as in Node's own agent. */
const idle = 5000;

/**
 * Opens connections through an HTTP CONNECT proxy. Node's own agent (`proxyEnv`) accepts no certificates for a proxy over TLS.
 * @param trusting the options for the proxy's certificate, which is verified too, because the proxy gets the password in its URL
 */
export function tunnelAgent(proxy: URL, trusting: https.RequestOptions): https.Agent {
  const { protocol, host: proxyHost, hostname, username, password } = proxy;
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const authorization = username || password ? { "proxy-authorization": `Basic ${login}` } : {};
  // Node would use the name in the Host header, which is the target's
  const servername = isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? hostname : "";

  function createConnection(options: https.RequestOptions, created: (error: Error | null, socket?: Duplex) => void): undefined {
    const host = `${options.host}:${options.port}`;
    const headers = { host, "proxy-connection": "keep-alive", ...authorization };
    // A proxy may end the connection if the request announces that it will close it
    const request = (protocol === "https:" ? https : http).request(proxy, {
      ...trusting,
      servername,
      agent: false,
      auth: null,
      method: "CONNECT",
      path: host,
      headers: { ...headers, connection: "keep-alive" },
    });
    request.once("error", (error) => created(explainNetwork(error, { host: `the proxy ${proxyHost}`, proxy: undefined })));
    request.once("connect", ({ statusCode }, socket) => {
      if (statusCode === 200) return created(null, connect({ ...(options as object), socket }));
      socket.destroy();
      // Otherwise the response of the proxy (407, 502) would count as the host's
      created(new NetworkError("refused", `the proxy ${proxyHost} rejected the connection to ${options.host} (${statusCode})`));
    });
    request.end();
  }
  return Object.assign(new https.Agent({ keepAlive: true, timeout: idle }), { createConnection });
}
