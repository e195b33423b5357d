import { readFile } from "node:fs/promises";
import { spawnGuarded } from "./guard.ts";

/** A program that takes long: where it prints to, and what to call it when it fails. */
export type Long = {
  /** A file; what is in it already stays. */
  readonly log: string;
  /** `cannot build kubernetes 1.37.2: go build`, before `failed:` and the end of the log. */
  readonly what: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called every second with the log so far. */
  tick(log: string): void;
};

/** Runs a program, which dies with us, to its end. @returns its whole log @throws Error with the log's end when it fails */
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
