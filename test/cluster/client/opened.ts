import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { inject, onTestFinished } from "vitest";
import { type ClusterOptions, type OpenedCluster, openCluster } from "../../../src/cluster/cluster.ts";
import type { Environment } from "../../../src/env.ts";

export const dry = { dryRun: true, fieldManager: "kubectl-acr-secret" };
export const real = { dryRun: false, fieldManager: "kubectl-acr-secret" };

/** The environment of somebody who uses the test cluster. */
export const env: Environment = { ...process.env, KUBECONFIG: inject("kubeconfig") };

/** A cluster port as a command line with these kubectl flags has it; closed when the test ends. */
export function open(flags: readonly string[] = [], overrides: Partial<ClusterOptions> & { namespace?: string } = {}): OpenedCluster {
  const { namespace, ...options } = overrides;
  const cluster = openCluster({
    kube: { forward: flags, requestTimeout: 0, ...(namespace === undefined ? {} : { namespace }) },
    env,
    trace: () => {},
    signal: () => new AbortController().signal,
    stdin: "ignore",
    stderr: { write: () => {} },
    userAgent: "kubectl-acr-secret/test",
    now: () => new Date(),
    sleep: setTimeout,
    onWarning: () => {},
    ...options,
  });
  onTestFinished(() => cluster.close());
  return cluster;
}

/** Runs kubectl as the cluster's administrator. */
export async function kubectl(args: readonly string[], input = ""): Promise<string> {
  const running = promisify(execFile)(env.KUBECTL_PATH ?? "kubectl", args, { env });
  running.child.stdin?.end(input);
  return (await running).stdout.trim();
}

/** Makes objects as the administrator, one or many. */
export const create = (...items: readonly object[]) =>
  kubectl(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));

/** A new namespace that goes when the test ends. */
export async function newNamespace(): Promise<string> {
  const name = `t-${randomBytes(4).toString("hex")}`;
  await create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  onTestFinished(async () => void (await kubectl(["delete", "namespace", name, "--wait=false"])));
  return name;
}

/** A new folder that goes when the test ends. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/client-test-`);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
