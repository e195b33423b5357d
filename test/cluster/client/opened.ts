import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { inject, onTestFinished } from "vitest";
import type { Environment } from "../../../src/env.ts";
import { type ClusterOptions, openCluster } from "../../../src/kube/cluster.ts";

export const dry = { dryRun: true, fieldManager: "kubectl-acr-secret" };
export const real = { dryRun: false, fieldManager: "kubectl-acr-secret" };

export const env: Environment = { ...process.env, KUBECONFIG: inject("kubeconfig") };

/** Opens a cluster port as a command line with these kubectl flags does. It is closed when the test ends. */
export function open(flags: readonly string[] = [], overrides: Partial<ClusterOptions> & { namespace?: string } = {}) {
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
    sleep: (milliseconds) => setTimeout(milliseconds),
    onWarning: () => {},
    ...options,
  });
  onTestFinished(() => cluster.close());
  return cluster;
}

export async function kubectl(args: readonly string[], input = ""): Promise<string> {
  const running = promisify(execFile)(env.KUBECTL_PATH ?? "kubectl", args, { env });
  running.child.stdin?.end(input);
  return (await running).stdout.trim();
}

export const create = (...items: readonly object[]) =>
  kubectl(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));

/** Creates a namespace that is deleted when the test ends. */
export async function newNamespace(): Promise<string> {
  const name = `t-${randomBytes(4).toString("hex")}`;
  await create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  onTestFinished(async () => void (await kubectl(["delete", "namespace", name, "--wait=false"])));
  return name;
}
