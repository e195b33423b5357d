import { delimiter, join } from "node:path";
import { type AzureEmulator, startAzure } from "./azure/emulator.ts";
import { quickDelays } from "./azure/faults.ts";
import { type Binaries, binaries } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { guardedFolder } from "./guard.ts";
import { type SandboxNode, startNode } from "./node/node.ts";
import { createAuthority } from "./pki.ts";
import type { Progress } from "./progress.ts";
import { controlPlanePrograms, nodePrograms, registryPrograms } from "./tools.ts";

/** A complete environment on loopback: a real Kubernetes, a real node on request, a real registry, and an emulated Azure. */
export type Sandbox = {
  /** Contains every file that the sandbox writes. */
  readonly folder: string;
  /** The environment for programs in the sandbox: KUBECONFIG, PATH, and Azure's variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly cluster: ControlPlane;
  readonly azure: AzureEmulator;
  readonly binaries: Binaries;
  /** Ends all programs and removes the folder, and waits for both. May be called twice. */
  stop(): Promise<void>;
};

/**
 * Starts a sandbox. Builds missing programs first, which takes minutes the first time. The sandbox ends when this process ends for any
 * reason. The caller must handle signals.
 *
 * @param withNode pods run, too; needs everything that `missingForNode` checks
 * @throws Error with one sentence, or with the end of the log of the program that did not start. Nothing is left running then.
 */
export async function startSandbox({
  progress = () => {},
  withNode = false,
}: {
  progress?: Progress;
  withNode?: boolean;
} = {}): Promise<Sandbox> {
  const need = [...controlPlanePrograms, ...registryPrograms, ...(withNode ? nodePrograms : [])];
  const found = await binaries({ need, progress });
  progress("starting Kubernetes, the registry and Azure");
  const home = await guardedFolder("acr-secret-sandbox-");
  const authority = await createAuthority("kubectl acr-secret sandbox");
  const [cluster, azure] = await Promise.allSettled([
    startControlPlane({ folder: join(home.path, "cluster"), binaries: found, authority }),
    startAzure({ folder: join(home.path, "azure"), authority, registryBinary: found.program("registry"), delays: quickDelays }),
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
      KUBECACHEDIR: join(home.path, "kubectl-cache"), // otherwise kubectl writes below the user's home
      ...azure.value.env,
      PATH: [...found.path, process.env.PATH ?? ""].join(delimiter),
    },
    cluster: cluster.value,
    azure: azure.value,
    binaries: found,
    stop,
  };
}
