import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../run.ts";

/**
 * Options for Node, and the standard input of the script. The environment contains only the variables that are named here, so that no
 * user's settings affect it.
 */
type How = { readonly node?: readonly string[]; readonly stdin?: string };

/**
 * Runs a script of scripts/ in its own process, with the base Node of this machine.
 *
 * @throws Error with its output if it fails
 */
export async function runScript(name: string, argument: string, { node = [], stdin = "" }: How = {}): Promise<void> {
  const args = ["--disable-warning=ExperimentalWarning", ...node, join(root, "scripts", name), argument];
  const env = { PATH: process.env["PATH"], SystemRoot: process.env["SystemRoot"] };
  const running = promisify(execFile)(process.execPath, args, { cwd: root, env });
  running.child.stdin?.end(stdin);
  await running;
}
