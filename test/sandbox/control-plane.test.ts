import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type Binaries, binaries } from "../../sandbox/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../sandbox/control-plane.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { type Authority, createAuthority } from "../../sandbox/pki.ts";
import { showProgress } from "../../sandbox/progress.ts";
import { controlPlanePrograms } from "../../sandbox/tools.ts";
import { processesOf } from "../support/processes.ts";
import { until } from "../support/until.ts";

let programs: Binaries;
let authority: Authority;

beforeAll(async () => {
  programs = await binaries({ need: controlPlanePrograms, progress: showProgress(process.stdout).line });
  authority = await createAuthority("sandbox");
}, 1_800_000);

async function newFolder(): Promise<string> {
  const folder = await guardedFolder("control-plane-test-");
  onTestFinished(folder.remove);
  return folder.path;
}

async function start(folder: string): Promise<ControlPlane> {
  const started = performance.now();
  const cluster = await startControlPlane({ folder: join(folder, "cluster"), binaries: programs, authority });
  onTestFinished(cluster.stop);
  console.log(`the control plane was ready after ${Math.round(performance.now() - started)} ms`);
  return cluster;
}

/** Returns the output of kubectl on stdout and stderr, and whether it succeeded. */
async function kubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const run = promisify(execFile)(programs.program("kubectl"), ["--kubeconfig", kubeconfig, ...args]);
  return run.then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr,
  );
}

test("separates two control planes, and leaves nothing of them", { timeout: 60_000 }, async () => {
  const folders = await Promise.all([newFolder(), newFolder()]);
  const [one, other] = await Promise.all([start(folders[0]), start(folders[1])]);

  expect(await kubectl(one.kubeconfig, "create", "namespace", "only-in-one")).toBe("namespace/only-in-one created\n");
  expect(await kubectl(other.kubeconfig, "get", "namespace", "only-in-one")).toContain("(NotFound)");
  await Promise.all([one.stop(), other.stop()]);
  await one.stop();

  expect(await processesOf(folders[0])).toHaveLength(1); // the guard of the folder
  expect(await processesOf(folders[1])).toHaveLength(1);
});

test("applies RBAC to each user of a cluster", { timeout: 60_000 }, async () => {
  const cluster = await start(await newFolder());
  const jane = await cluster.addUser("jane", ["dev"]);
  const everything = await cluster.addUser("system:root@example", ["system:masters"]);

  expect((await stat(jane)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await kubectl(jane, "auth", "whoami", "-o", "json")).status.userInfo).toMatchObject({
    username: "jane",
    groups: ["dev", "system:authenticated"],
  });
  expect(await kubectl(jane, "get", "secrets")).toContain('secrets is forbidden: User "jane" cannot list resource "secrets"');
  expect(await kubectl(everything, "get", "secrets")).toBe("");
  await kubectl(cluster.kubeconfig, "create", "role", "reader", "--verb=list", "--resource=secrets");
  await kubectl(cluster.kubeconfig, "create", "rolebinding", "reader", "--role=reader", "--group=dev");
  await until(async () => (await kubectl(jane, "get", "secrets")) === "");
});

test("creates the pods of a Deployment, which wait for a node", { timeout: 60_000 }, async () => {
  const { kubeconfig } = await start(await newFolder());

  await kubectl(kubeconfig, "create", "deployment", "web", "--image=myregistry.azurecr.io/app:1", "--replicas=2");

  await until(async () => (await kubectl(kubeconfig, "get", "pods", "-o", "jsonpath={.items[*].status.phase}")) === "Pending Pending");
});

test("names a program that does not start, with its last output, and leaves nothing running", async () => {
  const folder = await newFolder();
  const broken = await script(folder, "echo first; echo 'unknown flag: --foo' >&2; exit 1");

  const started = startControlPlane({ folder: join(folder, "cluster"), binaries: instead("kube-apiserver", broken), authority });

  await expect(started).rejects.toThrow("kube-apiserver ended:\nfirst\nunknown flag: --foo");
  expect(await processesOf(join(folder, "cluster"))).toEqual([]);
});

test("uses another port when another user has taken one", { timeout: 60_000 }, async () => {
  const folder = await newFolder();
  const unlucky = await script(
    folder,
    `[ -e ${folder}/tried ] && exec ${programs.program("kube-apiserver")} "$@"
     touch ${folder}/tried; echo 'listen tcp 127.0.0.1:6443: bind: address already in use'; exit 1`,
  );

  const cluster = await startControlPlane({ folder: join(folder, "cluster"), binaries: instead("kube-apiserver", unlucky), authority });
  onTestFinished(cluster.stop);

  expect(await kubectl(cluster.kubeconfig, "get", "--raw", "/readyz")).toBe("ok");
});

test.for(["starting", "ready"])("ends everything when its parent is killed while it is $0", { timeout: 60_000 }, async (moment) => {
  const parent = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", abandoned], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  let printed = "";
  parent.stdout.on("data", (data) => (printed += data));
  await until(() => printed.includes("\n"));
  const folder = printed.split("\n")[0] ?? "";
  await until(async () => (await processesOf(folder)).some((line) => line.includes("kube-apiserver")));
  if (moment === "ready") await until(() => printed.includes("ready\n"), 50);

  parent.kill("SIGKILL");
  await once(parent, "exit");

  await until(async () => !existsSync(folder) && (await processesOf(folder)).length === 0);
});

const abandoned = `
  import { binaries } from "../../sandbox/binaries.ts";
  import { startControlPlane } from "../../sandbox/control-plane.ts";
  import { guardedFolder } from "../../sandbox/guard.ts";
import { showProgress } from "../../sandbox/progress.ts";
  import { createAuthority } from "../../sandbox/pki.ts";
  import { controlPlanePrograms } from "../../sandbox/tools.ts";
  const { path } = await guardedFolder("control-plane-test-");
  console.log(path);
  const found = await binaries({ need: controlPlanePrograms });
  await startControlPlane({ folder: path + "/cluster", binaries: found, authority: await createAuthority("sandbox") });
  console.log("ready");
`;

async function script(folder: string, text: string): Promise<string> {
  await writeFile(join(folder, "script"), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return join(folder, "script");
}

/** Returns the programs with one of them replaced. */
const instead = (of: string, path: string): Binaries => ({ ...programs, program: (name) => (name === of ? path : programs.program(name)) });
