// npm test [-- TIER… [VITEST-ARGUMENT…]]: runs the tiers of a gate, or the named ones, in order. Ends with the line `N passed, N failed`.
// npm test -- --changed: runs what the changed files can break, of both gates (brokenBy in tiers.ts).
// npm run check passes --quick: types, lint, and the unit tests that import a changed file (selectQuick in changed.ts).
// npm run test:release passes --gate=release. The tests get it in GATE (test/support/sampled.ts).
// npm run test:release -- --soak=30m [--seed=N]: runs the tier `soak` for that long. The test gets them in SOAK and SEED.
// npm run test:release -- --swarm=10m [--seed=N]: the same for the tier `swarm`, which plays the round N first.
// npm test -- [--seed=N]: the tests that draw rows (drawn in test/support/sampled.ts) draw the same as another run.
// npm run test:release -- --record: runs the tier `record`, which puts each past fault back (docs/track-record.md).
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { findChanged, relatedTests, type Selected, select, selectQuick } from "./changed.ts";
import { add, type Counts, countReport, type FileTime, inWords, type Report, timesOf } from "./counts.ts";
import { failuresOf } from "./failures.ts";
import { Interrupted, root, runTool } from "./run.ts";
import { type Gate, type Tier, tiers, tiersOf } from "./tiers.ts";

const args = process.argv.slice(2).flatMap(readRun);
process.env.SAMPLE ??= process.env.SEED ?? String(Math.floor(Math.random() * 1e9));
const [only = ""] = args.length === 1 ? args : [];
const chosen = ["--changed", "--quick"].includes(only) ? await readChanged(only === "--quick") : readArguments(args, tiers());
process.exitCode = await runAll(chosen).catch((error: unknown) => {
  if (error instanceof Interrupted) return error.exitCode;
  throw error;
});

async function readChanged(isQuick: boolean): Promise<Selected[]> {
  const changed = await findChanged();
  say(`changed since ${changed.base.slice(0, 12)}: ${changed.files.length === 1 ? "1 file" : `${changed.files.length} files`}`);
  const related = await relatedTests(changed.base);
  const selected = isQuick ? selectQuick(related) : select(changed.files, related);
  for (const { tier, args } of selected) say(`  ${tier.name}${args.length > 0 ? `: ${args.length} test files or folders` : ""}`);
  return selected;
}

/** @returns the exit code: 1 if a test failed. With CI=true, which protects the branch, also 1 if a tier or a test was skipped. */
async function runAll(chosen: readonly Selected[]): Promise<number> {
  let total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const ended: Timed[] = [];
  if (process.env.GATE !== "release")
    say(`The walks draw their requests with the seed ${process.env.SAMPLE}. To repeat: --seed=${process.env.SAMPLE}`);
  for (const { tier, args } of chosen) {
    say(`\n── ${tier.name} ──`);
    const start = performance.now();
    const one = { ...(await runTier(tier, args)), seconds: Math.round((performance.now() - start) / 1000) };
    say(wordsOf(one));
    ended.push(one);
    total = add(total, one.counts);
  }
  const failures = ended.flatMap(({ failures }) => failures);
  if (failures.length > 0) say(`\n── failed ──\n${failures.join("\n")}`);
  const slowest = slowestOf(ended.flatMap(({ files }) => files));
  if (slowest.length > 0) say(`\n── slowest files ──\n${slowest.join("\n")}`);
  say(`\n── all ──\n${ended.map(wordsOf).join("\n")}\n${inWords(total)}`);
  return total.failed > 0 || (total.skipped > 0 && process.env.CI === "true") ? 1 : 0;
}

/** The result of a tier: the failures as text, the time of each file, and `lack`: why the tier cannot run on this machine. */
type Ended = {
  readonly tier: string;
  readonly counts: Counts;
  readonly failures: readonly string[];
  readonly files: readonly FileTime[];
  readonly lack?: string;
};

