// npm run mutants [-- FOLDER…]: changes the code in small ways and runs the unit tests on each change. Prints the changes that no test
// notices, and each folder's score. To excuse a mutant that cannot matter, add a comment in its place: `// Stryker disable next-line all:
// REASON`.
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { inWords, scores, survivors } from "./mutants/score.ts";
import { root } from "./run.ts";

/** Folders with pure code that makes decisions. */
const usual = ["src/plan", "src/secret", "src/check", "src/kubelet", "src/actions", "src/workflows", "src/credential"];

const folders = process.argv.length > 2 ? process.argv.slice(2) : usual;
for (const folder of folders) {
  const isThere = await stat(join(root, folder)).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isThere) continue;
  process.stderr.write(`error: "${folder}" is not a folder of the sources: npm run mutants -- ${usual[0]}\n`);
  process.exit(1);
}

process.chdir(root);
const results = await new Stryker({
  mutate: folders.map((folder) => `${folder}/**/*.ts`),
  plugins: ["@stryker-mutator/vitest-runner"],
  testRunner: "vitest",
  vitest: { configFile: "scripts/mutants/vitest.config.ts" },
  // TypeScript 7 has no JavaScript API that Stryker could call to read a tsconfig.
  tsconfigFile: "none",
  coverageAnalysis: "perTest",
  concurrency: 2,
  // On a busy machine a slow test must not count as an endless loop.
  timeoutMS: 30_000,
  reporters: ["progress-append-only"],
  tempDirName: "dist/mutants",
  cleanTempDir: "always",
  ignorePatterns: ["dist", "krew-manifest"],
}).runMutationTest();

const mutants = results.map((result) => ({ ...result, fileName: relative(root, result.fileName).replaceAll("\\", "/") }));
const unnoticed = survivors(mutants, (fileName) => readFileSync(join(root, fileName), "utf8"));
for (const line of ["", ...unnoticed, "", ...scores(mutants).map(inWords)]) process.stdout.write(`${line}\n`);
