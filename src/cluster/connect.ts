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
  /** A `kubectl proxy` with the same flags that is on its way. */
  readonly launched?: Launched | undefined;
  readonly env: Environment;
  /** `inherit` on a terminal: kubectl's credential plugins ask their questions there. */
  readonly stdin: "inherit" | "ignore";
  /** Gets what kubectl and its credential plugins print on their stderr. */
  readonly stderr: Pick<Sink, "write">;
  readonly platform?: NodeJS.Platform;
  /** Where a pod's identity is mounted. */
  readonly podFolder?: string;
  now(): Date;
  /** What ends requests and waits, asked for at each: what is taken back after an interruption goes by another signal. */
  signal(): AbortSignal;
};

export type Connection = {
  readonly transport: Transport;
  /** The namespace that goes with it, when no flag names one. */
  namespace(): Promise<string>;
  /** Whether the first request has to be alone: until it is answered, each one might have a credential plugin ask its question. */
  firstAlone(): boolean;
  /** The run's context, if the kubeconfig's current context was used and is another one by now. */
  contextToName(): string | undefined;
  /** Whether a kubectl that starts now reaches the server that the run began with. */
  sameServer(): Promise<SameServer>;
  /** The error to show for a connection that failed with this sentence. */
  explain(sentence: string): Promise<CliError>;
};

/**
 * Finds the way to the API server, at the first call: through kubectl, or in a pod without kubectl, straight. Which cluster it leads to is
 * decided once, by the kubeconfig as it is then: each kubectl gets that context by its name.
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
      // The proxy starts first, because it is what everything waits for
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
        // Of a kubeconfig that is not there, `config view` only says that it has no context; the proxy says more
        await within(limits(), () => transport.open());
        throw error;
      }
    },
    explain: async (sentence) => {
      // Without a context kubectl tries its old default server, which nobody asked for
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

/** Does a thing at the first call, and gives its result to every call; only what was cancelled is begun anew. */
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
