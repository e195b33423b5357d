import { readFile } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import type { Azure, SignInOptions } from "../src/azure/port.ts";
import { openCluster } from "../src/cluster/cluster.ts";
import { noKubectl } from "../src/cluster/connect.ts";
import { findKubectl } from "../src/cluster/kubectl.ts";
import { configuredNames, kustomized } from "../src/cluster/kubectl-config.ts";
import type { Pace } from "../src/cluster/pace.ts";
import type { Cluster, Configured, KubeFlags } from "../src/cluster/port.ts";
import type { Launched } from "../src/cluster/proxy-process.ts";
import type { Environment, Files, Sink, Terminal, Trace } from "../src/env.ts";
import { Interrupted } from "../src/errors.ts";
import type { Interruption } from "../src/interruption.ts";
import { printableFlow } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import type { Registry } from "../src/registry/port.ts";
import { openRegistry } from "../src/registry/registry.ts";
import { clientVersion, takeEnvironment } from "./environment.ts";
import { machineFiles, readingError } from "./files.ts";
import { machinePrograms, type Programs } from "./programs.ts";
import { terminalOf } from "./terminal.ts";

/** What the process provides for a command line. Connections open at their first use, so that `--help` starts nothing. */
export type Context = {
  readonly stdin: { readonly isTTY: boolean; read(): Promise<string>; bytes(): Promise<Uint8Array> };
  /** Absent if stdin or stderr is not a terminal. */
  readonly terminal: Terminal | undefined;
  /** Reads a text file. @throws CliError config if it cannot be read */
  readFile(path: string): Promise<string>;
  readonly files: Files;
  readonly programs: Programs;
  /** Runs `kubectl kustomize`. @throws CliError config in kubectl's words */
  kustomize(folder: string): Promise<string>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Environment;
  readonly interruption: Interruption;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** `onWarning` gets each distinct warning of the API server. */
  cluster(kube: KubeFlags, trace: Trace, more: { readonly pace: Pace; onWarning(text: string): void }): Cluster;
  /** Returns names in the kubeconfig. @throws CliError config without kubectl or a readable kubeconfig */
  configured(of: Configured, kube: KubeFlags): Promise<readonly string[]>;
  azure(identity: SignInOptions, trace: Trace): Promise<Azure>;
  registry(trace: Trace): Registry;
};

/**
 * Returns the context of a real run: this process's streams, environment and clock, and connections to real services.
 * @param launched a `kubectl proxy` that was started early, for a command line without kubectl's flags
 */
export function processContext(interruption: Interruption, launched?: Launched): Context {
  const env = takeEnvironment();
  const typed = isatty(0);
  const { signal } = interruption;
  const now = () => new Date();
  const pause = async (milliseconds: number) => {
    const ends = signal();
    await sleep(milliseconds, undefined, { signal: ends }).catch((error: unknown) => {
      throw ends.aborted ? new Interrupted() : error;
    });
  };
  const [stdout, stderr] = [sinkOf(process.stdout), sinkOf(process.stderr)];
  const userAgent = `kubectl-acr-secret/${clientVersion}`;
  // Messages of kubectl and its credential plugins are printed immediately
  const passedOn = { write: (text: string) => stderr.write(printableFlow(text)) };
  const place = { env, stdin: typed ? "inherit" : "ignore", stderr: passedOn, now } as const;
  const stdin = () => readAll(addAbortSignal(signal(), process.stdin));
  return {
    terminal: typed && stderr.isTTY ? terminalOf(process.stdin, process.stderr, styleFor(stderr, env), signal) : undefined,
    stdin: { isTTY: typed, read: async () => (await stdin()).toString(), bytes: stdin },
    readFile: (path) => readText(path, signal()),
    files: machineFiles(signal),
    programs: machinePrograms(env, process.platform),
    kustomize: async (folder) => {
      const file = findKubectl(env, process.platform);
      if (file === undefined) throw noKubectl([]);
      return kustomized({ file, flags: [], env }, folder, signal());
    },
    stdout,
    stderr,
    env,
    interruption,
    now,
    sleep: pause,
    cluster: (kube, trace, more) => {
      const early = kube.forward.length === 0 ? launched : undefined;
      const cluster = openCluster({ ...place, ...more, kube, launched: early, trace, signal, userAgent, sleep: pause });
      // kubectl starts while the verb reads its flags
      cluster.warm();
      return cluster;
    },
    configured: async (of, { forward: flags }) => {
      const file = findKubectl(env, process.platform);
      if (file === undefined) throw noKubectl(flags);
      return configuredNames({ file, flags, env }, of, signal());
    },
    azure: async (identity, trace) => {
      // Loaded lazily: many commands use only the cluster
      const { openAzure } = await import("../src/azure/azure.ts");
      return openAzure({ identity, env, trace, signal, sleep: pause, now });
    },
    registry: (trace) => openRegistry({ env, trace, signal, sleep: pause, now }),
  };
}

const sinkOf = (stream: NodeJS.WriteStream): Sink => ({
  write: (text) => void stream.write(text),
  isTTY: stream.isTTY === true,
  get columns() {
    return stream.isTTY ? (stream.columns ?? 0) : 0;
  },
});

async function readText(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(path, { encoding: "utf8", signal });
  } catch (cause) {
    if (signal.aborted) throw new Interrupted();
    throw readingError(path, cause);
  }
}

async function readAll(stdin: NodeJS.ReadStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
