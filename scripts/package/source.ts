import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { root } from "../run.ts";

/** Returns the commit that is checked out, 40 hex digits, or undefined outside a clone or with uncommitted changes. */
export async function commit(): Promise<string | undefined> {
  const git = (...args: string[]) => promisify(execFile)("git", args, { cwd: root });
  try {
    const { stdout: changed } = await git("status", "--porcelain");
    return changed === "" ? (await git("rev-parse", "HEAD")).stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
