import { platform as here } from "node:os";
import type { Environment, RequestTools, Sink } from "../env.ts";
import { CliError, Interrupted } from "../errors.ts";
import { apiClient } from "./client.ts";
import type { Transport } from "./exchange.ts";
import { inCluster, inClusterTransport, podNamespace, serviceAccountFolder } from "./in-cluster.ts";
import { currentContextIn, type Kubeconfig, lastValue, mayPrompt, missingKubeconfig, namespaceIn, readKubeconfig } from "./kubeconfig.ts";
import { findKubectl, type Kubectl, type Launched } from "./kubectl.ts";
import { contextNamespace, currentContext, kubectlFacts } from "./kubectl-config.ts";
import type { Cluster, KubeFlags } from "./port.ts";
import { proxyTransport } from "./proxy.ts";
import { sender } from "./send.ts";
import { connectionError, kubeconfigError, noContext } from "./status.ts";
import { within } from "./within.ts";

export type ClusterOptions = RequestTools & {
  readonly kube: KubeFlags;
  /** A `kubectl proxy` with the same flags that was started earlier. */
  readonly launched?: Launched | undefined;
  /** `inherit` on a terminal: kubectl's credential plugins read answers there. */
  readonly stdin: "inherit" | "ignore";
  /** Receives the stderr of kubectl and its credential plugins. */
  readonly stderr: Pick<Sink, "write">;
  readonly platform?: NodeJS.Platform;
  readonly podFolder?: string;
  readonly userAgent: string;
  /** Called once for each different warning of the API server. */
  onWarning(text: string): void;
};

/**
 * Opens the cluster that kubectl would use with these flags: through kubectl, or directly in a pod without kubectl. Starts nothing before
 * the first call. The cluster is selected once, by the kubeconfig as it is then. Each kubectl gets the name of that context.
 * @returns the port, and `warm`, which starts the transport and requests the namespace. Errors are thrown by the calls that need these
 */
export function openCluster(options: ClusterOptions): Cluster & { warm(): void } {
  const { kube, env, launched, platform = here(), podFolder: folder = serviceAccountFolder, userAgent } = options;
  const { forward, requestTimeout } = kube;
  const limits = () => ({ signal: options.signal(), requestTimeout });

  let found: { readonly file: string | undefined; readonly config: Kubeconfig } | undefined;
  const find = () => {
    found ??= { file: findKubectl(env, platform), config: launched?.kubeconfig ?? readKubeconfig({ flags: forward, env }) };
    return found;
  };
  const kubectl = memoized(async (): Promise<Kubectl | undefined> => {
    const { file, config } = find();
    if (file === undefined) return undefined;
    const program = { file, flags: forward, env };
    if (lastValue(forward, "--context=")) return program;
    const context = currentContextIn(config) ?? (await within(limits(), (signal) => currentContext(program, signal)));
    return context === "" ? program : { ...program, flags: [...forward, `--context=${context}`] };
  });
  const selected = memoized(async (): Promise<Transport> => {
    const program = await kubectl();
    if (program) return proxyTransport({ ...options, ...program, platform });
    if (forward.length === 0 && (await inCluster(env, folder))) return inClusterTransport(env, folder);
    throw noKubectl(forward);
  });
  const transport: Transport = {
    open: async () => (await selected()).open(),
    close: async () => (await selected().catch(() => undefined))?.close(),
  };

  const ofContext = memoized(() =>
    within(limits(), async (signal) => {
      // The proxy starts first, because everything waits for it
      await selected().catch(() => {});
      return currentNamespace(await kubectl(), { env, folder, config: find().config, signal });
    }),
  );
  async function namespace(): Promise<string> {
    if (kube.namespace !== undefined) return kube.namespace;
    try {
      return await ofContext();
    } catch (error) {
      // For a missing kubeconfig, `config view` only says that it has no context. The proxy says more
      await within(limits(), () => transport.open());
      throw error;
    }
  }

  /** How far the API server's clock is ahead of this machine's, in milliseconds. */
  let ahead = 0;
  const send = sender({
    ...options,
    transport,
    onDate: (date) => {
      const time = Date.parse(date);
      if (!Number.isNaN(time)) ahead = time - options.now().getTime();
    },
    requestTimeout,
    firstAlone: () => find().file !== undefined && mayPrompt(find().config),
    explain: async (sentence) => {
      // Without a context kubectl tries its old default server, which the user did not select
      const isDefault = /(127\.0\.0\.1|localhost|\[::1\]):8080\b.*refused/.test(sentence);
      const error = isDefault ? await ofContext().catch((reason) => reason) : undefined;
      return error instanceof CliError ? error : connectionError(sentence);
    },
  });
  return {
    warm: () => {
      transport.open().catch(() => {});
      namespace().catch(() => {});
    },
    namespace,
    kubectl: async () => {
      const program = await kubectl();
      if (!program) throw noKubectl(forward);
      return within(limits(), (signal) => kubectlFacts(program, signal));
    },
    ...apiClient(send, userAgent),
    contextToName: () => {
      const { file, config } = find();
      if (file === undefined || lastValue(forward, "--context=")) return undefined;
      const before = currentContextIn(config);
      return before && before !== currentContextIn(readKubeconfig({ flags: forward, env })) ? before : undefined;
    },
    now: () => options.now().getTime() + ahead,
    close: () => transport.close(),
  };
}

export function noKubectl(flags: readonly string[]): CliError {
  const needed = flags[0] === undefined ? "" : `, but ${flags[0].replace(/=.*/s, "")} requires it`;
  return new CliError("config", `kubectl is not on PATH${needed}`, { hint: "install kubectl, or set KUBECTL_PATH" });
}

/** Calls a function at the first use, and shares its result with every call. A cancelled call is repeated. */
function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      if (error instanceof Interrupted) made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * Returns the namespace like kubectl: that of the context, else that of the plugin's own pod, else `default`. The pod's counts even if a
 * kubeconfig selects the cluster (client-go clientcmd/merged_client_builder.go).
 * @param config the kubeconfig, read once for the whole run
 * @throws CliError config for a kubeconfig that selects no cluster
 */
export async function currentNamespace(
  kubectl: Kubectl | undefined,
  { env, folder, config, signal }: { env: Environment; folder: string; config: Kubeconfig; signal?: AbortSignal },
): Promise<string> {
  const named = kubectl && ((await namespaceIn(config, kubectl.flags)) ?? (await contextNamespace(kubectl, signal)));
  if (named) return named;
  if (await inCluster(env, folder)) return (await podNamespace(env, folder)) || "default";
  // Flags that select a cluster, so that no context is needed
  if (named === "" || kubectl?.flags.some((flag) => /^(-s|--server|--cluster)(=|$)/.test(flag))) return "default";
  throw (kubectl && missingKubeconfig(kubectl)) ?? kubeconfigError(noContext);
}
