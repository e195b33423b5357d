import { randomInt } from "node:crypto";
import type { Azure, SignInOptions } from "../src/azure/port.ts";
import { parseTimeout, second } from "../src/duration.ts";
import type { Sleep, Trace } from "../src/env.ts";
import { type CliError, isForbidden } from "../src/errors.ts";
import { type Command, type CurrentPlace, formatCommand } from "../src/hint.ts";
import type { Cluster, Configured, KubeFlags } from "../src/kube/port.ts";
import type { DryRun } from "../src/outcome.ts";
import { type Next, printHint, printWarning } from "../src/output/error.ts";
import { printable } from "../src/output/printable.ts";
import { progressOn } from "../src/output/progress.ts";
import { memoize, once } from "../src/scope/concurrency.ts";
import { isGlob } from "../src/scope/scope.ts";
import type { Tools } from "../src/tools.ts";
import type { Context } from "./context.ts";
import { forwarded } from "./line/kubectl-flags.ts";
import type { Parsed } from "./line/parse.ts";

/** One run of one verb: the context with the flags of the command line, and connections that are each opened once. */
export type Session = ReturnType<typeof openSession>;

export function openSession(context: Context, flags: Parsed["flags"]) {
  const { stdout, stderr, env, terminal, interruption, now } = context;
  const verbosity = Number.parseInt(String(flags["v"] ?? "0"), 10) || 0;
  const trace: Trace = (level, line) => {
    if (verbosity >= level) stderr.write(`${printable(line())}\n`);
  };
  let opened: Cluster | undefined;
  const azures = new Map<string, Promise<Azure>>();
  const runId = once(() => crypto.randomUUID());
  let warnings = 0;
  const denials = new Set<string>();

  function open() {
    const onWarning = (text: string) => {
      warnings++;
      printWarning(stderr, env, text);
    };
    const cluster = context.cluster(kubeFlags(flags), trace, onWarning);
    return flags["strict"] === true ? recordingDenials(cluster, denials) : cluster;
  }

  /** Formats a fix as a command in the cluster and the namespace of this command line, if it is run now. */
  function format(fix: Command): string {
    // The current context may differ from the one at the start
    return formatCommand(fix, { ...placeOf(flags), context: opened?.contextToName?.() });
  }

  const { during, count, print: inform } = progressOn(stderr, env, verbosity, now);
  const sleep = informing(context.sleep, inform);

  return {
    ...context,
    /** Absent in CI, which may have a terminal but no user, and on a dumb terminal. */
    terminal: env["CI"] === undefined && env["TERM"] !== "dumb" ? terminal : undefined,
    sleep,
    trace,
    during,
    count,
    inform,
    namespace: placeFlagsOf(flags).namespace,
    get runId(): string {
      return runId();
    },
    cluster: () => {
      opened ??= open();
      return opened;
    },
    configured: (of: Configured) => context.configured(of, kubeFlags(flags)),
    warnings: () => warnings,
    /** Returns the requests that a server denied, in its words, also those without which the run continued. Only with `--strict`. */
    denials: () => [...denials],
    azure: (identity: SignInOptions) => memoize(azures, JSON.stringify(identity), () => context.azure(identity, trace, sleep)),
    registry: once(() => context.registry(trace, sleep)),
    /** The namespaces whose Secrets could not be listed, while those of others could, and why. */
    unread: new Map<string, CliError>(),
    interrupted: () => interruption.interrupted,
    print: (text: string) => stdout.write(text),
    /** Prints a warning, and the command that fixes it. */
    warn: (text: string, fix?: Command) => printWarning(stderr, env, text, fix && format(fix)),
    /** Prints a hint: a command, or lines of text. */
    hint: (next: Next) => printHint({ stderr, env, formatCommand: format }, next),
    formatCommand: format,
    close: async () => opened?.close(),
  };
}

/** A run says what it waits for if that takes longer than this, in milliseconds. */
const longWait = 10 * second;

/** Returns a sleep that prints what the run waits for, once, before its waits for it take more than ten seconds in all. */
function informing(sleep: Context["sleep"], inform: (text: string) => void): Sleep {
  const waited = new Map<string, number>();
  return (milliseconds, what = "") => {
    const before = waited.get(what) ?? 0;
    waited.set(what, before + milliseconds);
    if (what !== "" && before <= longWait && before + milliseconds > longWait) inform(what);
    return sleep(milliseconds);
  };
}

/** Records the error of each request that the server denies. */
function recordingDenials(cluster: Cluster, denials: Set<string>): Cluster {
  const record = (error: unknown): never => {
    if (isForbidden(error)) denials.add(error.message);
    throw error;
  };
  return {
    ...cluster,
    get: (to) => cluster.get(to).catch(record),
    write: (to, write, options) => cluster.write(to, write, options).catch(record),
    pages: async function* (kind, where) {
      try {
        yield* cluster.pages(kind, where);
      } catch (error) {
        record(error);
      }
    },
  };
}

type WritingFlags = {
  readonly "dry-run": DryRun;
  readonly "field-manager": string;
  readonly force?: boolean;
};

export const toolsOf = (session: Session, flags: WritingFlags): Tools => ({
  ...session,
  dryRun: flags["dry-run"],
  fieldManager: flags["field-manager"],
  force: flags.force ?? false,
  jitter: () => randomInt(1000) / 1000,
  uninterrupted: session.interruption.uninterrupted,
});

export function kubeFlags(flags: Parsed["flags"]): KubeFlags {
  return { ...placeFlagsOf(flags), requestTimeout: parseTimeout(String(flags["request-timeout"] ?? "0")) ?? 0 };
}

/** Returns the cluster and the namespace that a printed command repeats: no namespace if the command line has several. */
function placeOf(flags: Parsed["flags"]): CurrentPlace {
  const given = placeFlagsOf(flags);
  const namespace = onlyOf(flags["namespaces"]);
  const isName = namespace !== undefined && !isGlob(namespace);
  return { ...given, namespace: isName ? namespace : given.namespace };
}

function onlyOf(value: Parsed["flags"][string]): string | undefined {
  const [only, ...others] = new Set(Array.isArray(value) ? value : []);
  return others.length === 0 ? only : undefined;
}

function placeFlagsOf(flags: Parsed["flags"]): CurrentPlace {
  const forward = Object.keys(forwarded).flatMap((name) => {
    const value = flags[name];
    if (Array.isArray(value)) return value.map((each) => `--${name}=${each}`);
    return value === undefined || value === false ? [] : [`--${name}=${value}`];
  });
  const namespace = flags["namespace"];
  return { forward, namespace: typeof namespace === "string" ? namespace : undefined };
}
