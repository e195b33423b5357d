import { createServer, type Server } from "node:http";

const metadata = { name: "default", namespace: "warm", uid: "warm", resourceVersion: "1" };
const account = { apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets: [{ name: "other" }] };
const other = { kind: "Secret", type: "kubernetes.io/dockerconfigjson", metadata, data: { ".dockerconfigjson": "e30=" } };
const list = (...items: readonly object[]) => ({ kind: "List", metadata: {}, items });
const details = { name: "acr-warm", kind: "secrets" };
const absent = { kind: "Status", status: "Failure", reason: "NotFound", message: 'secrets "acr-warm" not found', details, code: 404 };

/** The responses by method and URL. The only namespace has no pod and no pull secret of this plugin. */
const rows: readonly (readonly [pattern: RegExp, body: object, status?: number])[] = [
  [/^GET \S+\/secrets\/acr-/, absent, 404],
  [/^GET \S+\/secrets\/other$/, other],
  [/^GET \S+\/namespaces\?/, list({ metadata: { name: "warm" } })],
  [/^GET \S+\/serviceaccounts\?/, list(account)],
  [/^GET \S+\/(secrets|pods)\?/, list()],
  [/^/, account],
];

/** Returns a fake API server with the resources that `create` reads. Every write succeeds. */
export function apiServer(): Server {
  return createServer(({ method, url }, response) => {
    const [, body = {}, status = 200] = rows.find(([pattern]) => pattern.test(`${method} ${url}`)) ?? [];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ apiVersion: "v1", ...body }));
  });
}
