import type { Context } from "../../cmd/context.ts";
import { machineFiles } from "../../cmd/files.ts";
import { main } from "../../cmd/main.ts";
import type { Azure } from "../../src/azure/port.ts";
import type { Environment, Files } from "../../src/env.ts";
import { type Interruption, openInterruption } from "../../src/interruption.ts";
import type { Cluster, KubectlFacts, KubeFlags } from "../../src/kube/port.ts";
import type { Registry } from "../../src/registry/port.ts";
import { type Answer, fakeTerminal } from "./fakes/terminal.ts";
import { mixedLines, placelessCommands } from "./mixed-lines.ts";
import { requireSchema } from "./schema.ts";

export type Run = { readonly stdout: string; readonly stderr: string; readonly code: number };

/** A running command line: its output so far, and a function that interrupts it. */
export type Live = { readonly stdout: string; readonly stderr: string; interrupt(): void };

export type World = {
  readonly env?: Environment;
  readonly terminal?: boolean;
  /** The width of the terminal in columns. */
  readonly columns?: number;
  /** Called with all output of both streams as it is printed. */
  readonly sees?: (text: string) => void;
  readonly stdin?: string;
  /** The answers to prompts on a terminal. Undefined: no terminal. */
  readonly answers?: readonly Answer[];
  readonly disk?: Files;
  readonly output?: Partial<Context["output"]>;
  readonly platform?: NodeJS.Platform;
  readonly aborted?: boolean;
  /** Waits never end. By default they end at once. */
  readonly patient?: boolean;
  readonly sleep?: (milliseconds: number) => Promise<void>;
  readonly now?: () => Date;
  /** Called before the command line starts. */
  readonly started?: (live: Live) => void;
  readonly contexts?: readonly string[];
  readonly kubectl?: () => Promise<KubectlFacts>;
  /** Warnings that the API server sends when the cluster is opened. */
  readonly warnings?: readonly string[];
  /** Lines that are traced when the cluster is opened, at level 8. */
  readonly traces?: readonly string[];
  readonly cluster?: Partial<Cluster> | ((of: { readonly kube: KubeFlags; readonly interruption: Interruption }) => Cluster);
  readonly azure?: Partial<Azure> | ((interruption: Interruption) => Azure);
  readonly registry?: Partial<Registry> | ((interruption: Interruption) => Registry);
};

/** Runs a command line in this process. If it uses a port or a call that the world does not define, the test fails with its name. */
export async function run(argv: readonly string[], world: World = {}): Promise<Run> {
  const { context, printed } = open(world);
  const code = await main(argv, context);
  const [mixed] = mixedLines(printed().stderr);
  if (mixed !== undefined) throw new Error(`a command is not on a line of its own: ${mixed}`);
  const [placeless] = placelessCommands(argv, printed().stderr + printed().stdout);
  if (placeless !== undefined) throw new Error(`a command acts in another place than ${argv.join(" ")}: ${placeless}`);
  requireSchema(argv, printed().stdout);
  return { ...printed(), code };
}

/** Returns the context of a command line in this process, and a function that returns the output so far. */
export function open(world: World): { context: Context; printed(): Omit<Run, "code"> } {
  const printed = { stdout: [] as string[], stderr: [] as string[] };
  const sink = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name].push(text);
      world.sees?.(text);
    },
    isTTY: world.terminal ?? false,
    columns: world.terminal ? (world.columns ?? 80) : 0,
  });
  const interruption = openInterruption();
  if (world.aborted) interruption.interrupt();
  world.started?.({
    get stdout() {
      return printed.stdout.join("");
    },
    get stderr() {
      return printed.stderr.join("");
    },
    interrupt: interruption.interrupt,
  });
  const context: Context = {
    terminal: world.answers && fakeTerminal(world.answers, interruption.interrupt, sink("stderr")),
    stdin: { isTTY: world.terminal ?? false, read: async () => world.stdin ?? "" },
    files: world.disk ?? machineFiles,
    platform: world.platform ?? "linux",
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    output: { isNull: () => false, written: async () => {}, ...world.output },
    // Disables the spinner, which would write to the real terminal.
    env: { CI: "true", ...world.env },
    interruption,
    now: world.now ?? (() => new Date("2026-01-01T00:00:00Z")),
    sleep: world.sleep ?? (() => (world.patient ? new Promise(() => {}) : Promise.resolve())),
    configured: async (of) => (of === "contexts" ? (world.contexts ?? []) : [`${of}-of-it`]),
    cluster: (kube, trace, onWarning) => {
      for (const text of world.warnings ?? []) onWarning(text);
      for (const text of world.traces ?? []) trace(8, () => text);
      const given = world.kubectl && { kubectl: world.kubectl };
      if (typeof world.cluster === "function") return { ...world.cluster({ kube, interruption }), ...given };
      return only<Cluster>("cluster", { close: async () => {}, contextToName: () => undefined, ...given, ...world.cluster }, world.cluster);
    },
    azure: async () =>
      typeof world.azure === "function" ? world.azure(interruption) : only<Azure>("azure", world.azure ?? {}, world.azure),
    registry: () =>
      typeof world.registry === "function"
        ? world.registry(interruption)
        : only<Registry>("registry", world.registry ?? {}, world.registry),
  };
  return { context, printed: () => ({ stdout: printed.stdout.join(""), stderr: printed.stderr.join("") }) };
}

function only<Port extends object>(name: string, port: Partial<Port>, given: unknown): Port {
  if (!given) throw new Error(`${name} was opened`);
  return new Proxy(port, {
    get(target, call) {
      if (call in target) return target[call as keyof Port];
      throw new Error(`${name}.${String(call)} was called`);
    },
  }) as Port;
}

/** Runs a command line in a world: `create --registry myregistry`. */
export const type = (line: string, world: World, more: World = {}): Promise<Run> =>
  run(
    line.split(" ").filter((word) => word !== ""),
    { ...world, ...more },
  );
