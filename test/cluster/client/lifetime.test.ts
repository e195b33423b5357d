import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readlink, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { findKubectl } from "../../../src/kube/kubectl.ts";
import { newFolder } from "../../support/new-folder.ts";
import { processes } from "../../support/processes.ts";
import { until } from "../../support/until.ts";
import { env, open } from "./opened.ts";

const account = { kind: "serviceaccount", namespace: "default", name: "default" } as const;

/** Returns the traces of proxies with sockets below a folder: their processes (Linux: /proc), and the folder's entries. */
async function leftIn(folder: string) {
  const ours = (await processes()).filter(({ line }) => line.includes(folder)).map(({ pid, line }) => ({ pid, line }));
  return { processes: ours, entries: await readdir(folder) };
}
const proxyIn = async (folder: string) => (await leftIn(folder)).processes.find(({ line }) => !line.startsWith("/bin/sh "));

const nothing = { processes: [], entries: [] };

const isClean = (folder: string) => async () => JSON.stringify(await leftIn(folder)) === JSON.stringify(nothing);

/** Starts hold.ts with its sockets below `folder` in a new process group, and waits for its first line. */
async function hold(folder: string, ...args: string[]): Promise<{ child: ChildProcess; next(): Promise<string> }> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", `${import.meta.dirname}/hold.ts`, ...args], {
    env: { ...env, TMPDIR: folder },
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toMatch(/^[0-9a-f-]{36}$/);
  return { child, next };
}

test("leaves nothing when it is closed, and opens again at the next call", async () => {
  const folder = await newFolder();
  const cluster = open([], { env: { ...env, TMPDIR: folder } });

  expect(await leftIn(folder)).toEqual(nothing);
  await cluster.get(account);
  expect((await leftIn(folder)).processes).not.toEqual([]);
  await cluster.close();
  await until(isClean(folder), 5);
  await cluster.get(account);
  await cluster.close();
  await until(isClean(folder), 5);
});

test("starts one proxy for concurrent first calls", async () => {
  const folder = await newFolder();
  const cluster = open([], { env: { ...env, TMPDIR: folder } });
  cluster.warm();

  await Promise.all(Array.from({ length: 20 }, () => cluster.get(account)));

  expect((await leftIn(folder)).entries).toHaveLength(1);
});

test("creates the socket in a folder that only its user can open", async () => {
  const folder = await newFolder();
  await open([], { env: { ...env, TMPDIR: folder } }).get(account);

  const { stdout } = spawn("find", [folder, "-mindepth", "1", "-printf", "%y %m\n"], { stdio: ["ignore", "pipe", "inherit"] });
  expect((await stdout.toArray()).join("")).toBe("d 700\ns 700\n");
});

test("fails when kubectl has ended, and does not start it again", async () => {
  const folder = await newFolder();
  const cluster = open([], { env: { ...env, TMPDIR: folder } });
  await cluster.get(account);

  process.kill((await proxyIn(folder))?.pid ?? 0, "SIGKILL");
  await expect(cluster.get(account)).rejects.toMatchObject({ message: "kubectl proxy ended" });
  await until(isClean(folder), 5);
});

test("ends a kubectl that a wrapper has started", async () => {
  const [folder, wrapper] = [await newFolder(), `${await newFolder()}/kubectl`];
  await writeFile(wrapper, `#!/bin/sh\n"${findKubectl(env, "linux")}" "$@"\n`, { mode: 0o755 });
  const cluster = open([], { env: { ...env, TMPDIR: folder, KUBECTL_PATH: wrapper } });
  await cluster.get(account);

  await cluster.close();

  await until(isClean(folder), 5);
});

test("leaves nothing when the start fails", async () => {
  const folder = await newFolder();

  await expect(open(["--context=nope"], { env: { ...env, TMPDIR: folder } }).get(account)).rejects.toThrow();
  await until(isClean(folder), 5);
});

test("ends kubectl when the process ends without closing", async () => {
  const folder = await newFolder();
  const { child } = await hold(folder);

  if (child.exitCode === null) await once(child, "exit");
  expect(child.exitCode).toBe(0);
  await until(isClean(folder), 5);
});

test("ends kubectl when the process is killed", async () => {
  const folder = await newFolder();
  const { child } = await hold(folder, "stay");
  expect((await leftIn(folder)).entries).toHaveLength(1);

  child.kill("SIGKILL");
  await once(child, "exit");

  await until(isClean(folder), 5);
});

test("gives kubectl the terminal as stdin, and nothing without a terminal", async () => {
  const [typed, unattended] = [await newFolder(), await newFolder()];
  const { child } = await hold(typed, "stay");
  await open([], { env: { ...env, TMPDIR: unattended } }).get(account);

  const stdinOf = (pid: number | undefined) => readlink(`/proc/${pid}/fd/0`);
  expect(await stdinOf((await proxyIn(typed))?.pid)).toBe(await stdinOf(child.pid));
  expect(await stdinOf((await proxyIn(unattended))?.pid)).toBe("/dev/null");
});

test("reaches the server after Ctrl-C, which the whole process group receives", async () => {
  const folder = await newFolder();
  const { child, next } = await hold(folder, "stay");

  process.kill(-(child.pid ?? 0), "SIGINT");

  expect(await next()).toMatch(/^[0-9a-f-]{36}$/);
  if (child.exitCode === null) await once(child, "exit");
  expect(child.exitCode).toBe(130);
  await until(isClean(folder), 5);
});

test("uses a port below a random path when there are no unix sockets", async () => {
  const cluster = open([], { env: { ...env, KUBECTL_PATH: findKubectl(env, "linux") }, platform: "win32" });

  expect(await cluster.get(account)).toMatchObject({ metadata: { name: "default" } });
  await cluster.close();
});
