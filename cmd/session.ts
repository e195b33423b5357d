import type { Azure, Cluster, Context, IdentitySource, KubeFlags, Registry, Trace } from "../src/context.ts";
import { printWarning } from "../src/output/error.ts";
import { type Progress, progressOn } from "../src/output/progress.ts";
import { milliseconds } from "./line/durations.ts";
import { forwarded } from "./line/flags.ts";
import type { Parsed } from "./line/parse.ts";

/** One run of one verb: the context with this command line's flags applied, and its ports, each opened once. */
export type Session = {
  readonly context: Context;
  readonly progress: Progress;
  readonly trace: Trace;
  cluster(): Cluster;
  azure(identity: IdentitySource): Azure;
  registry(): Registry;
  print(text: string): void;
  warn(text: string): void;
  close(): Promise<void>;
};

export function openSession(context: Context, flags: Parsed["flags"]): Session {
  const verbosity = Number.parseInt(String(flags["v"] ?? "0"), 10) || 0;
  const trace: Trace = (level, line) => {
    if (verbosity >= level) context.stderr.write(`${line()}\n`);
  };
  let cluster: Cluster | undefined;
  let azure: Azure | undefined;
  let registry: Registry | undefined;
  return {
    context,
    progress: progressOn(context.stderr, context.env, verbosity),
    trace,
    cluster: () => (cluster ??= context.cluster(kubeFlags(flags), trace)),
    azure: (identity) => (azure ??= context.azure(identity, trace)),
    registry: () => (registry ??= context.registry(trace)),
    print: (text) => context.stdout.write(text),
    warn: (text) => printWarning(context.stderr, context.env, text),
    close: async () => cluster?.close(),
  };
}

/** The global flags of a command line, for kubectl and for us. */
export function kubeFlags(flags: Parsed["flags"]): KubeFlags {
  const forward = Object.keys(forwarded).flatMap((name) => {
    const value = flags[name];
    if (Array.isArray(value)) return value.map((each) => `--${name}=${each}`);
    return value === undefined || value === false ? [] : [`--${name}=${value}`];
  });
  const namespace = flags["namespace"];
  return {
    forward,
    requestTimeout: milliseconds(String(flags["request-timeout"] ?? "0")),
    ...(typeof namespace === "string" && { namespace }),
  };
}
