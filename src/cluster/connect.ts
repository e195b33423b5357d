import { platform as here } from "node:os";
import type { Env, KubeFlags, Sink } from "../context.ts";
import { CliError } from "../errors.ts";
import { connectionError } from "./connection-error.ts";
import { inCluster, inClusterTransport, serviceAccountFolder } from "./in-cluster.ts";
import { mayAsk } from "./kubeconfig.ts";
import { findKubectl, type Kubectl } from "./kubectl.ts";
import { currentNamespace } from "./namespace.ts";
import { proxyTransport } from "./proxy.ts";
import type { Launched } from "./proxy-process.ts";
import type { Transport } from "./transport.ts";
import { within } from "./within.ts";

export type ConnectionOptions = {
  readonly kube: Pick<KubeFlags, "forward" | "requestTimeout">;
  /** A `kubectl proxy` with the same flags that is on its way. */
  readonly launched?: Launched | undefined;
  readonly env: Env;
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
  /** The error to show for a connection that failed with this sentence. */
  explain(sentence: string): Promise<CliError>;
};

/** Finds the way to the API server, at the first call: through kubectl, or in a pod without kubectl, straight. */
export function connection(options: ConnectionOptions): Connection {
  const { kube, env, platform = here(), podFolder: folder = serviceAccountFolder } = options;
  let sought: { readonly kubectl: Kubectl | undefined } | undefined;
  const kubectl = (): Kubectl | undefined => {
    if (!sought) {
      const file = findKubectl(env, platform);
      sought = { kubectl: file === undefined ? undefined : { file, flags: kube.forward, env } };
    }
    return sought.kubectl;
  };
  const way = once(async (): Promise<Transport> => {
    const found = kubectl();
    if (found) return proxyTransport({ ...options, ...found, platform });
    if (kube.forward.length === 0 && (await inCluster(env, folder))) return inClusterTransport({ ...options, folder });
    throw noKubectl(kube.forward);
  });
  const limits = () => ({ signal: options.signal(), requestTimeout: kube.requestTimeout });
  const namespace = once(() =>
    within(limits(), async (signal) => {
      // The proxy starts first, because it is what everything waits for
      await way().catch(() => {});
      return currentNamespace(kubectl(), { env, folder, signal });
    }),
  );

  const transport: Transport = {
    open: async () => (await way()).open(),
    close: async () => (await way().catch(() => undefined))?.close(),
  };
  return {
    transport,
    firstAlone: () => {
      const found = kubectl();
      return found !== undefined && mayAsk(found);
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
      if (error instanceof CliError && error.kind === "cancelled") made = undefined;
      throw error;
    });
    return made;
  };
}
