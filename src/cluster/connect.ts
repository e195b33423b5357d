import { platform as here } from "node:os";
import type { Environment, Sink } from "../env.ts";
import { CliError, Interrupted } from "../errors.ts";
import { connectionError } from "./connection-error.ts";
import type { Transport } from "./exchange.ts";
import { inCluster, inClusterTransport, serviceAccountFolder } from "./in-cluster.ts";
import { currentContextIn, type Kubeconfig, lastValue, mayAsk, readKubeconfig, serverIn } from "./kubeconfig.ts";
import { findKubectl, type Kubectl } from "./kubectl.ts";
import { currentContext } from "./kubectl-config.ts";
import { currentNamespace } from "./namespace.ts";
import type { KubeFlags } from "./port.ts";
import { proxyTransport } from "./proxy.ts";
import type { Launched } from "./proxy-process.ts";
import type { SameServer } from "./same-cluster.ts";
import { within } from "./within.ts";

export type ConnectionOptions = {
  readonly kube: Pick<KubeFlags, "forward" | "requestTimeout">;
  /** A `kubectl proxy` with the same flags that was started earlier. */
  readonly launched?: Launched | undefined;
  readonly env: Environment;
  /** `inherit` on a terminal: kubectl's credential plugins read answers there. */
  readonly stdin: "inherit" | "ignore";
  /** Receives the stderr of kubectl and its credential plugins. */
  readonly stderr: Pick<Sink, "write">;
  readonly platform?: NodeJS.Platform;
  /** The folder with a pod's identity. */
  readonly podFolder?: string;
  now(): Date;
  /** Returns the signal that aborts requests and waits. Called for each, because a rollback after an interruption uses another signal. */
  signal(): AbortSignal;
};

export type Connection = {
  readonly transport: Transport;
  /** The namespace of the selected context, if no flag names one. */
  namespace(): Promise<string>;
  /** Whether the first request must be alone: until it is answered, each request might make a credential plugin prompt. */
  firstAlone(): boolean;
  /** The run's context, if the run uses the kubeconfig's current context and that has changed since. */
  contextToName(): string | undefined;
  /** Whether a kubectl that starts now connects to the server that the run began with. */
  sameServer(): Promise<SameServer>;
  /** Returns the error for a connection that failed with this sentence. */
  explain(sentence: string): Promise<CliError>;
};

/**
 * Connects to the API server at the first call: through kubectl, or directly in a pod without kubectl. The cluster is chosen once, by the
 * kubeconfig as it is then. Each kubectl gets the name of that context.
 */
export function connection(options: ConnectionOptions): Connection {
  const { kube, env, launched, platform = here(), podFolder: folder = serviceAccountFolder } = options;
  const limits = () => ({ signal: options.signal(), requestTimeout: kube.requestTimeout });
  let sought: { readonly file: string | undefined; readonly config: Kubeconfig } | undefined;
  const seek = () => {
    sought ??= { file: findKubectl(env, platform), config: launched?.kubeconfig ?? readKubeconfig({ flags: kube.forward, env }) };
    return sought;
  };
  const kubectl = once(async (): Promise<Kubectl | undefined> => {
    const { file, config } = seek();
    if (file === undefined) return undefined;
    const typed = { file, flags: kube.forward, env };
    if (lastValue(typed.flags, "--context=")) return typed;
    const context = currentContextIn(config) ?? (await within(limits(), (signal) => currentContext(typed, signal)));
    return context === "" ? typed : { ...typed, flags: [...typed.flags, `--context=${context}`] };
  });
  const way = once(async (): Promise<Transport> => {
    const found = await kubectl();
    if (found) return proxyTransport({ ...options, ...found, platform });
    if (kube.forward.length === 0 && (await inCluster(env, folder))) return inClusterTransport({ ...options, folder });
    throw noKubectl(kube.forward);
  });
  const namespace = once(() =>
    within(limits(), async (signal) => {
      // The proxy starts first, because everything waits for it
      await way().catch(() => {});
      return currentNamespace(await kubectl(), { env, folder, config: seek().config, signal });
    }),
  );

  const transport: Transport = {
    open: async () => (await way()).open(),
    close: async () => (await way().catch(() => undefined))?.close(),
  };
  return {
    transport,
    firstAlone: () => {
      const { file, config } = seek();
      return file !== undefined && mayAsk(config);
    },
    contextToName: () => {
      const { file, config } = seek();
      if (file === undefined || lastValue(kube.forward, "--context=")) return undefined;
      const before = currentContextIn(config);
      return before && before !== currentContextIn(readKubeconfig({ flags: kube.forward, env })) ? before : undefined;
    },
    sameServer: async () => {
      const found = await kubectl();
      const { config } = seek();
      if (!found) return "same";
      const now = readKubeconfig(found);
      if (config.complete && JSON.stringify(config) === JSON.stringify(now)) return "same";
      const [before, after] = [await serverIn(config, found.flags), await serverIn(now, found.flags)];
      if (before === undefined || after === undefined) return "unknown";
      return before === after ? "same" : "other";
    },
    namespace: async () => {
      try {
        return await namespace();
      } catch (error) {
        // For a missing kubeconfig, `config view` only says that it has no context. The proxy says more
        await within(limits(), () => transport.open());
        throw error;
      }
    },
    explain: async (sentence) => {
      // Without a context kubectl tries its old default server, which the user did not select
      const error = /(127\.0\.0\.1|localhost|\[::1\]):8080\b.*refused/.test(sentence)
        ? await namespace().catch((reason) => reason)
        : undefined;
      return error instanceof CliError ? error : connectionError(sentence);
    },
  };
}

export function noKubectl(flags: readonly string[]): CliError {
  const needed = flags[0] === undefined ? "" : `, and ${flags[0].replace(/=.*/s, "")} needs it`;
  return new CliError("config", `kubectl is not on PATH${needed}`, { hint: "install kubectl, or name it in KUBECTL_PATH" });
}

/** Calls a function at the first use, and shares its result with every call. A cancelled call is repeated. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      if (error instanceof Interrupted) made = undefined;
      throw error;
    });
    return made;
  };
}
