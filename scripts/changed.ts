import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { root, runTool } from "./run.ts";
import { type Tier, tiers } from "./tiers.ts";

/** A tier, and vitest's arguments. Without arguments the whole tier runs. */
export type Selected = { readonly tier: Tier; readonly args: readonly string[] };

/**
 * Selects tiers by the table in tiers.ts, and of the other tiers of the test gate the test files that import a changed file.
 *
 * @param related these test files, as paths in the checkout
 */
export function select(changed: readonly string[], related: readonly string[]): Selected[] {
  if (changed.length === 0) return [];
  return tiers().flatMap((tier) => {
    if (tier.checker || changed.some((file) => canBreakAll(tier, file))) return [{ tier, args: [] }];
    const own = related.filter((file) => tier.gate === "test" && file.startsWith(`test/${tier.name}/`));
    const args = [...own, ...(tier.always ?? [])];
    return args.length === 0 ? [] : [{ tier, args }];
  });
}

/** The tiers that `npm run check` runs, and the unit tests that it leaves out because they take minutes. */
const quick = { tiers: ["types", "lint", "unit"], without: ["test/unit/walk/", "test/unit/hostile/"] };

/** Selects what `npm run check` runs: types, lint, and the unit tests that import a changed file. */
export function selectQuick(related: readonly string[]): Selected[] {
  const files = related.filter((file) => file.startsWith("test/unit/") && !quick.without.some((start) => file.startsWith(start)));
  const chosen = tiers().filter(({ name }) => quick.tiers.includes(name));
  return chosen.map((tier) => ({ tier, args: tier.checker ? [] : [...files, ...(tier.always ?? [])] }));
}

/** Files that every tier of the test gate depends on. */
const everything = ["package.json", "package-lock.json", "vitest.config.ts", ".ci/"];

function canBreakAll({ name, gate, brokenBy = [] }: Tier, file: string): boolean {
  const inTests = file.startsWith(`test/${name}/`);
  // Tests do not import these files, so vitest cannot tell which tests read them.
  if (inTests && (gate === "release" || !file.endsWith(".ts"))) return true;
  return [...brokenBy, ...(gate === "test" ? everything : [])].some((start) => file.startsWith(start));
}

/** The changed files, as paths in the checkout, and the commit that they are compared with. */
export type Changed = { readonly base: string; readonly files: readonly string[] };

/**
 * Finds the files that differ from the commit at which the branch left main, with untracked files. If there are none, those of the last commit.
 *
 * @param folder a folder of the checkout
 */
export async function findChanged(folder: string = root): Promise<Changed> {
  const git = async (...args: string[]) => (await promisify(execFile)("git", args, { cwd: folder })).stdout.trim();
  const since = async (base: string): Promise<Changed> => {
    const tracked = await git("diff", "--name-only", "--no-renames", "-z", base);
    const untracked = await git("ls-files", "--others", "--exclude-standard", "-z");
    return { base, files: [...new Set(`${tracked}\0${untracked}`.split("\0"))].filter((file) => file !== "") };
  };
  const fork = await git("merge-base", "HEAD", "main")
    .catch(() => git("merge-base", "HEAD", "origin/main"))
    .catch(() => git("rev-parse", "HEAD"));
  const changed = await since(fork);
  return changed.files.length > 0 ? changed : since(await git("rev-parse", "HEAD~1").catch(() => fork));
}

/** Asks vitest for the test files that import a file changed since `base`, directly or not. */
export async function relatedTests(base: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-changed-"));
  try {
    const list = join(folder, "files.json");
    const code = await runTool("vitest/vitest.mjs", ["list", "--filesOnly", "--changed", base, `--json=${list}`]);
    if (code !== 0) throw new Error(`vitest list --changed ended with ${code}`);
    const found: readonly { readonly file: string }[] = JSON.parse(await readFile(list, "utf8"));
    return found.map(({ file }) => relative(root, file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
