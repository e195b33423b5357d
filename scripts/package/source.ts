import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { root } from "../run.ts";

/** The commit that is checked out, 40 hex digits; undefined where the sources are no clone, or something in them is not committed. */
export async function commit(): Promise<string | undefined> {
  const git = (...args: string[]) => promisify(execFile)("git", args, { cwd: root });
  try {
    const { stdout: changed } = await git("status", "--porcelain");
    return changed === "" ? (await git("rev-parse", "HEAD")).stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
