import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../run.ts";

/** Options for Node, and what the script reads; in its environment is what is named here alone, so that nobody's settings reach it. */
type How = { readonly node?: readonly string[]; readonly stdin?: string };

/**
 * Runs a script of scripts/ in a process of its own, with the base Node of this machine.
 *
 * @throws Error with what it said when it fails
 */
export async function runScript(name: string, argument: string, { node = [], stdin = "" }: How = {}): Promise<void> {
  const args = ["--disable-warning=ExperimentalWarning", ...node, join(root, "scripts", name), argument];
  const env = { PATH: process.env["PATH"], SystemRoot: process.env["SystemRoot"] };
  const running = promisify(execFile)(process.execPath, args, { cwd: root, env });
  running.child.stdin?.end(stdin);
  await running;
}
