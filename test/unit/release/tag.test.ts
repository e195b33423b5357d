import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { guardedFolder } from "../../../sandbox/guard.ts";
import { commitProblem } from "../../../scripts/release/tag.ts";

/** Creates a clone of a repository whose main branch has one commit. */
async function openClone() {
  const folder = await guardedFolder("acr-secret-git-");
  onTestFinished(() => folder.remove());
  const [origin, clone] = [join(folder.path, "origin"), join(folder.path, "clone")];
  const run = promisify(execFile);
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  const commit = (at: string) => run("git", ["-C", at, ...identity, "commit", "--quiet", "--allow-empty", "--message", "change"]);
  await run("git", ["init", "--quiet", "--initial-branch=main", origin]);
  await commit(origin);
  await run("git", ["clone", "--quiet", origin, clone]);
  return { clone, commit: () => commit(clone), git: (...args: string[]) => run("git", ["-C", clone, ...args]) };
}

test("accepts a commit of the main branch", async () => {
  const { clone, git } = await openClone();
  await git("checkout", "--quiet", "--detach", "origin/main");

  expect(await commitProblem(clone)).toBeUndefined();
});

test("rejects a commit that is not on the main branch of origin", async () => {
  const { clone, commit } = await openClone();
  await commit();

  expect(await commitProblem(clone)).toBe("the commit is not on origin/main: push it to main first");
});

test("rejects a checkout without the main branch of origin", async () => {
  const { clone, git } = await openClone();
  await git("remote", "remove", "origin");

  expect(await commitProblem(clone)).toMatch(/origin\/main/);
});
