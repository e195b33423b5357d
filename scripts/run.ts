import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";

/** The checkout. */
export const root = join(import.meta.dirname, "..");

/** Thrown after a tool has ended, if this process received a signal while the tool ran. */
export class Interrupted extends Error {
  /** the exit code of a shell after this signal: 130 for Ctrl-C */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs one of the installed tools (its JavaScript, under node_modules) with this Node, this process's streams and in the checkout, and
 * forwards signals to it.
 *
 * @returns its exit code
 * @throws Interrupted
 */
export async function runTool(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(root, "node_modules", script), ...args], { stdio: "inherit", cwd: root });
  let got: NodeJS.Signals | undefined;
  const handOn = (signal: NodeJS.Signals) => {
    got = signal;
    // A terminal sends Ctrl-C to the child, too.
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
