import { readFile } from "node:fs/promises";
import { spawnGuarded } from "./guard.ts";

/** A long-running program: its log file, and its name in errors. */
export type Long = {
  /** A file. Its existing content is kept. */
  readonly log: string;
  /** `cannot build kubernetes 1.37.2: go build`: printed before `failed:` and the end of the log. */
  readonly what: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called every second with the log so far. */
  tick(log: string): void;
};

/**
 * Runs a program to its end. The program ends when this process ends. @returns its whole log @throws Error with the end of the log if it
 * fails
 */
export async function runLong(command: string, args: readonly string[], { log, what, tick, ...options }: Long): Promise<string> {
  const read = () => readFile(log, "utf8").catch(() => "");
  const child = await spawnGuarded(command, args, { log, ...options });
  let running = true;
  const ticking = setInterval(async () => {
    const now = await read();
    if (running) tick(now);
  }, 1000);
  const { code } = await child.exited;
  running = false;
  clearInterval(ticking);
  await child.stop();
  const said = await read();
  if (code !== 0) throw new Error(`${what} failed:\n${said.trimEnd().split("\n").slice(-12).join("\n")}`);
  return said;
}
