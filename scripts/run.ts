import { spawn } from "node:child_process";
import { join } from "node:path";

/** The checkout. */
export const root = join(import.meta.dirname, "..");

/**
 * Runs one of the installed tools (its JavaScript, under node_modules) on this Node, on our streams and in the checkout,
 * and hands on the signals that we get.
 *
 * @returns its exit code, or 128 and the signal's number, as a shell has it
 */
export function runTool(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(root, "node_modules", script), ...args], { stdio: "inherit", cwd: root });
  const handOn = (signal: NodeJS.Signals) => {
    // A terminal gives Ctrl-C to the child too.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, handOn);
  return new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal === "SIGINT" ? 2 : 15)));
  }).finally(() => {
    for (const signal of signals) process.off(signal, handOn);
  });
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
