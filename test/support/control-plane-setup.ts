import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { binaries } from "../../sandbox/binaries.ts";
import { startControlPlane } from "../../sandbox/control-plane.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { controlPlanePrograms, registryPrograms } from "../../sandbox/tools.ts";
import { packagePlugin } from "../../scripts/package.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The administrator's kubeconfig of the cluster that the tests share. */
    kubeconfig: string;
    /** The folder of the sandbox's programs: kubectl, registry, crane. */
    binaries: string;
    /** The folder of the packaged plugin. */
    plugin: string;
    /** The API server's audit log, with each change and its user. */
    auditLog: string;
  }
}

/**
 * Starts one real control plane for the tests of a project. In their environment, `kubectl` is the sandbox's, `kubectl acr-secret` is the
 * packaged plugin, and the current cluster is this one. No test can reach a cluster of the user who runs it.
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const progress = (line: string) => process.stdout.write(`${line}\n`);
  const programs = await binaries({ need: [...controlPlanePrograms, ...registryPrograms], progress });
  const plugin = await packagePlugin({ progress });
  const folder = await guardedFolder("acr-secret-cluster-");
  const authority = await createAuthority("acr-secret tests");
  const controlPlane = await startControlPlane({ folder: join(folder.path, "cluster"), binaries: programs, authority, audit: true });
  provide("kubeconfig", controlPlane.kubeconfig);
  provide("binaries", programs.folder);
  provide("plugin", plugin.folder);
  provide("auditLog", join(folder.path, "cluster", "audit.log"));
  Object.assign(process.env, {
    PATH: [plugin.folder, ...programs.path, process.env.PATH].join(":"),
    KUBECONFIG: controlPlane.kubeconfig,
    KUBECACHEDIR: join(folder.path, "kubectl-cache"),
  });
  return async () => {
    await controlPlane.stop();
    await folder.remove();
  };
}
