import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { Step } from "./destinations.ts";

/**
 * Takes a step of a publication, unless it has been taken.
 *
 * @returns whether it was taken now
 * @throws Error if its command fails; what it said is on our streams
 */
export async function take({ unless, run, stdin }: Step, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (stdin !== undefined && !env[stdin]) return false;
  if (unless && (await printed(unless, env)) !== "") return false;
  const [name = "", ...args] = run;
  const child = spawn(name, args, { env, stdio: [stdin === undefined ? "ignore" : "pipe", "inherit", "inherit"] });
  // Who does not read its stdin to the end is free to
  child.stdin?.on("error", () => {}).end(env[stdin ?? ""]);
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  if (code !== 0) throw new Error(`${name} ${args[0]} ended with ${code}`);
  return true;
}

/** What a command prints; nothing if it fails. */
async function printed([name = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(name, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const [said, code] = await Promise.all([text(child.stdout), new Promise((resolve) => child.on("error", resolve).on("exit", resolve))]);
  return code === 0 ? said.trim() : "";
}
