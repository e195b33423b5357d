import type { Environment } from "../env.ts";
import { kubeconfigError, noContext, saysNoContext } from "./connection-error.ts";
import { inCluster, podNamespace } from "./in-cluster.ts";
import { contextIn, isLarge, type Kubeconfig, missingKubeconfig } from "./kubeconfig.ts";
import type { Kubectl } from "./kubectl.ts";
import { contextNamespace } from "./kubectl-config.ts";

/** Flags that select a cluster, so that no context is needed. */
const namesCluster = /^(-s|--server|--cluster)(=|$)/;

/**
 * Returns the namespace of the cluster, found like kubectl: the context's, else that of the plugin's own pod, even if a kubeconfig selects
 * the cluster, else `default` (client-go clientcmd/merged_client_builder.go).
 * @param config the kubeconfig, read once for the whole run
 * @throws CliError config for a kubeconfig that selects no cluster
 */
export async function currentNamespace(
  kubectl: Kubectl | undefined,
  { env, folder, config, signal }: { env: Environment; folder: string; config: Kubeconfig; signal?: AbortSignal },
): Promise<string> {
  const settings = kubectl && !isLarge(config) ? await contextIn(config, kubectl.flags) : undefined;
  const named = settings?.namespace ?? (await asked(kubectl, signal));
  if (named) return named;
  if (await inCluster(env, folder)) return (await podNamespace(env, folder)) || "default";
  if (named === "" || kubectl?.flags.some((flag) => namesCluster.test(flag))) return "default";
  throw (kubectl && missingKubeconfig(kubectl)) ?? kubeconfigError(noContext);
}

/** Returns kubectl's answer: "" for a context that names none, undefined if there is no context. */
async function asked(kubectl: Kubectl | undefined, signal: AbortSignal | undefined): Promise<string | undefined> {
  const said = kubectl ? await contextNamespace(kubectl, signal) : { failure: noContext };
  if ("namespace" in said) return said.namespace;
  if (saysNoContext(said.failure)) return undefined;
  throw kubeconfigError(said.failure);
}
