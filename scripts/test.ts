// npm test [-- TIER… [VITEST-ARGUMENT…]]: runs the tiers of tests in order, and ends with the line `N passed, N failed`.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { add, type Counts, countReport, inWords, type Report } from "./counts.ts";
import { Interrupted, runTool } from "./run.ts";
import { type Tier, tiers } from "./tiers.ts";

const { chosen, forVitest } = readArguments(process.argv.slice(2), tiers());
process.exitCode = await runAll(chosen).catch((error: unknown) => {
  if (error instanceof Interrupted) return error.exitCode;
  throw error;
});

/** @returns the exit code: 1 if a test failed, and on a machine that guards the branch (CI=true) also if one was left out */
async function runAll(chosen: readonly Tier[]): Promise<number> {
  let total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const summary: string[] = [];
  for (const tier of chosen) {
    say(`\n── ${tier.name} ──`);
    const ended = await runTier(tier);
    const line = typeof ended === "string" ? `${tier.name} was not run: ${ended}` : `${tier.name}: ${inWords(ended)}`;
    say(line);
    summary.push(line);
    total = add(total, typeof ended === "string" ? { passed: 0, failed: 0, skipped: 1 } : ended);
  }
  say(`\n── all ──\n${summary.join("\n")}\n${inWords(total)}`);
  return total.failed > 0 || (total.skipped > 0 && process.env.CI === "true") ? 1 : 0;
}

/** The names of tiers that the arguments begin with choose (none: all); the rest is vitest's. */
function readArguments(args: readonly string[], known: readonly Tier[]) {
  const end = args.findIndex((arg) => !known.some(({ name }) => name === arg));
  const names = end === -1 ? args : args.slice(0, end);
  const rest = args.slice(names.length);
  if (names.length === 0 && rest[0]?.startsWith("-") === false) {
    process.stderr.write(`error: "${rest[0]}" is not a tier of tests: ${known.map(({ name }) => name).join(", ")}\n`);
    process.exit(1);
  }
  return {
    chosen: names.length === 0 ? known : known.filter(({ name }) => names.includes(name)),
    forVitest: rest,
  };
}

/** @returns how it went, or why the tier cannot run here */
async function runTier({ name, checker, needs }: Tier): Promise<Counts | string> {
  try {
    for (const prepare of needs) {
      const lack = await prepare();
      if (lack) return lack;
    }
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return checker ? await check(checker) : await runProject(name, forVitest);
}

/** A checker of the whole checkout counts as one test. */
async function check({ script, args }: { script: string; args: readonly string[] }): Promise<Counts> {
  const passed = (await runTool(script, args)) === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

async function runProject(name: string, args: readonly string[]): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-test-"));
  try {
    const file = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const code = await runTool("vitest/vitest.mjs", ["run", "--project", name, "--passWithNoTests", ...reporters, ...args]);
    const report: Report | undefined = await readFile(file, "utf8").then(JSON.parse, () => undefined);
    const counts = countReport(report, code);
    // A pattern leaves out tests because it was asked to.
    return args.length === 0 ? counts : { ...counts, skipped: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
