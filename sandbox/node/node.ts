import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Binaries } from "../binaries.ts";
import type { ControlPlane } from "../control-plane.ts";
import { freePort } from "../ports.ts";
import type { Progress } from "../progress.ts";
import { startContainerd } from "./containerd.ts";
import { startKubelet } from "./kubelet.ts";
import { type Namespaces, openNamespaces } from "./namespaces.ts";
import { until } from "./until.ts";

/** A node that is Ready. */
export type SandboxNode = {
  readonly name: string;
  /** The folder of the logs of kubelet, containerd and kube-scheduler. */
  readonly folder: string;
  /**
   * Restarts the kubelet, with these additional flags instead of those of the start. Containers continue to run.
   *
   * @throws Error with the end of its log if it does not start. The node then has no kubelet until the next restart
   */
  restartKubelet(flags: readonly string[]): Promise<void>;
  /** Ends all containers and daemons and removes what they created. May be called twice. @throws Error if it cannot remove all of it */
  stop(): Promise<void>;
};

const name = "sandbox";

/**
 * Starts a real kubelet, containerd and kube-scheduler, and waits until the node is Ready. Pods then pull images.
 * Needs everything that `missingForNode` checks. The node ends when this process ends for any reason, and leaves nothing behind.
 *
 * @param folder a folder of this sandbox alone; the node creates `<folder>/node` and removes it
 * @param binaries with kubectl and the `nodePrograms`
 * @param proxy an HTTP proxy (CONNECT) for all registries
 * @param caFile the CAs that verify the registries' certificates
 * @param kubeletFlags more flags of the kubelet
 * @param address an IPv4 address of the machine, at which the API server reads the kubelet's metrics. It connects to no loopback address
 * @throws Error with the end of the log of the program that did not start
 */
export async function startNode({
  folder,
  cluster,
  binaries,
  proxy,
  caFile,
  kubeletFlags = [],
  address,
  progress = () => {},
}: {
  folder: string;
  cluster: ControlPlane;
  binaries: Binaries;
  proxy: string;
  caFile: string;
  kubeletFlags?: readonly string[];
  address?: string | undefined;
  progress?: Progress;
}): Promise<SandboxNode> {
  const needs = [folder, ...binaries.path, ...[cluster.kubeconfig, cluster.caFile, caFile].map((file) => dirname(file))];
  const inside = await openNamespaces(join(folder, "node"), { cgroup: cgroupName(folder), needs });
  // Otherwise kubectl writes below the user's home. The node's own folder is not used: kubectl would recreate that folder after a kill.
  const env = { ...process.env, KUBECACHEDIR: join(folder, "kubectl-cache") };
  const kubectl = (...args: string[]) =>
    promisify(execFile)(binaries.program("kubectl"), ["--kubeconfig", cluster.kubeconfig, ...args], { env });
  try {
    progress("starting a node: containerd, kube-scheduler and kubelet");
    const [containerd, scheduler, identity, port] = await all([
      startContainerd(inside, { proxy, caFile, pause: binaries.program("pause") }),
      inside.daemon("kube-scheduler", binaries.program("kube-scheduler"), [
        `--kubeconfig=${cluster.kubeconfig}`,
        "--leader-elect=false",
        "--secure-port=0",
      ]),
      cluster.issue({
        commonName: `system:node:${name}`,
        organizations: ["system:nodes"],
        names: [name],
        addresses: [address ?? "127.0.0.1"],
      }),
      freePort(),
      kubectl("delete", "node", name, "--ignore-not-found"), // a node of an earlier start would look Ready before the new one is
    ]);
    const start = (flags: readonly string[]) =>
      startKubelet(inside, binaries.program("kubelet"), { name, ...cluster, identity, address, port, socket: containerd.socket, flags });
    let kubelet = await start(kubeletFlags);
    const exited = () => Promise.race([containerd.exited, scheduler.exited, kubelet.exited]);
    const read = async (...object: string[]) => (await kubectl("get", ...object, "--ignore-not-found")).stdout;
    const status = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    await until(`node ${name} is Ready`, exited(), async () => (await read("node", name, "-o", status)) === "True");
    const heartbeat = () => read("lease", name, "-n", "kube-node-lease", "-o", "jsonpath={.spec.renewTime}");

    async function restartKubelet(flags: readonly string[]): Promise<void> {
      await kubelet.kill();
      const last = await heartbeat();
      kubelet = await start(flags);
      await until("the kubelet has restarted", exited(), async () => (await heartbeat()) !== last).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await lastLines(inside, ["kubelet"])}`, { cause: error });
      });
    }
    return { name, folder: inside.folder, restartKubelet, stop: inside.close };
  } catch (error) {
    const message = `${error instanceof Error ? error.message : error}\n${await lastLines(inside, ["containerd", "kube-scheduler", "kubelet"])}`;
    await inside.close();
    throw new Error(message, { cause: error });
  }
}

/** Like Promise.all, but waits for the other promises when one fails. Otherwise they could write after the folder is removed. */
async function all<T extends readonly unknown[]>(work: readonly [...{ [K in keyof T]: Promise<T[K]> }]): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as unknown as Promise<T>;
}

/** Returns a unique name that shows which sandbox it belongs to. */
function cgroupName(folder: string): string {
  return `acr-secret-node-${basename(folder).replace(/[^A-Za-z0-9]/g, "-")}-${process.pid}`;
}

async function lastLines({ folder }: Namespaces, daemons: readonly string[]): Promise<string> {
  const logs = daemons.map(async (daemon) => {
    const text = await readFile(join(folder, `${daemon}.log`), "utf8").catch(() => "");
    return `--- ${daemon}\n${text.trim().split("\n").slice(-8).join("\n")}`;
  });
  return (await Promise.all(logs)).join("\n");
}
