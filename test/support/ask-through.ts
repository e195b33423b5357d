import { request as connectRequest, type IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import { connect } from "node:tls";

/** A response. `json` is its parsed text, or undefined if the text is not JSON. */
export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string; readonly json: Json };

/** JSON that a test reads. A missing property is undefined, and the expectation then fails. */
export type Json = { readonly [key: string]: Json } & readonly Json[] & string;

export type Ask = {
  readonly headers?: Record<string, string>;
  readonly login?: { username: string; password: string };
  readonly token?: string;
  readonly json?: unknown;
  readonly form?: Record<string, string> | [string, string][];
  /** Reuses the connection for the next request (keepTunnels). Without it, each request opens a connection. */
  readonly agent?: Agent;
};

/** Reuses connections through a proxy, for clients that send a request every few milliseconds. */
export function keepTunnels(proxy: string, ca: string): Agent {
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = ({ host }, done) => {
    tunnel(new URL(proxy), host ?? "", ca).then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}

/** Sends one request through an HTTP CONNECT proxy, as any program does. @param ca the CA that verifies its hosts */
export async function askThrough(
  proxy: string,
  ca: string,
  method: string,
  url: URL,
  { headers = {}, login, token, json, form, agent }: Ask,
): Promise<Reply> {
  const socket = agent ? undefined : await tunnel(new URL(proxy), url.hostname, ca);
  const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
  const type = json !== undefined ? "application/json" : "application/x-www-form-urlencoded";
  const authorization = login
    ? `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`
    : token && `Bearer ${token}`;
  try {
    return await new Promise((resolve, reject) => {
      const out = request(url, {
        method,
        defaultPort: 443,
        ...(agent ? { agent } : { createConnection: () => socket }),
        headers: {
          ...(body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(body) }),
          ...(authorization && { authorization }),
          ...headers,
        },
      });
      out.on("error", reject).on("response", (message) => {
        buffer(message).then((bytes) => {
          const text = bytes.toString("utf8");
          resolve({ status: message.statusCode ?? 0, headers: message.headers, text, json: parsed(text) });
        }, reject);
      });
      out.end(body);
    });
  } finally {
    socket?.destroy();
  }
}

function tunnel(proxy: URL, host: string, ca: string) {
  return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    connectRequest({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${host}:443` })
      .on("connect", (answer, raw) => {
        if (answer.statusCode !== 200) return reject(new Error(`the proxy answers ${answer.statusCode}`));
        const socket = connect({ socket: raw, servername: host, ca }, () => resolve(socket)).on("error", reject);
      })
      .on("error", reject)
      .end();
  });
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined as unknown as Json;
  }
}
