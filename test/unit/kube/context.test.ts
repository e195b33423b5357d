import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { openCluster } from "../../../src/kube/cluster.ts";
import { newFolder } from "../../support/new-folder.ts";

/**
 * A kubectl that records its arguments. Its proxy records its pid, and forwards every byte to the server of the current context at its
 * start. Each other kubectl prints JSON.
 */
const kubectlProgram = (folder: string) => `#!${process.execPath}
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const value = (flag) => process.argv.findLast((word) => word.startsWith(flag))?.slice(flag.length);
appendFileSync("${folder}/args", process.argv.slice(2).join(" ") + "\\n");
if (process.argv[2] !== "proxy") return console.log('{"clientVersion": {"gitVersion": "v1.37.0"}}');
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

/** Starts an API server that records its requests, and answers each read. It answers no write if it is `slow`. */
async function apiServer() {
  const state = { asked: [] as string[], slow: false };
  const server = createServer((request, response) => {
    state.asked.push(`${request.method} ${request.url?.split("?")[0]}`);
    if (state.slow && request.method !== "GET") return;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ kind: "Object", metadata: { name: "it" } }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

type Settings = { readonly current?: string; readonly servers: Readonly<Record<string, string>> };

/** Returns a kubeconfig with a context for each server. The context's namespace has the name of the context. */
const kubeconfig = ({ current, servers }: Settings) => ({
  ...(current !== undefined && { "current-context": current }),
  clusters: Object.entries(servers).map(([name, server]) => ({ name: `of-${name}`, cluster: { server } })),
  contexts: Object.keys(servers).map((name) => ({ name, context: { cluster: `of-${name}`, namespace: name } })),
});

/** Starts a run in the context `dev`, with another context `prod`. The test can end its kubectl. */
async function world({ flags = [] }: { flags?: readonly string[] } = {}) {
  const folder = await newFolder();
  await writeFile(`${folder}/kubectl`, kubectlProgram(folder), { mode: 0o755 });
  const [dev, prod] = [await apiServer(), await apiServer()];
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

test("sends at most 16 requests at once", async () => {
  const { cluster, dev } = await world();
  await cluster.get(account);
  dev.slow = true;
  const writes = Array.from({ length: 20 }, () => cluster.write(account, patch, how));

  await vi.waitUntil(() => dev.asked.length >= 17);
  await pause(100);
  expect(dev.asked).toHaveLength(17);

  for (const write of writes) write.catch(() => {});
});

test("sends no request after the proxy has ended, even when it could start again", async () => {
  const { cluster, dev, killProxy, args } = await world();
  await cluster.get(account);

  await killProxy();

  const error = { name: "ProxyEnded", message: "kubectl proxy ended", hint: "run the command again" };
  await expect(cluster.write(account, patch, how)).rejects.toMatchObject(error);
  await expect(cluster.get(account)).rejects.toMatchObject(error);
  expect(dev.asked).toHaveLength(1);
  expect((await args()).trim().split("\n")).toHaveLength(1);
});

test("fails a write that waits for its response when the proxy ends", async () => {
  const { cluster, dev, killProxy } = await world();
  await cluster.get(account);
  dev.slow = true;
  const written = cluster.write(account, patch, how);
  written.catch(() => {});
  await vi.waitUntil(() => dev.asked.length === 2);

  await killProxy();

  // The kind says that the write may have been applied.
  await expect(written).rejects.toMatchObject({ name: "ProxyEnded", kind: "unreachable" });
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
])("starts each kubectl that uses a cluster with a context: $why", async ({ flags, context }) => {
  const typed: string[] = [];
  const { cluster, prod, servers, write, args } = await world({ flags: typed });
  typed.push(...flags.map((flag) => flag.replace("PROD", prod.url)));
  // Only kubectl can read the namespace of a context that is there twice.
  const config = kubeconfig({ current: "dev", servers });
  await write({ ...config, contexts: [...config.contexts, ...config.contexts] });
  await cluster.get(account);

  await write({ ...config, "current-context": context === "dev" ? "prod" : "dev" });
  await cluster.namespace();

  expect(await cluster.kubectl()).toEqual({ version: "v1.37.0", context });
  const started = (await args()).trim().split("\n");
  expect(started.map((line) => line.split(" -")[0])).toEqual(["proxy", "config view", "version"]);
  for (const line of started.slice(0, 2)) {
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
