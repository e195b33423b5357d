import { createServer, type Server } from "node:http";

const metadata = { name: "default", namespace: "warm", uid: "warm", resourceVersion: "1" };
const account = { apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets: [{ name: "other" }] };
const other = { kind: "Secret", type: "kubernetes.io/dockerconfigjson", metadata, data: { ".dockerconfigjson": "e30=" } };
const list = (...items: readonly object[]) => ({ kind: "List", metadata: {}, items });
const details = { name: "acr-warm", kind: "secrets" };
const absent = { kind: "Status", status: "Failure", reason: "NotFound", message: 'secrets "acr-warm" not found', details, code: 404 };

/** What is answered to a request, by its method and URL: in the only namespace there is neither a pod nor a Secret of ours. */
const rows: readonly (readonly [pattern: RegExp, body: object, status?: number])[] = [
  [/^GET \S+\/secrets\/acr-/, absent, 404],
  [/^GET \S+\/secrets\/other$/, other],
  [/^GET \S+\/namespaces\?/, list({ metadata: { name: "warm" } })],
  [/^GET \S+\/serviceaccounts\?/, list(account)],
  [/^GET \S+\/(secrets|pods)\?/, list()],
  [/^/, account],
];

/** Stands in for an API server as far as `create` looks; every write succeeds. */
export function apiServer(): Server {
  return createServer(({ method, url }, response) => {
    const [, body = {}, status = 200] = rows.find(([pattern]) => pattern.test(`${method} ${url}`)) ?? [];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ apiVersion: "v1", ...body }));
  });
}
