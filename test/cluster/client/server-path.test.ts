import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { findKubectl } from "../../../src/kube/kubectl.ts";
import { newFolder } from "../../support/new-folder.ts";
import { env, kubectl, newNamespace, open, real } from "./opened.ts";

const path = "/k8s/clusters/c-m-abc";

/**
 * Starts a proxy for the test cluster, like Rancher's: the cluster is below `path`. At the root is the API of another cluster, which records
 * its requests and answers all of them with success.
 */
async function front() {
  const { clusters, users } = JSON.parse(await kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]));
  const decode = (text: string) => Buffer.from(text, "base64");
  const agent = new Agent({
    keepAlive: true,
    ca: decode(clusters[0].cluster["certificate-authority-data"]),
    cert: decode(users[0].user["client-certificate-data"]),
    key: decode(users[0].user["client-key-data"]),
  });
  const atRoot: string[] = [];
  const server = createServer((asked, answer) => {
    const { method = "", url = "", headers } = asked;
    if (!url.startsWith(`${path}/`)) {
      atRoot.push(`${method} ${url}`);
      answer.setHeader("content-type", "application/json").end('{"kind":"Secret","metadata":{"name":"another","uid":"another"}}');
      return;
    }
    const target = new URL(url.slice(path.length), clusters[0].cluster.server);
    const onward = request(target, { method, headers: { ...headers, host: target.host }, agent }, (response) => {
      answer.writeHead(response.statusCode ?? 0, response.headers);
      response.pipe(answer);
    });
    asked.pipe(onward);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close().closeAllConnections();
    agent.destroy();
  });
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "it",
    clusters: [{ name: "it", cluster: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}` } }],
    contexts: [{ name: "it", context: { cluster: "it", user: "" } }],
  };
  const file = `${await newFolder()}/config`;
  await writeFile(file, JSON.stringify(config));
  return { atRoot, file };
}

test.for(["linux", "win32"] as const)("sends all requests to a server below a path (%s)", async (platform) => {
  const namespace = await newNamespace();
  const uid = await kubectl(["get", "namespace", namespace, "-o", "jsonpath={.metadata.uid}"]);
  const { atRoot, file } = await front();
  const said: string[] = [];
  const cluster = open([`--kubeconfig=${file}`], {
    env: { ...env, KUBECTL_PATH: findKubectl(env, "linux") },
    platform,
    stderr: { write: (text) => said.push(text) },
  });
  const manifest = { apiVersion: "v1", kind: "Secret", metadata: { name: "acr", namespace }, type: "Opaque", data: { a: "Yg==" } } as const;

  expect((await cluster.get({ kind: "namespace", name: namespace }))?.metadata.uid).toBe(uid);
  await cluster.write({ kind: "secret", name: "acr", namespace }, { create: manifest }, real);

  expect(await kubectl(["get", "secret", "acr", "-n", namespace, "-o", "jsonpath={.data.a}"])).toBe("Yg==");
  expect({ atRoot, said }).toEqual({ atRoot: [], said: [] });
});
