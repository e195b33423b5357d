import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { defaultRegistries, type RegistrySpec } from "../../sandbox/azure/create-world.ts";
import { startAzure } from "../../sandbox/azure/emulator.ts";
import { quickDelays } from "../../sandbox/azure/faults.ts";
import { binaries } from "../../sandbox/binaries.ts";
import { startControlPlane } from "../../sandbox/control-plane.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { startNode } from "../../sandbox/node/node.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { controlPlanePrograms, nodePrograms, registryPrograms } from "../../sandbox/tools.ts";
import { packagePlugin } from "../../scripts/package.ts";
import { serveWorld, worldOf } from "./node-world.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The socket of the registries (reachWorld). */
    world: string;
  }
}

const registries: readonly RegistrySpec[] = [
  ...defaultRegistries,
  { name: "dockerhub", loginServer: "registry-1.docker.io" }, // the host name by which container runtimes reach Docker Hub
  { name: "openregistry", anonymousPullEnabled: true },
  { name: "lockedregistry", publicNetworkAccess: "Disabled" },
  { name: "deniedlayers", location: "westus", anonymousPullEnabled: true },
  { name: "lostlayers", location: "westeurope", anonymousPullEnabled: true },
];

/**
 * Starts one cluster with a real node, and the registries that it pulls from. In the tests' environment, `kubectl` is the sandbox's,
 * `kubectl acr-secret` is the packaged plugin, and Azure is the emulated one.
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const progress = (line: string) => process.stdout.write(`${line}\n`);
  const programs = await binaries({ need: [...controlPlanePrograms, ...registryPrograms, ...nodePrograms], progress });
  const plugin = await packagePlugin({ progress });
  const home = await guardedFolder("acr-secret-node-");
  const folder = home.path;
  const authority = await createAuthority("acr-secret tests");
  const [cluster, azure] = await Promise.all([
    startControlPlane({ folder: join(folder, "cluster"), binaries: programs, authority }),
    startAzure({
      folder: join(folder, "azure"),
      authority,
      registryBinary: programs.program("registry"),
      registries,
      delays: quickDelays,
    }),
  ]);
  // The storage of two regions is behind a firewall
  azure.faults.add({ kind: "status", host: /^westusmanaged1\.blob\./, path: /^/, status: 403 });
  azure.faults.add({ kind: "drop", host: /^westeuropemanaged1\.blob\./, path: /^/ });
  const node = await startNode({ folder, cluster, binaries: programs, proxy: azure.proxy, caFile: azure.caFile, progress });
  const socket = join(folder, "world.sock");
  const closeWorld = await serveWorld(worldOf(azure, await readFile(programs.program("pause"))), socket);
  provide("world", socket);
  Object.assign(process.env, azure.env, {
    PATH: [plugin.folder, ...programs.path, process.env.PATH].join(":"),
    KUBECONFIG: cluster.kubeconfig,
    KUBECACHEDIR: join(folder, "kubectl-cache"),
  });
  return async () => {
    await closeWorld();
    await node.stop();
    await Promise.all([cluster.stop(), azure.stop()]);
    await home.remove();
  };
}
