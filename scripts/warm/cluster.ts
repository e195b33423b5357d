import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { merged } from "../../src/objects.ts";

const metadata = { name: "default", namespace: "warm", uid: "warm", resourceVersion: "1" };
const account = { apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets: [{ name: "other" }] };
const other = { kind: "Secret", type: "kubernetes.io/dockerconfigjson", metadata, data: { ".dockerconfigjson": "e30=" } };
const list = (...items: readonly object[]) => ({ kind: "List", metadata: {}, items });
const details = { name: "acr-warm", kind: "secrets" };
const absent = { kind: "Status", status: "Failure", reason: "NotFound", message: 'secrets "acr-warm" not found', details, code: 404 };

/** The responses by method and URL. The two namespaces have no pod and no pull secret of this plugin. */
const rows: readonly (readonly [pattern: RegExp, body: object, status?: number])[] = [
  [/^GET \S+\/secrets\/acr-/, absent, 404],
  [/^GET \S+\/secrets\/other$/, other],
  [/^GET \S+\/namespaces\?/, list({ metadata: { name: "warm", uid: "warm" } }, { metadata: { name: "copy", uid: "copy" } })],
  [/^GET \S+\/namespaces\/copy$/, { metadata: { name: "copy", uid: "copy" } }],
  [/^GET \S+\/serviceaccounts\?/, list(account)],
  [/^GET \S+\/(secrets|pods)\?/, list()],
  [/^/, account],
];

/** Returns a fake API server with the resources that `create` reads. Every write succeeds, and Secrets are stored. */
export function apiServer(): Server {
  const secrets = new Map<string, object>();
  return createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const [path = ""] = url.split("?");
    const sent = method === "POST" || method === "PATCH" ? ((await json(request)) as Sent) : {};
    const [at, stored] = store(secrets, path, sent);
    if (stored) secrets.set(at, stored);
    const [, row = {}, status = 200] = rows.find(([pattern]) => pattern.test(`${method} ${url}`)) ?? [];
    response.writeHead(stored ? 200 : status, { "content-type": "application/json" });
    response.end(JSON.stringify({ apiVersion: "v1", ...(stored ?? row) }));
  });
}

type Sent = { readonly kind?: string; readonly metadata?: { readonly name?: string } };

/** Returns the path of a Secret and the Secret after a request; undefined for the Secret if it does not exist. */
function store(secrets: ReadonlyMap<string, object>, path: string, sent: Sent): readonly [at: string, secret: object | undefined] {
  if (sent.kind === "Secret") return [`${path}/${sent.metadata?.name}`, merged({ metadata }, sent)];
  const stored = secrets.get(path);
  return [path, stored && merged(stored, sent)];
}
