import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority } from "../../sandbox/pki.ts";

/** The address of the fake Azure for the environment. `authority` is a certificate in PEM. */
export type StandIn = { readonly proxy: string; readonly authority: string };

const registry = "warmup.azurecr.io";
const id =
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/warm/providers/Microsoft.ContainerRegistry/registries/warmup";
const claims = { tid: "11111111-1111-1111-1111-111111111111", oid: "33333333-3333-3333-3333-333333333333", idtyp: "app" };
const jwt = ["{}", JSON.stringify(claims), "signed"].map((part) => Buffer.from(part).toString("base64url")).join(".");

type Answer = { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: object };

const absent: Answer = { status: 404, body: { error: { code: "ResourceNotFound", message: "It was not found." } } };
const asks = (scope: string): Answer => ({
  ...{ status: 401, body: { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] } },
  headers: { "www-authenticate": `Bearer realm="https://${registry}/oauth2/token",service="${registry}",scope="${scope}"` },
});
const password = { name: "password1", creationTime: "2026-01-01T00:00:00Z" };
const token = (passwords: readonly object[]) => ({ scopeMapId: `${id}/scopeMaps/warm`, status: "enabled", credentials: { passwords } });

/** Created objects, by path. */
const written = new Map<string, Answer>();

function write(path: string, properties: object): Answer {
  const answer = { body: { id: path, name: path.split("/").at(-1), properties } };
  written.set(path, answer);
  return answer;
}

/** The responses by host, method and path: a registry that is empty at first, and the objects that requests create in it. */
const rows: readonly (readonly [pattern: RegExp, answer: (path: string, isSigned: boolean) => Answer])[] = [
  [/^login\S+ POST /, () => ({ body: { token_type: "Bearer", expires_in: 3600, ext_expires_in: 3600, access_token: jwt } })],
  [/ POST \/providers\/Microsoft.ResourceGraph\//, () => ({ body: { data: [{ id }] } })],
  [
    / GET \S+\/registries\/warmup$/,
    () => ({ body: { id, name: "warmup", sku: { name: "Premium" }, properties: { loginServer: registry } } }),
  ],
  [/ GET \S+\/(tokens|scopeMaps)\/[^/]+$/, (path) => written.get(path) ?? absent],
  [/ PUT \S+\/scopeMaps\/[^/]+$/, (path) => write(path, { description: "", actions: ["repositories/app/content/read"] })],
  [/ PUT \S+\/tokens\/[^/]+$/, (path) => write(path, token([]))],
  [
    / POST \S+\/generateCredentials$/,
    () => {
      for (const path of written.keys()) if (path.includes("/tokens/")) write(path, token([password]));
      return { body: { username: "warm", passwords: [{ ...password, value: "warm" }] } };
    },
  ],
  [/^warmup\S+ GET \/oauth2\/token$/, () => ({ body: { access_token: jwt } })],
  [
    /^warmup\S+ GET \/v2\/app\/manifests\/[^/]+$/,
    (_, isSigned) => (isSigned ? { body: { schemaVersion: 2 } } : asks("repository:app:pull")),
  ],
];

function answerTo({ method = "", url = "", headers: { host = "", authorization } }: IncomingMessage): Answer {
  const { pathname } = new URL(url, `https://${host}`);
  const asked = `${host} ${method} ${pathname}`;
  const row = rows.find(([pattern]) => pattern.test(asked));
  if (!row) throw new Error(`nothing stands in for ${asked}`);
  return row[1](pathname, authorization?.startsWith("Bearer ") === true);
}

function respond(request: IncomingMessage, response: ServerResponse): void {
  const { status = 200, headers = {}, body = {} } = answerTo(request);
  request.resume();
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** Starts a fake Azure with one registry behind a proxy, for one `create` of an ACR token. */
export async function standIn(): Promise<StandIn> {
  const authority = await createAuthority("warm");
  const names = ["login.microsoftonline.com", "management.azure.com", registry];
  const { certificate: cert, key } = await authority.issue({ commonName: "warm", names });
  const azure = createTlsServer({ cert, key }, respond);
  const proxy = createServer().listen(0, "127.0.0.1");
  proxy.on("connect", (_, socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    azure.emit("connection", socket);
  });
  await once(proxy, "listening");
  return { proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, authority: authority.certificate };
}
