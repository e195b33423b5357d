// npm run house: prints the size of the sources and of the tests, over git's .ts files, next to the limits of docs/architecture.md.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.ts";

type File = { readonly path: string; readonly text: string };

const files = filesOf("cmd", "src");
const tests = filesOf("test");
const exportedNames = files
  .flatMap(({ text }) => [...text.matchAll(/^export (?:async )?(?:const|function\*?|class|type) (\w+)/gm)])
  .map(([, name]) => name);

const rows: readonly (readonly [what: string, count: number, limit: number | undefined])[] = [
  ["lines in cmd and src", lines(files), 21_500],
  ["files in cmd and src", files.length, 270],
  ["files under 25 lines", files.filter((file) => lines([file]) < 25).length, 19],
  ["files above 200 lines", files.filter((file) => lines([file]) > 200).length, undefined],
  ["exported types", count(files, /^export type /gm), 280],
  ["exported names that exist twice", exportedNames.length - new Set(exportedNames).size, 0],
  // A retry: the same condition checks for a conflict and for the number of the attempt.
  ["loops that read, decide and write", count(files, /instanceof Conflict\)? (\|\||&&) .*\b(attempt|round|last)/g), 1],
  ["actions", new Set(files.flatMap(({ text }) => [...text.matchAll(/readonly act: "([\w-]+)"/g)].map(([, act]) => act))).size, 15],
  ["conditional spreads", count(files, /\.\.\.\([^\n?]*&& [^\n?]*\)/g), 0],
  ["files that call reveal()", files.filter(({ text }) => text.includes(".reveal(")).length, 4],
  ["lines in test", lines(tests), 44_000],
];

for (const [what, counted, limit] of rows) {
  const mark = limit === undefined ? "" : `  at most ${limit.toLocaleString("en")}${counted > limit ? "  ✗" : ""}`;
  process.stdout.write(`${what.padEnd(36)}${counted.toLocaleString("en").padStart(7)}${mark}\n`);
}

function filesOf(...folders: string[]): File[] {
  const paths = execFileSync("git", ["ls-files", "-z", "--", ...folders], { cwd: root, encoding: "utf8" }).split("\0");
  return paths.filter((path) => path.endsWith(".ts")).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function lines(all: readonly File[]): number {
  return count(all, /\n/g);
}

function count(all: readonly File[], pattern: RegExp): number {
  return all.reduce((sum, { text }) => sum + (text.match(pattern)?.length ?? 0), 0);
}
