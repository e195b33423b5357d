import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { openCluster } from "../../../src/cluster/cluster.ts";
import { newFolder } from "../../support/new-folder.ts";

/** A kubectl whose proxy forwards every byte to the server of the current context at its start. It records its arguments and pid. */
const kubectlProgram = (folder: string) => `#!${process.execPath}
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const value = (flag) => process.argv.findLast((word) => word.startsWith(flag))?.slice(flag.length);
appendFileSync("${folder}/args", process.argv.slice(2).join(" ") + "\\n");
const configs = process.env.KUBECONFIG.split(":").map((file) => JSON.parse(readFileSync(file, "utf8")));
const all = (of) => configs.flatMap((config) => config[of] ?? []);
const named = (of, name) => all(of).find((each) => each.name === name);
const context = value("--context=") || configs.map((config) => config["current-context"]).find(Boolean);
const cluster = named("clusters", value("--cluster=") ?? named("contexts", context)?.context.cluster);
const { port } = new URL(value("--server=") ?? cluster.cluster.server);
createServer((socket) => {
  const other = connect(Number(port), "127.0.0.1");
  socket.pipe(other).pipe(socket);
  for (const one of [socket, other]) one.on("error", () => {});
}).listen(value("--unix-socket="), () => {
  writeFileSync("${folder}/pid", String(process.pid));
  console.log("Starting to serve on " + value("--unix-socket="));
});
`;

