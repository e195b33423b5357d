import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** The measurements of a program's run. */
export type Watched = {
  readonly milliseconds: number;
  /** The program's peak resident memory in MB, without its child processes. Available only on Linux. */
  readonly peak: number | undefined;
};

/** Runs a program to its end. @param every milliseconds between two reads of its memory @throws Error with its output if it fails */
export function watch(file: string, args: readonly string[], env: NodeJS.ProcessEnv, every = 10): Promise<Watched> {
  const began = performance.now();
  const child = spawn(file, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  let peak: number | undefined;
  child.stderr.on("data", (text) => {
    said += text;
  });
  // The kernel reports the peak of the current program: kubectl replaces itself with the plugin.
  const watching = setInterval(() => {
    peak = peakOf(child.pid) ?? peak;
  }, every);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearInterval(watching);
      if (code === 0) resolve({ milliseconds: performance.now() - began, peak });
      else reject(new Error(`${file} ${args.join(" ")}: ${said.slice(-2000)}`));
    });
  });
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
