import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { rootCertificates } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { listAll } from "../../../src/kube/port.ts";
import { newFolder } from "../../support/new-folder.ts";
import { create, env, kubectl, newNamespace, open } from "./opened.ts";

const account = { kind: "serviceaccount", namespace: "default", name: "default" } as const;
const secret = { ...account, kind: "secret" } as const;

/** Writes a kubeconfig with one context, `it`, for the test cluster's server or another one. */
async function kubeconfig({ namespace, server, user = {} }: { namespace?: string; server?: string; user?: object }): Promise<string> {
  const view = await kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]);
  const cluster = server ? { server } : JSON.parse(view).clusters[0].cluster;
  const file = `${await newFolder()}/config`;
  const context = { cluster: "it", user: "it", ...(namespace ? { namespace } : {}) };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "it",
    clusters: [{ name: "it", cluster }],
    users: [{ name: "it", user }],
    contexts: [{ name: "it", context }],
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** Starts a server that records the headers of its requests. */
async function listener() {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    response.setHeader("content-type", "application/json").end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return { headers, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("returns the namespace of the flag, of the context, or default", async () => {
  const flags = [`--kubeconfig=${await kubeconfig({ namespace: "theirs" })}`];

  expect(await open(flags, { namespace: "mine" }).namespace()).toBe("mine");
  expect(await open(flags).namespace()).toBe("theirs");
  expect(await open([`--kubeconfig=${await kubeconfig({})}`]).namespace()).toBe("default");
  expect(await open(["--server=https://127.0.0.1:1"], { env: { ...env, KUBECONFIG: "/nope", HOME: "/nope" } }).namespace()).toBe("default");
});

test("uses the current context of the first kubeconfig", async () => {
  const [first, second] = [await listener(), await listener()];
  const files = [await kubeconfig({ server: first.url, namespace: "one" }), await kubeconfig({ server: second.url, namespace: "two" })];
  const cluster = open([], { env: { ...env, KUBECONFIG: ["/nope", ...files].join(":") } });

  expect(await cluster.namespace()).toBe("one");
  await cluster.get(secret);
  expect([first.headers.length, second.headers.length]).toEqual([1, 0]);
});

test("sends the impersonated user and the plugin's name to the server", async () => {
  const { url, headers } = await listener();

  await open([`--server=${url}`, "--as=jane", "--as-group=a", "--as-group=b c", "--as-uid=7"]).get(secret);

  expect(headers).toEqual([
    expect.objectContaining({
      "impersonate-user": "jane",
      "impersonate-group": "a, b c",
      "impersonate-uid": "7",
      "user-agent": "kubectl-acr-secret/test",
    }),
  ]);
});

test("checks the rights of an impersonated group on the server", async () => {
  const namespace = await newNamespace();
  await kubectl(["create", "role", "pullers", `--namespace=${namespace}`, "--verb=list", "--resource=serviceaccounts"]);
  await kubectl(["create", "rolebinding", "pullers", `--namespace=${namespace}`, "--role=pullers", "--group=pullers"]);

  const accounts = (flags: string[]) => listAll(open(flags), "serviceaccount", { namespace });
  expect(await accounts(["--as=jane", "--as-group=pullers"])).toEqual(expect.any(Array));
  await expect(accounts(["--as=jane"])).rejects.toMatchObject({
    kind: "forbidden",
    message: `Error from server (Forbidden): serviceaccounts is forbidden: User "jane" cannot list resource "serviceaccounts" in API group "" in the namespace "${namespace}"`,
  });
});

test("runs a credential plugin once for thirty concurrent requests, and prints its messages", async () => {
  const namespace = await newNamespace();
  const folder = await newFolder();
  await create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "reader", namespace } });
  await kubectl([
    "create",
    "rolebinding",
    "reader",
    `--namespace=${namespace}`,
    "--clusterrole=view",
    `--serviceaccount=${namespace}:reader`,
  ]);
  const token = await kubectl(["create", "token", "reader", `--namespace=${namespace}`]);
  const plugin = `
    echo run >> ${folder}/runs; echo "To sign in, enter the code ABC" >&2; sleep 0.2
    echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}"}}'`;
  await writeFile(`${folder}/plugin`, plugin);
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: [`${folder}/plugin`], interactiveMode: "IfAvailable" };
  const said: string[] = [];
  const cluster = open([`--kubeconfig=${await kubeconfig({ user: { exec } })}`], { stderr: { write: (text) => said.push(text) } });

  const reads = await Promise.all(Array.from({ length: 30 }, () => cluster.get({ kind: "serviceaccount", namespace, name: "reader" })));

  expect(reads.every((read) => read?.metadata.name === "reader")).toBe(true);
  expect(await readFile(`${folder}/runs`, "utf8")).toBe("run\n");
  expect(said.join("")).toBe("To sign in, enter the code ABC\n");
});

