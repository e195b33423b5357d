import type { Env } from "../context.ts";
import { kubeconfigError, noContext, saysNoContext } from "./connection-error.ts";
import { inCluster, podNamespace } from "./in-cluster.ts";
import { missingKubeconfig, namespaceInFile } from "./kubeconfig.ts";
import { contextNamespace, type Kubectl } from "./kubectl.ts";

/** Flags that name a cluster, so that no context is needed. */
const namesCluster = /^(-s|--server|--cluster)(=|$)/;

/**
 * The namespace of the cluster that we talk to, found as kubectl does: the context's, else the pod's that we run in, also where a
 * kubeconfig chooses the cluster, else `default` (client-go clientcmd/merged_client_builder.go).
 * @throws CliError config for a kubeconfig that chooses no cluster
 */
export async function currentNamespace(
  kubectl: Kubectl | undefined,
  { env, folder, signal }: { env: Env; folder: string; signal?: AbortSignal },
): Promise<string> {
  const read = kubectl && (await namespaceInFile(kubectl));
  const found = read === undefined ? await asked(kubectl, signal) : { namespace: read };
  if ("failure" in found && !saysNoContext(found.failure)) throw kubeconfigError(found.failure);
  if ("namespace" in found && found.namespace) return found.namespace;
  if (await inCluster(env, folder)) return (await podNamespace(env, folder)) || "default";
  if ("namespace" in found || kubectl?.flags.some((flag) => namesCluster.test(flag))) return "default";
  throw (kubectl && missingKubeconfig(kubectl)) ?? kubeconfigError(found.failure);
}

/** What kubectl says; without one there is no context either. */
const asked = async (kubectl: Kubectl | undefined, signal: AbortSignal | undefined) =>
  kubectl ? contextNamespace(kubectl, signal) : { failure: noContext };
