import { delimiter, join } from "node:path";
import { type AzureEmulator, startAzure } from "./azure/emulator.ts";
import { type Binaries, binaries } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { guardedFolder } from "./guard.ts";
import { type SandboxNode, startNode } from "./node/node.ts";
import { createAuthority } from "./pki.ts";
import type { Progress } from "./progress.ts";
import { controlPlanePrograms, nodePrograms, registryPrograms } from "./tools.ts";

/** A whole world on loopback: a real Kubernetes, with a real node where it is asked for, a real registry, an emulated Azure. */
export type Sandbox = {
  /** Holds everything that the sandbox writes. */
  readonly folder: string;
  /** What a program needs in its environment to live in this world: KUBECONFIG, PATH, and Azure's variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly cluster: ControlPlane;
  readonly azure: AzureEmulator;
  readonly binaries: Binaries;
  /** Ends everything, removes the folder and waits for both. May be called twice. */
  stop(): Promise<void>;
};

/**
 * Starts a sandbox; programs that are missing are built first, which takes minutes the first time. It ends with this process,
 * however that ends. Signals are the caller's to handle.
 *
 * @param withNode pods run, too; needs what `missingForNode` names
 * @param audit the API server keeps a log of its writes; see startControlPlane
 * @throws Error with one sentence, or with the last lines of the log of what did not start; nothing is left then
 */
export async function startSandbox({
  progress = () => {},
  withNode = false,
  audit = false,
}: {
  progress?: Progress;
  withNode?: boolean;
  audit?: boolean;
} = {}): Promise<Sandbox> {
  const need = [...controlPlanePrograms, ...registryPrograms, ...(withNode ? nodePrograms : [])];
  const found = await binaries({ need, progress });
  progress("starting Kubernetes, the registry and Azure");
  const home = await guardedFolder("acr-secret-sandbox-");
  const authority = await createAuthority("kubectl acr-secret sandbox");
  const [cluster, azure] = await Promise.allSettled([
    startControlPlane({ folder: join(home.path, "cluster"), binaries: found, authority, audit }),
    startAzure({ folder: join(home.path, "azure"), authority, registryBinary: found.program("registry") }),
  ]);
  let node: SandboxNode | undefined;
  const stop = async () => {
    await node?.stop();
    await Promise.all([cluster, azure].map((part) => (part.status === "fulfilled" ? part.value.stop() : undefined)));
    await home.remove();
  };
  try {
    if (cluster.status === "rejected") throw cluster.reason;
    if (azure.status === "rejected") throw azure.reason;
    if (withNode) {
      const { proxy, caFile } = azure.value;
      node = await startNode({ folder: home.path, cluster: cluster.value, binaries: found, proxy, caFile, progress });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder: home.path,
    env: {
      KUBECONFIG: cluster.value.kubeconfig,
      KUBECACHEDIR: join(home.path, "kubectl-cache"), // else kubectl writes below the person's home
      ...azure.value.env,
      PATH: [...found.path, process.env.PATH ?? ""].join(delimiter),
    },
    cluster: cluster.value,
    azure: azure.value,
    binaries: found,
    stop,
  };
}
