import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { releaseNotes } from "./notes.ts";

/** Returns why a tag is not a release of this version, or nothing if it is one. */
export function tagProblem(tag: string, version: string, changelog: string): string | undefined {
  if (tag !== `v${version}`) return `the tag is ${tag}, and package.json has the version ${version}`;
  try {
    return releaseNotes(changelog, version) === "" ? `CHANGELOG.md has no entry for ${version}` : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Returns why the commit of a checkout cannot be released, or nothing if it is on the main branch of `origin`. */
export async function commitProblem(checkout: string): Promise<string | undefined> {
  try {
    await promisify(execFile)("git", ["merge-base", "--is-ancestor", "HEAD", "refs/remotes/origin/main"], { cwd: checkout });
    return undefined;
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    return stderr.trim() || "the commit is not on origin/main: push it to main first";
  }
}
