import type { Env } from "../context.ts";
import { kubeconfigError, saysNoContext } from "./connection-error.ts";
import { inCluster, podNamespace } from "./in-cluster.ts";
import { namespaceInFile } from "./kubeconfig.ts";
import { contextNamespace, type Kubectl } from "./kubectl.ts";

/** Flags that name a cluster, so that no context is needed. */
const namesCluster = /^(-s|--server|--cluster)(=|$)/;

/**
 * The namespace of the cluster that we talk to, found as kubectl does: the context's, else the pod's that we run in, else `default`.
 * @throws CliError config for a kubeconfig that chooses no cluster
 */
export async function currentNamespace(
  kubectl: Kubectl | undefined,
  { env, folder, signal }: { env: Env; folder: string; signal?: AbortSignal },
): Promise<string> {
  const read = kubectl && (await namespaceInFile(kubectl));
  if (read !== undefined) return read || "default";
  const found = kubectl ? await contextNamespace(kubectl, signal) : { failure: "" };
  if ("namespace" in found) return found.namespace || "default";
  const noContext = !kubectl || saysNoContext(found.failure);
  if (noContext && (await inCluster(env, folder))) return (await podNamespace(env, folder)) || "default";
  if (noContext && kubectl?.flags.some((flag) => namesCluster.test(flag))) return "default";
  throw kubeconfigError(found.failure);
}
