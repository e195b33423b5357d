import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Binaries, binaries } from "../../sandbox/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../sandbox/control-plane.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { startNode } from "../../sandbox/node/node.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { controlPlanePrograms, nodePrograms } from "../../sandbox/tools.ts";
import { create, kubectl } from "../support/kubectl.ts";
import { sampled, takesAll } from "../support/sampled.ts";
import { until } from "../support/until.ts";
import { machine, tracesOf } from "./traces.ts";

// Uses a separate cluster, because the shared one has a node that keeps running.
let home: Awaited<ReturnType<typeof guardedFolder>>;
let cluster: ControlPlane;
let programs: Binaries;
const folder = () => join(home.path, `sandbox-${home.path.slice(-12)}`);

beforeAll(async () => {
  programs = await binaries({ need: [...controlPlanePrograms, ...nodePrograms] });
  home = await guardedFolder("acr-secret-left-");
  await mkdir(folder());
  cluster = await startControlPlane({ folder: join(home.path, "cluster"), binaries: programs, authority: await createAuthority("test") });
  await create([daemonSet], cluster.kubeconfig);
});

afterAll(async () => {
  await cluster.stop();
  await home.remove();
});

/** A pod that runs on every node, with containers, mounts, cgroups and a network namespace. */
const daemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "web", namespace: "default" },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "app", image: "sandbox.local/pause:1", imagePullPolicy: "Never" }] },
    },
  },
};

const start = () => startNode({ folder: folder(), cluster, binaries: programs, proxy: "http://127.0.0.1:9", caFile: cluster.caFile });
const runsPods = async () => (await tracesOf(folder())).processes.filter((line) => line === "/pause").length >= 2;

async function expectNothing(before: Awaited<ReturnType<typeof machine>>): Promise<void> {
  expect(await tracesOf(folder())).toEqual({ processes: [], cgroups: [], networks: [] });
  expect(existsSync(join(folder(), "node"))).toBe(false);
  expect(await machine()).toEqual(before);
}

const rounds = takesAll ? 50 : 3;

test("leaves nothing after each of many starts and stops, and doesn't stop the node of the other tests", { timeout: 400_000 }, async () => {
  const before = await machine();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const node = await start();
    onTestFinished(node.stop);
    times.push(performance.now() - began);
    if (round % 5 === 0) await until(runsPods); // in the other rounds the node ends while the pod is being created
    if (round === 0) await expectSomething();
    await node.stop();
    await expectNothing(before);
  }
  console.log(`ready after ${Math.round(times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0)} ms (median of ${rounds})`);
  expect(await kubectl(["get", "node", "sandbox", "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'])).toBe("True");
});

/** Proves that the test looks in the right place. */
async function expectSomething(): Promise<void> {
  const { processes, cgroups, networks } = await tracesOf(folder());
  for (const program of ["kubelet", "containerd", "kube-scheduler", "containerd-shim", "/pause"]) {
    expect(processes).toContainEqual(expect.stringContaining(program));
  }
  expect(cgroups.length).toBeGreaterThan(0);
  expect(networks.length).toBeGreaterThan(0);
}

test("reports why a node cannot start and leaves nothing", { timeout: 60_000 }, async () => {
  const before = await machine();
  const broken: Binaries = { ...programs, program: (name) => (name === "kubelet" ? "/bin/false" : programs.program(name)) };

  const failure = startNode({ folder: folder(), cluster, binaries: broken, proxy: "http://127.0.0.1:9", caFile: cluster.caFile });

  await expect(failure).rejects.toThrow("waited until node sandbox is Ready, but kubelet ended (exit code 1)");
  await expectNothing(before);
});

describe("a killed process", () => {
  // Moments up to twice the duration of a start, from a fixed seed.
  test.for(sampled(moments(10, 20_261_124, 3000), 2).map((after) => ({ after })))(
    "leaves nothing $after ms after the start",
    { timeout: 60_000 },
    async ({ after }) => {
      const before = await machine();
      const parent = await startParent();

      await sleep(after);
      parent.kill("SIGKILL");

      await until(() => isGone(), 20);
      await expectNothing(before);
    },
  );

  test("leaves nothing after Ctrl-C", { timeout: 60_000 }, async () => {
    const before = await machine();
    const parent = await startParent();
    await until(runsPods);

    process.kill(-(parent.pid ?? 0), "SIGINT");

    await until(() => isGone(), 20);
    await expectNothing(before);
  });
});

async function startParent(): Promise<ChildProcess> {
  const identity = await cluster.issue({ commonName: "system:node:sandbox", organizations: ["system:nodes"], addresses: ["127.0.0.1"] });
  const { server, caFile, kubeconfig } = cluster;
  const paths = Object.fromEntries([...controlPlanePrograms, ...nodePrograms].map((name) => [name, programs.program(name)]));
  const given = JSON.stringify({ folder: folder(), server, caFile, kubeconfig, identity, path: programs.path, programs: paths });
  const script = new URL("parent.ts", import.meta.url).pathname;
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, given], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
}

async function isGone(): Promise<boolean> {
  const { processes, cgroups } = await tracesOf(folder());
  return processes.length === 0 && cgroups.length === 0 && !existsSync(join(folder(), "node"));
}

/**
 * Returns evenly distributed times below `most` in milliseconds. The same seed gives the same times (a linear congruential generator, as in
 * Numerical Recipes).
 */
function moments(count: number, seed: number, most: number): number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  });
}
