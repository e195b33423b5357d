import type { Azure, Cluster, Context, IdentitySource, KubeFlags, Registry, Trace } from "../src/context.ts";
import { CliError } from "../src/errors.ts";
import { printWarning } from "../src/output/error.ts";
import { type Progress, progressOn } from "../src/output/progress.ts";
import { forwarded } from "./flags.ts";
import type { Parsed } from "./parse.ts";

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

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A Go duration: `1m30s`, or `0`. @throws CliError usage, in kubectl's words */
export function milliseconds(text: string): number {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new CliError(
      "usage",
      `Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit`,
    );
  }
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0),
    0,
  );
}
