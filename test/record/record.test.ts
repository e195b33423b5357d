import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { root } from "../../scripts/run.ts";
import { type Fault, faults, type Patch } from "./faults.ts";

// npm run test:release -- --record

type Test = { readonly status: string; readonly fullName: string; readonly failureMessages: readonly string[] };
type Report = { readonly testResults: readonly { readonly assertionResults: readonly Test[]; readonly message: string }[] };

const recorded = faults.flatMap((fault) => (fault.patches ? [[fault.id, fault] as const] : []));
const run = promisify(execFile);
/** Copies of the sources, one for each process at a time. */
const copies = await Promise.all(Array.from({ length: Math.min(availableParallelism(), 2) }, copySources));
const free = [...copies];
const table: Record<string, { without: string; with: string }> = {};
afterAll(async () => {
  console.table(table);
  await Promise.all(copies.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function copySources(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-record-"));
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, maxBuffer: 1e8 });
  for (const path of stdout.split("\n").filter((path) => path !== "" && path !== "node_modules"))
    await cp(join(root, path), join(folder, path)).catch(ignoreDeleted);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function ignoreDeleted(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** Runs the test of a fault. @returns the tests that ran, and why a file could not be loaded */
async function runTest({ file, name }: NonNullable<Fault["test"]>, folder: string): Promise<{ tests: readonly Test[]; message: string }> {
  const output = join(folder, "report.json");
  const args = ["run", file, "-t", escaped(name), "--reporter=json", `--outputFile=${output}`];
  const ended = await run(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...args], { cwd: folder }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  const report: Report = JSON.parse(await readFile(output, "utf8").catch(() => `{"testResults":[]}`));
  await rm(output, { force: true });
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => /passed|failed/.test(status));
  const message = report.testResults.map(({ message }) => message).join("\n");
  return { tests, message: tests.length > 0 ? message : `${message}\n${ended.stdout}\n${ended.stderr}` };
}

/** Whether a test failed because of what it expects, and not because a patched source can't run. */
const isFinding = (message: string): boolean => /^(?:AssertionError|Error): (?!\w+ timed out)/.test(message);

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Replaces the text of each patch. @returns how to restore the sources */
async function apply(patches: readonly Patch[], folder: string): Promise<() => Promise<void>> {
  const before = await Promise.all(patches.map(({ file }) => readFile(join(folder, file), "utf8")));
  for (const { file, old, now } of patches) {
    const text = await readFile(join(folder, file), "utf8");
    await writeFile(
      join(folder, file),
      text.replace(old, () => now),
    );
  }
  return async () => {
    for (const [at, { file }] of patches.entries()) await writeFile(join(folder, file), before[at] ?? "");
  };
}

test.concurrent.for(recorded)("finds the fault %s when it is put back", { timeout: 300_000 }, async ([id, fault]) => {
  const folder = free.pop() ?? expect.unreachable("no copy is free");
  try {
    const without = await runTest(fault.test, folder);
    const restore = await apply(fault.patches ?? [], folder);
    const within = await runTest(fault.test, folder).finally(restore);
    const failed = within.tests.filter(({ status }) => status === "failed");
    const found = failed.filter(({ failureMessages }) => failureMessages.some(isFinding));
    const counted = ({ tests }: typeof within) => `${tests.filter(({ status }) => status === "passed").length} of ${tests.length} pass`;
    table[id] = { without: counted(without), with: counted(within) };

    expect(
      without.tests.map(({ status }) => status),
      without.message,
    ).not.toContain("failed");
    expect(without.tests.length, without.message).toBeGreaterThan(0);
    expect(found.length, failed.map(({ failureMessages }) => failureMessages.join("\n")).join("\n") || within.message).toBeGreaterThan(0);
  } finally {
    free.push(folder);
  }
});
