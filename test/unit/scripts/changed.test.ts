import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findChanged, select, selectQuick } from "../../../scripts/changed.ts";
import { root } from "../../../scripts/run.ts";
import { tiers, tiersOf } from "../../../scripts/tiers.ts";
import { newFolder } from "../../support/new-folder.ts";

const checkers = ["types", "lint", "unused"];
/** The tiers that run as a whole, and the test files of the other tiers. */
function selected(changed: readonly string[], related: readonly string[] = []) {
  const found = select(changed, related);
  return {
    whole: found.filter(({ args }) => args.length === 0).map(({ tier }) => tier.name),
    files: found.flatMap(({ tier, args }) => args.filter((arg) => !tier.always?.includes(arg))),
  };
}

test.for([
  { changed: "src/secret/record.ts", tiers: ["prose", "cli", "cluster", "docs", "shells", "node"] },
  { changed: "src/azure/azure.ts", tiers: ["prose", "cli", "cluster", "docs", "shells", "az", "node"] },
  { changed: "sandbox/control-plane.ts", tiers: ["prose", "sandbox", "cluster", "docs", "node"] },
  { changed: "sandbox/azure/world.ts", tiers: ["prose", "sandbox", "azure", "cluster", "docs", "node"] },
  { changed: "sandbox/tools/registry/go.mod", tiers: ["prose", "sandbox", "azure", "cluster", "docs", "shells", "node"] },
  { changed: "docs/rotate.md", tiers: ["prose", "docs"] },
  { changed: "scripts/package/compile.ts", tiers: ["prose", "cli", "cluster", "docs", "shells", "node", "release"] },
  { changed: "scripts/release/notes.ts", tiers: ["prose", "release", "signing"] },
  { changed: "scripts/krew/generate.ts", tiers: ["prose", "krew"] },
  { changed: "test/cluster/transcripts/hostile.md", tiers: ["prose", "cluster"] },
  { changed: "test/krew/install.test.ts", tiers: ["prose", "krew"] },
  { changed: "test/unit/secret/x.test.ts", tiers: ["prose"] },
  { changed: "LICENSE", tiers: [] },
])("runs the whole tiers that $changed can break", ({ changed, tiers }) => {
  expect(selected([changed]).whole).toEqual([...checkers, ...tiers]);
});

test("runs the whole test gate after a change of a dependency", () => {
  expect(selected(["package.json"]).whole).toEqual(tiersOf("test").map(({ name }) => name));
});

test("runs nothing if nothing changed", () => {
  expect(select([], [])).toEqual([]);
});

test("runs the related test files of the test gate, and all of a tier only once", () => {
  const related = ["test/unit/secret/x.test.ts", "test/azure/y.test.ts", "test/cluster/z.test.ts", "test/krew/install.test.ts"];

  expect(selected(["test/support/rows.ts"], related).files).toEqual(related.slice(0, 3));
  expect(selected(["cmd/run.ts"], related).files).toEqual(related.slice(0, 2));
});

test("selects types, lint and the related unit tests for npm run check, without the walks", () => {
  const related = ["test/unit/secret/x.test.ts", "test/unit/walk/killed.test.ts", "test/azure/y.test.ts"];

  expect(selectQuick(related).map(({ tier, args }) => [tier.name, args.filter((arg) => !tier.always?.includes(arg))])).toEqual([
    ["types", []],
    ["lint", []],
    ["unit", ["test/unit/secret/x.test.ts"]],
  ]);
});

test("names only existing paths in the table", () => {
  const starts = tiers().flatMap(({ brokenBy = [], always = [] }) => [...brokenBy, ...always]);

  expect(starts.filter((start) => ![start, `${start}.ts`, `${start}.test.ts`].some((path) => existsSync(join(root, path))))).toEqual([]);
});

test("finds commits since the branch left main, uncommitted changes and untracked files", async () => {
  const folder = await newFolder();
  const git = (...args: string[]) => promisify(execFile)("git", ["-c", "user.name=x", "-c", "user.email=x@y", ...args], { cwd: folder });
  const commit = async (name: string) => {
    await writeFile(join(folder, name), name);
    await git("add", name);
    await git("commit", "--quiet", "--message", name);
  };
  await git("init", "--quiet", "--initial-branch=main");
  await commit("first");
  expect((await findChanged(folder)).files).toEqual([]);

  await commit("second");
  expect((await findChanged(folder)).files).toEqual(["second"]);

  await git("switch", "--quiet", "--create", "branch");
  await commit("third");
  await writeFile(join(folder, "first"), "changed");
  await writeFile(join(folder, "a new file"), "");
  expect((await findChanged(folder)).files).toEqual(["first", "third", "a new file"]);

  await rm(join(folder, "second"));
  expect((await findChanged(folder)).files).toContain("second");
});
