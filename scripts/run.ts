import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";

/** The checkout. */
export const root = join(import.meta.dirname, "..");

/** Thrown when we were told to end while a tool was running, after the tool has ended. */
export class Interrupted extends Error {
  /** as a shell has it: 130 for Ctrl-C */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs one of the installed tools (its JavaScript, under node_modules) on this Node, on our streams and in the checkout,
 * and hands on the signals that we get.
 *
 * @returns its exit code
 * @throws Interrupted
 */
export async function runTool(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(root, "node_modules", script), ...args], { stdio: "inherit", cwd: root });
  let got: NodeJS.Signals | undefined;
  const handOn = (signal: NodeJS.Signals) => {
    got = signal;
    // A terminal gives Ctrl-C to the child too.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, handOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => {
        if (got) reject(new Interrupted(got));
        else resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
      });
    });
  } finally {
    for (const signal of signals) process.off(signal, handOn);
  }
}