type Timed = Ended & { readonly seconds: number };

function wordsOf({ tier, counts, lack, seconds }: Timed): string {
  return lack ? `${tier} was not run: ${lack}` : `${tier}: ${inWords(counts)} (${duration(seconds)})`;
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}

/** Returns the ten slowest files as lines of a table. */
function slowestOf(files: readonly FileTime[]): string[] {
  return files
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, 10)
    .map(({ file, milliseconds }) => `${duration(Math.round(milliseconds / 1000)).padStart(9)}  ${file}`);
}

/** Passes `--soak`, `--swarm` and `--seed` to the test. Returns the tier that a flag runs, or the argument. */
function readRun(arg: string): string[] {
  if (arg === "--record") return ["record"];
  const [, name, value] = /^--(soak|swarm|seed)=(.+)$/.exec(arg) ?? [];
  if (name === undefined) return [arg];
  process.env[name.toUpperCase()] = value;
  return name === "seed" ? [] : [name];
}

/** Reads the arguments: tier names come first (default: the tiers of the gate). The other arguments are vitest's. */
function readArguments([first = "", ...others]: readonly string[], known: readonly Tier[]): Selected[] {
  const isGate = first.startsWith("--gate=");
  const gate: Gate = isGate && first.slice("--gate=".length) === "release" ? "release" : "test";
  if (isGate) process.env.GATE = gate;
  const args = isGate || first === "" ? others : [first, ...others];
  const end = args.findIndex((arg) => !known.some(({ name }) => name === arg));
  const names = end === -1 ? args : args.slice(0, end);
  const rest = args.slice(names.length);
  if (names.length === 0 && rest[0]?.startsWith("-") === false) {
    process.stderr.write(`error: "${rest[0]}" is not a tier of tests: ${known.map(({ name }) => name).join(", ")}\n`);
    process.exit(1);
  }
  const chosen = names.length === 0 ? tiersOf(gate) : known.filter(({ name }) => names.includes(name));
  return chosen.map((tier) => ({ tier, args: rest }));
}

async function runTier({ name, checker, needs, waits }: Tier, args: readonly string[]): Promise<Ended> {
  try {
    for (const prepare of needs) {
      const lack = await prepare();
      if (lack) return { tier: name, counts: { passed: 0, failed: 0, skipped: 1 }, failures: [], files: [], lack };
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say(message);
    return failed(name, message);
  }
  return checker
    ? await check(name, checker)
    : await runProject(name, waits ? ["--maxWorkers", `${Math.ceil(availableParallelism() * 1.5)}`] : [], args);
}

function failed(tier: string, why: string): Ended {
  return { tier, counts: { passed: 0, failed: 1, skipped: 0 }, failures: [`${tier}: ${why}`], files: [] };
}

/** Runs a checker of the whole checkout, which counts as one test. */
async function check(tier: string, { script, args }: NonNullable<Tier["checker"]>): Promise<Ended> {
  const code = await runTool(script, args);
  return code === 0
    ? { tier, counts: { passed: 1, failed: 0, skipped: 0 }, failures: [], files: [] }
    : failed(tier, "what it found stands above");
}

async function runProject(tier: string, options: readonly string[], args: readonly string[]): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-test-"));
  try {
    const file = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const code = await runTool("vitest/vitest.mjs", ["run", "--project", tier, "--passWithNoTests", ...reporters, ...options, ...args]);
    const report: Report | undefined = await readFile(file, "utf8").then(JSON.parse, () => undefined);
    const counts = countReport(report, code);
    const failed = failuresOf(report, root);
    const failures = counts.failed > 0 && failed.length === 0 ? [`${tier}: vitest ended with ${code}, and names no test`] : failed;
    // vitest's arguments may leave out tests on purpose.
    return { tier, counts: args.length === 0 ? counts : { ...counts, skipped: 0 }, failures, files: timesOf(report, root) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
