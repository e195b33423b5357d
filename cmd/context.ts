import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { isatty } from "node:tty";
import type { Azure, SignInOptions } from "../src/azure/port.ts";
import type { Environment, Files, Sink, Sleep, Terminal, Trace } from "../src/env.ts";
import { Interrupted } from "../src/errors.ts";
import type { Interruption } from "../src/interruption.ts";
import { noKubectl, openCluster } from "../src/kube/cluster.ts";
import { findKubectl, type Launched } from "../src/kube/kubectl.ts";
import { configuredNames } from "../src/kube/kubectl-config.ts";
import type { Cluster, Configured, KubeFlags } from "../src/kube/port.ts";
import { printableFlow } from "../src/output/printable.ts";
import type { Registry } from "../src/registry/port.ts";
import { isNullDevice, machineFiles, outputError } from "./files.ts";
import { clientVersion } from "./project.ts";
import { terminalOf } from "./terminal.ts";

/** The state of standard output. */
export type Output = {
  /** Whether it is the null device. If it was closed, kubectl and Node have opened the null device instead. */
  isNull(): boolean;
  /** Waits until all text is written. @throws CliError config if it can't be written */
  written(): Promise<void>;
};

/** What the process provides for a command line. Connections open at their first use, so that `--help` starts nothing. */
export type Context = {
  readonly stdin: { readonly isTTY: boolean; read(): Promise<string> };
  /** Absent if stdin or stderr is not a terminal. */
  readonly terminal: Terminal | undefined;
  readonly files: Files;
  readonly platform: NodeJS.Platform;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly output: Output;
  readonly env: Environment;
  readonly interruption: Interruption;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** `onWarning` gets each distinct warning of the API server. */
  cluster(kube: KubeFlags, trace: Trace, onWarning: (text: string) => void): Cluster;
  /** Returns names in the kubeconfig. @throws CliError config without kubectl or a readable kubeconfig */
  configured(of: Configured, kube: KubeFlags): Promise<readonly string[]>;
  azure(identity: SignInOptions, trace: Trace, sleep: Sleep): Promise<Azure>;
  registry(trace: Trace, sleep: Sleep): Registry;
};

/**
 * Returns the context of a real run: this process's streams, environment and clock, and connections to real services.
 * @param launched a `kubectl proxy` that was started early, for a command line without kubectl's flags
 */
export function processContext(interruption: Interruption, launched?: Launched): Context {
  const env = takeEnvironment();
  const isTerminal = isatty(0);
  const { signal } = interruption;
  const now = () => new Date();
  const pause = async (milliseconds: number) => {
    const ends = signal();
    await wait(milliseconds, undefined, { signal: ends }).catch((error: unknown) => {
      throw ends.aborted ? new Interrupted() : error;
    });
  };
  const [stdout, stderr] = [sinkOf(process.stdout), sinkOf(process.stderr)];
  const userAgent = `kubectl-acr-secret/${clientVersion}`;
  // Messages of kubectl and its credential plugins are printed immediately
  const passedOn = { write: (text: string) => stderr.write(printableFlow(text)) };
  const place = { env, stdin: isTerminal ? "inherit" : "ignore", stderr: passedOn, now } as const;
  const kubectl = (flags: readonly string[]) => {
    const file = findKubectl(env, process.platform);
    if (file === undefined) throw noKubectl(flags);
    return { file, flags, env };
  };
  return {
    terminal: isTerminal && stderr.isTTY ? terminalOf(process.stdin, process.stderr, signal) : undefined,
    stdin: { isTTY: isTerminal, read: () => text(addAbortSignal(signal(), process.stdin)) },
    files: machineFiles,
    platform: process.platform,
    stdout,
    stderr,
    output: {
      isNull: () => !stdout.isTTY && isNullDevice(process.stdout.fd),
      async written() {
        const lost = await written(process.stdout);
        if (lost) throw outputError(lost);
      },
    },
    env,
    interruption,
    now,
    sleep: pause,
    cluster: (kube, trace, onWarning) => {
      const early = kube.forward.length === 0 ? launched : undefined;
      const cluster = openCluster({ ...place, onWarning, kube, launched: early, trace, signal, userAgent, sleep: pause });
      // kubectl starts while the verb reads its flags
      cluster.warm();
      return cluster;
    },
    configured: async (of, { forward }) => configuredNames(kubectl(forward), of, signal()),
    azure: async (identity, trace, sleep) => {
      // Loaded lazily: many commands use only the cluster
      const { openAzure } = await import("../src/azure/azure.ts");
      return openAzure({ identity, env, trace, signal, sleep, now });
    },
    registry: (trace, sleep) =>
      openLate(async () => (await import("../src/registry/registry.ts")).openRegistry({ env, trace, signal, sleep, now })),
  };
}

/** Returns a registry whose code is loaded while the verb reads the cluster: many commands use only the cluster. */
function openLate(open: () => Promise<Registry>): Registry {
  let opened: Registry | undefined;
  const opening = open().then((registry) => {
    opened = registry;
    return registry;
  });
  // The first call reports the error
  opening.catch(() => {});
  return {
    prove: async (...args) => (await opening).prove(...args),
    admits: async (...args) => (await opening).admits(...args),
    exchange: async (...args) => (await opening).exchange(...args),
    anyTag: async (...args) => (await opening).anyTag(...args),
    contentOf: async (...args) => (await opening).contentOf(...args),
    repositories: async (...args) => (await opening).repositories(...args),
    aheadBy: (host) => opened?.aheadBy?.(host),
  };
}

/** Waits until all output is written. @returns the error, if there is one */
export const written = (stream: NodeJS.WriteStream) =>
  new Promise<NodeJS.ErrnoException | undefined>((resolve) => stream.write("", (error) => resolve(error ?? undefined)));

const sinkOf = (stream: NodeJS.WriteStream): Sink => ({
  write: (text) => void stream.write(text),
  isTTY: stream.isTTY === true,
  get columns() {
    return stream.isTTY ? (stream.columns ?? 0) : 0;
  },
});

/** Variables that Node and npm packages read from the process. Some packages also read the names in lower case. */
const packageVariables = [
  ...["DEBUG", "SSL_CERT_DIR"],
  ...["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * Returns the environment that the process was started with, and removes these variables from the process. The packages get their proxies
 * from this plugin (src/http). If they also find a proxy in the process, they use it too, and fail at one without a scheme. If DEBUG or
 * AZURE_LOG_LEVEL enables logs, they log the proxy with its password. Node reads only one folder in SSL_CERT_DIR, and instead of the
 * machine's.
 */
function takeEnvironment(): Environment {
  const env = sameByName(process.env, process.platform);
  for (const name of packageVariables) delete process.env[name];
  return env;
}

/**
 * Returns a copy of the environment. On Windows, `process.env` ignores the case of names, but a copy doesn't. So the copy has all names in
 * upper case.
 */
export const sameByName = (env: Environment, platform: NodeJS.Platform): Environment =>
  platform === "win32" ? Object.fromEntries(Object.entries(env).map(([name, value]) => [name.toUpperCase(), value])) : { ...env };
