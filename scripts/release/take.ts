import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { digestOf } from "../../sandbox/oci.ts";
import type { Published, Step } from "./destinations.ts";

/**
 * Runs a step of a publication, unless its result is published already.
 *
 * @returns whether the step ran
 * @throws Error if its command fails, or if a different file is published under the same name
 */
export async function take({ unless, published, run, stdin }: Step, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (stdin !== undefined && !env[stdin]) return false;
  if (unless && (await output(unless, env)) !== "") return false;
  if (published && (await isPublished(published, env))) return false;
  const [name = "", ...args] = run;
  const child = spawn(name, args, { env, stdio: [stdin === undefined ? "ignore" : "pipe", "inherit", "inherit"] });
  // EPIPE: a command may exit without reading its standard input.
  child.stdin?.on("error", () => {}).end(env[stdin ?? ""]);
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  if (code !== 0) throw new Error(`${name} ${args[0]} failed with exit code ${code}`);
  return true;
}

/** @throws Error if another file is published under the name of this one */
async function isPublished({ ask, file }: Published, env: NodeJS.ProcessEnv): Promise<boolean> {
  const found = await output(ask, env);
  if (found === "") return false;
  const expected = digestOf(await readFile(file));
  if (found === expected) return true;
  throw new Error(`${file}: another file is already published under this name: "${ask.join(" ")}" prints ${found}, expected ${expected}`);
}

/** Returns the output of a command, or nothing if the command fails. */
async function output([name = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(name, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const [printed, code] = await Promise.all([text(child.stdout), new Promise((resolve) => child.on("error", resolve).on("exit", resolve))]);
  return code === 0 ? printed.trim() : "";
}
