import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.ts";

/** One count of the sources or the tests, and the most that it may be. */
export type Measure = { readonly what: string; readonly count: number; readonly limit: number };

type File = { readonly path: string; readonly text: string };

/** Counts git's .ts files. A change that raises a limit gives its reason in the commit. */
export function measureHouse(): Measure[] {
  const files = filesOf("cmd", "src");
  const exportedNames = files
    .flatMap(({ text }) => [...text.matchAll(/^export (?:async )?(?:const|function\*?|class|type) (\w+)/gm)])
    .map(([, name]) => name);
  return [
    { what: "lines in cmd and src", count: lines(files), limit: 29_500 },
    { what: "lines in test", count: lines(filesOf("test")), limit: 58_800 },
    { what: "lines in sandbox", count: lines(filesOf("sandbox")), limit: 8_150 },
    { what: "lines in scripts", count: lines(filesOf("scripts")), limit: 5_200 },
    { what: "files in cmd and src", count: files.length, limit: 267 },
    { what: "files under 25 lines", count: files.filter((file) => lines([file]) < 25).length, limit: 15 },
    { what: "exported types", count: matches(files, /^export type /gm), limit: 305 },
    { what: "exported names that exist twice", count: exportedNames.length - new Set(exportedNames).size, limit: 0 },
    // A retry: the same condition checks for a conflict and for the number of the attempt.
    {
      what: "loops that read, decide and write",
      count: matches(files, /instanceof Conflict\)? (\|\||&&) .*\b(attempt|round|last)/g),
      limit: 2,
    },
    {
      what: "decisions about an object",
      count: new Set(files.flatMap(({ text }) => [...text.matchAll(/readonly act: "([\w-]+)"/g)].map(([, act]) => act))).size,
      limit: 8,
    },
    { what: "conditional spreads", count: matches(files, /\.\.\.\([^\n?]*&& [^\n?]*\)/g), limit: 0 },
    { what: "files that call reveal()", count: files.filter(({ text }) => text.includes(".reveal(")).length, limit: 4 },
  ];
}

function filesOf(...folders: string[]): File[] {
  const paths = execFileSync("git", ["ls-files", "-z", "--", ...folders], { cwd: root, encoding: "utf8" }).split("\0");
  return paths.filter((path) => /\.(ts|mjs|cjs)$/.test(path)).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function lines(all: readonly File[]): number {
  return matches(all, /\n/g);
}

function matches(all: readonly File[], pattern: RegExp): number {
  return all.reduce((sum, { text }) => sum + (text.match(pattern)?.length ?? 0), 0);
}
