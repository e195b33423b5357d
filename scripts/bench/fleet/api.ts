import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";

/** An HTTP request. `body` is JSON text. */
export type Call = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
};

export type Reply = { readonly status: number; readonly text: string };

/** Sends requests to the API server as the user of a kubeconfig of the sandbox, without kubectl. */
export type Api = {
  readonly server: string;
  readonly agent: Agent;
  send(call: Call): Promise<Reply>;
  close(): void;
};

type Kubeconfig = {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<"server" | "certificate-authority-data", string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<"client-certificate-data" | "client-key-data", string>> }];
};

export async function openApi(kubeconfig: string): Promise<Api> {
  const { clusters, users }: Kubeconfig = JSON.parse(await readFile(kubeconfig, "utf8"));
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  const pem = (base64: string) => Buffer.from(base64, "base64");
  const agent = new Agent({
    keepAlive: true,
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  });
  return {
    server: cluster.server,
    agent,
    send: ({ method, path, headers, body = "" }) =>
      new Promise((resolve, reject) => {
        // Without a length, Node sends the body of a DELETE outside of the request
        const all = { ...headers, "content-length": Buffer.byteLength(body) };
        request(new URL(path, cluster.server), { agent, method, headers: all }, async (response) => {
          const chunks: Buffer[] = await response.toArray();
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        })
          .once("error", reject)
          .end(body);
      }),
    close: () => agent.destroy(),
  };
}

const json = { accept: "application/json" };
const types = { POST: "application/json", PATCH: "application/merge-patch+json", DELETE: "application/json" };

/** Sends one request and reads the response. @throws Error for an error response, unless the object already is in the requested state */
export async function ask<T>(api: Api, method: "GET" | keyof typeof types, path: string, object?: object): Promise<T> {
  const headers = method === "GET" ? json : { ...json, "content-type": types[method] };
  const { status, text } = await api.send({ method, path, headers, ...(object && { body: JSON.stringify(object) }) });
  const already = (method === "POST" && status === 409) || (method === "DELETE" && status === 404);
  if (status >= 400 && !already) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