/** Starts an API server that records its requests. Without a uid it forbids reads of kube-system. */
async function apiServer(uid: string | undefined) {
  const state = { uid, asked: [] as string[] };
  const server = createServer((request, response) => {
    state.asked.push(`${request.method} ${request.url?.split("?")[0]}`);
    answer(response, request.url === "/api/v1/namespaces/kube-system" ? state.uid : "object");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function answer(response: ServerResponse, uid: string | undefined): void {
  const body = uid ? { kind: "Object", metadata: { name: "it", uid } } : { kind: "Status", reason: "Forbidden", message: "no" };
  response.writeHead(uid ? 200 : 403, { "content-type": "application/json" }).end(JSON.stringify(body));
}

type Settings = { readonly current?: string; readonly servers: Readonly<Record<string, string>> };

/** Returns a kubeconfig with a context for each server. The context's namespace has the name of the context. */
const kubeconfig = ({ current, servers }: Settings) => ({
  ...(current !== undefined && { "current-context": current }),
  clusters: Object.entries(servers).map(([name, server]) => ({ name: `of-${name}`, cluster: { server } })),
  contexts: Object.keys(servers).map((name) => ({ name, context: { cluster: `of-${name}`, namespace: name } })),
});

/** Starts a run in the context `dev`, with another context `prod`. The test can end its kubectl. */
async function world({ uid = "uid-of-dev", flags = [] }: { uid?: string | undefined; flags?: readonly string[] } = {}) {
  const folder = await newFolder();
  await writeFile(`${folder}/kubectl`, kubectlProgram(folder), { mode: 0o755 });
  const [dev, prod] = [await apiServer(uid), await apiServer("uid-of-prod")];
  const write = (settings: Settings | object) =>
    writeFile(`${folder}/config`, JSON.stringify("servers" in settings ? kubeconfig(settings as Settings) : settings));
  const servers = { dev: dev.url, prod: prod.url };
  await write({ current: "dev", servers });
  const cluster = openCluster({
    kube: { forward: flags, requestTimeout: 0 },
    env: { PATH: process.env.PATH, KUBECTL_PATH: `${folder}/kubectl`, KUBECONFIG: `${folder}/config`, TMPDIR: folder },
    stdin: "ignore",
    stderr: { write: () => {} },
    platform: "linux",
    userAgent: "test",
    now: () => new Date(),
    signal: () => new AbortController().signal,
    trace: () => {},
    onWarning: () => {},
    sleep: () => pause(20),
  });
  onTestFinished(() => cluster.close());
  const killProxy = async () => {
    process.kill(Number(await readFile(`${folder}/pid`, "utf8")), "SIGKILL");
    await vi.waitFor(async () => expect((await readdir(folder)).filter((name) => name.startsWith("kubectl-"))).toEqual([]), 5000);
    await pause(50);
  };
  return { cluster, dev, prod, servers, write, killProxy, args: () => readFile(`${folder}/args`, "utf8") };
}

const account = { kind: "serviceaccount", namespace: "k2", name: "default" } as const;
const patch = { patch: { imagePullSecrets: null } };
const how = { dryRun: false, fieldManager: "test" };

const ofSystem = "GET /api/v1/namespaces/kube-system";
const ofAccount = "/api/v1/namespaces/k2/serviceaccounts/default";

test("writes to the cluster that the run began with when the proxy ends and the current context changes", async () => {
  const { cluster, dev, prod, servers, write, killProxy } = await world();
  await cluster.get(account);

  await write({ current: "prod", servers });
  await killProxy();
  await cluster.write(account, patch, how);

  expect(prod.asked).toEqual([]);
  expect(dev.asked.slice(0, 3)).toEqual([`GET ${ofAccount}`, ofSystem, `PATCH ${ofAccount}`]);
});

test.for([
  { uid: "uid-of-dev", why: "the uid of kube-system is known" },
  { uid: "", why: "kube-system cannot be read" },
])("sends nothing to another server that the same context names when $why", async ({ uid }) => {
  const { cluster, prod, write, killProxy } = await world({ uid });
  await cluster.write(account, patch, how);

  await write({ current: "dev", servers: { dev: prod.url } });
  await killProxy();

  await expect(cluster.write(account, patch, how)).rejects.toMatchObject({ kind: "config", message: /names another server/ });
  await expect(cluster.get(account)).rejects.toMatchObject({ kind: "config" });
  expect(prod.asked).toEqual([]);
});

test.for([
  { known: "uid-of-dev", now: "uid-of-another", ends: true },
  { known: "uid-of-dev", now: undefined, ends: true },
  { known: "uid-of-dev", now: "uid-of-dev", ends: false },
  { known: undefined, now: undefined, ends: false },
  { known: undefined, now: "uid-of-dev", ends: false },
])("compares the cluster behind a server: uid $known before, $now after a restart, ends: $ends", async ({ known, now, ends }) => {
  const { cluster, dev, killProxy } = await world();
  dev.uid = known;
  await cluster.write(account, patch, how);
  await vi.waitFor(() => expect(dev.asked).toContain(ofSystem));
  // The plugin does not wait for the response to this request.
  await pause(50);

  dev.uid = now;
  dev.asked.length = 0;
  await killProxy();
  const again = await cluster.write(account, patch, how).catch((error: unknown) => error);

  expect(dev.asked).toEqual([ofSystem, ...(ends ? [] : [`PATCH ${ofAccount}`])]);
  expect(again).toMatchObject(ends ? { kind: "config", message: /uses another cluster/ } : { metadata: { uid: "object" } });
});

test("ends the run when neither the uid nor the server can be compared", async () => {
  const { cluster, dev, servers, write, killProxy } = await world({ uid: "" });
  await cluster.get(account);
  dev.asked.length = 0;

  const edited = kubeconfig({ current: "dev", servers });
  await write({ ...edited, contexts: [...edited.contexts, ...edited.contexts] });
  await killProxy();

  await expect(cluster.write(account, patch, how)).rejects.toMatchObject({ kind: "config", message: /could not be verified/ });
  expect(dev.asked).toEqual([ofSystem]);
});

test("takes the namespace from the context that the cluster is of when the current context changes", async () => {
  const { cluster, dev, prod, servers, write } = await world();
  await cluster.get(account);

  await write({ current: "prod", servers });

  expect(await cluster.namespace()).toBe("dev");
  expect([dev.asked.length, prod.asked.length]).toEqual([1, 0]);
});

test.for([
  { flags: [], current: "dev", names: undefined },
  { flags: [], current: "prod", names: "dev" },
  { flags: [], current: undefined, names: "dev" },
  { flags: ["--context=dev"], current: "prod", names: undefined },
])("names $names in a printed command when $current is current at the end of a run with $flags", async ({ flags, current, names }) => {
  const { cluster, servers, write } = await world({ flags });
  await cluster.get(account);

  await write({ ...(current !== undefined && { current }), servers });

  expect(cluster.contextToName?.()).toBe(names);
});

test.for([
  { flags: [], context: "dev", why: "the current one" },
  { flags: ["--context=prod"], context: "prod", why: "the one that was typed" },
  { flags: ["--server=PROD", "--as=jane"], context: "dev", why: "the current one, whose user a typed server gets" },
])("starts each kubectl with a context: $why", async ({ flags, context }) => {
  const typed: string[] = [];
  const { cluster, prod, servers, write, killProxy, args } = await world({ flags: typed });
  typed.push(...flags.map((flag) => flag.replace("PROD", prod.url)));
  await cluster.get(account);

  await write({ current: context === "dev" ? "prod" : "dev", servers });
  await killProxy();
  await cluster.get(account);

  const started = (await args()).trim().split("\n");
  expect(started).toHaveLength(2);
  for (const line of started) {
    for (const flag of typed) expect(line.split(" ")).toContain(flag);
    expect(line.match(/--context=\S+/g)).toEqual([`--context=${context}`]);
  }
});

test("starts kubectl without a context when none is current", async () => {
  const typed: string[] = [];
  const { cluster, prod, servers, write, args } = await world({ flags: typed });
  typed.push(`--server=${prod.url}`);
  await write({ servers });

  await cluster.get(account);

  expect(await args()).not.toContain("--context");
  expect(prod.asked).toHaveLength(1);
});
