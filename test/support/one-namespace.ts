/**
 * A fake `kubectl` whose proxy serves one namespace with the pull secret `acr`. For each name in NAMES (JSON, from the environment), it has
 * a ServiceAccount, and a pod that runs as it with an image of the Secret's registry. It accepts every change, and stores none.
 */
export const oneNamespace = `#!${process.execPath}
const names = JSON.parse(process.env.NAMES);
const of = (kind, name, more) => ({ apiVersion: "v1", kind, metadata: { name, namespace: "demo", uid: name, resourceVersion: "1" }, ...more });
const host = "myregistry.azurecr.io";
const config = JSON.stringify({ auths: { [host]: { auth: Buffer.from("ci:hunter2").toString("base64") } } });
const data = { ".dockerconfigjson": Buffer.from(config).toString("base64") };
const secret = of("Secret", "acr", { type: "kubernetes.io/dockerconfigjson", data });
secret.metadata.labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret" };
secret.metadata.annotations = { "acr-secret/credential": JSON.stringify({ host, kind: "given", identity: "ci" }) };
const containers = [{ name: "c", image: host + "/app/web:1" }];
const status = { phase: "Running", containerStatuses: [{ name: "c", state: { running: {} } }] };
const accounts = names.map((name) => of("ServiceAccount", name));
const pods = names.map((serviceAccountName) => of("Pod", serviceAccountName, { spec: { serviceAccountName, containers }, status }));
const lists = { secrets: [secret], serviceaccounts: accounts, pods };
const server = require("node:http").createServer((request, answer) => {
  const last = decodeURIComponent(request.url.split("?")[0].split("/").at(-1));
  const one = [secret, ...accounts].find(({ metadata }) => metadata.name === last);
  answer.setHeader("content-type", "application/json").end(JSON.stringify(one ?? { kind: "List", metadata: {}, items: lists[last] ?? [] }));
});
const socket = process.argv.find((word) => word.startsWith("--unix-socket=")).slice(14);
server.listen(socket, () => console.log("Starting to serve on " + socket));
`;