const nobody = { ...env, KUBECONFIG: undefined, HOME: "/nope" };
const mistyped = { ...env, KUBECONFIG: "/nope", HOME: "/nope" };
const noContext = "the kubeconfig has no current context";
const notThere = "the kubeconfig /nope in KUBECONFIG does not exist";

test.for<{ flags?: string[]; as?: typeof env; kind: string; message: string | RegExp; hint?: string }>([
  {
    flags: ["--context=nope"],
    kind: "config",
    message: "context was not found for specified context: nope",
    hint: "kubectl config get-contexts",
  },
  { flags: ["--kubeconfig=/nope"], kind: "config", message: "the kubeconfig /nope does not exist" },
  { flags: ["--bogus"], kind: "config", message: "unknown flag: --bogus" },
  { as: nobody, kind: "config", message: noContext, hint: "kubectl config use-context NAME" },
  { as: mistyped, kind: "config", message: notThere },
  {
    flags: ["--server=https://127.0.0.1:1"],
    kind: "unreachable",
    message: "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
  },
  {
    flags: ["--server=https://nope.invalid"],
    kind: "unreachable",
    message: /^Unable to connect to the server: dial tcp: lookup nope\.invalid/,
  },
  {
    flags: ["--as=jane"],
    kind: "forbidden",
    message: /^Error from server \(Forbidden\): serviceaccounts "default" is forbidden: User "jane" cannot get resource "serviceaccounts"/,
  },
  {
    as: { ...env, KUBECTL_PATH: undefined, PATH: "" },
    kind: "config",
    message: "kubectl is not on PATH",
    hint: "install kubectl, or set KUBECTL_PATH",
  },
])("fails with $kind when $flags: $message", async ({ flags = [], as = env, kind, message, hint }) => {
  const error = await open(flags, { env: as })
    .get(account)
    .catch((reason) => reason);

  expect(error).toMatchObject({ kind, hint });
  expect(error.message).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
});

test("explains an unreadable namespace like a request that fails", async () => {
  await expect(open(["--context=nope"]).namespace()).rejects.toMatchObject({
    message: "context was not found for specified context: nope",
  });
  await expect(open(["--kubeconfig=/nope"]).namespace()).rejects.toMatchObject({ message: "the kubeconfig /nope does not exist" });
  await expect(open([], { env: nobody }).namespace()).rejects.toMatchObject({ message: noContext });
  await expect(open([], { env: mistyped }).namespace()).rejects.toMatchObject({ message: notThere });
});

test("fails when another authority issued the server's certificate", async () => {
  const file = `${await newFolder()}/ca.crt`;
  await writeFile(file, rootCertificates[0] ?? "");

  await expect(open([`--certificate-authority=${file}`]).get(account)).rejects.toMatchObject({
    kind: "unreachable",
    message: "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
  });
});

test("fails when the server does not know the token", async () => {
  const flags = [`--kubeconfig=${await kubeconfig({ user: { token: "nonsense" } })}`];

  await expect(open(flags).get(account)).rejects.toMatchObject({
    kind: "unauthenticated",
    message: "You must be logged in to the server (Unauthorized)",
  });
});

test("fails when the credential plugin fails", async () => {
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "false", interactiveMode: "IfAvailable" };
  const flags = [`--kubeconfig=${await kubeconfig({ user: { exec } })}`];

  await expect(open(flags).get(account)).rejects.toMatchObject({
    kind: "unauthenticated",
    message: "Unable to connect to the server: getting credentials: exec: executable false failed with exit code 1",
  });
});

test("uses the mounted identity in a pod without kubectl", async () => {
  const namespace = await newNamespace();
  await create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "rotator", namespace } });
  const folder = await newFolder();
  const { clusters } = JSON.parse(await kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]));
  await writeFile(`${folder}/token`, await kubectl(["create", "token", "rotator", `--namespace=${namespace}`]));
  await writeFile(`${folder}/ca.crt`, Buffer.from(clusters[0].cluster["certificate-authority-data"], "base64"));
  await writeFile(`${folder}/namespace`, namespace);
  const { hostname, port } = new URL(clusters[0].cluster.server);
  const pod = { PATH: "", KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const cluster = open([], { env: pod, podFolder: folder });

  expect(await cluster.namespace()).toBe(namespace);
  expect((await cluster.serverVersion()).gitVersion).toMatch(/^v\d/);
  await expect(cluster.get({ kind: "secret", namespace, name: "acr" })).rejects.toMatchObject({
    kind: "forbidden",
    message: expect.stringContaining(`User "system:serviceaccount:${namespace}:rotator" cannot get resource "secrets"`),
  });
  await expect(open(["--token=hunter2"], { env: pod, podFolder: folder }).serverVersion()).rejects.toMatchObject({
    kind: "config",
    message: "kubectl is not on PATH, but --token requires it",
  });
});
