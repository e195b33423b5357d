import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.ts";

/** One count of the sources, the tests or the pages, and the most that it may be. */
export type Measure = { readonly what: string; readonly count: number; readonly limit: number };

type File = { readonly path: string; readonly text: string };

/** The most words on a page. */
export const pageLimit = 2_500;

/** Returns a limit 3 % above a count: space for the next changes. */
const above = (count: number): number => Math.floor(count * 1.03);

/** Counts what git has of the sources, the tests and the pages. A change that raises a limit gives its reason in the commit. */
export function measureHouse(): Measure[] {
  const files = sourcesIn("cmd", "src");
  const words = [...wordsByPage().values()];
  const exportedNames = files
    .flatMap(({ text }) => [...text.matchAll(/^export (?:async )?(?:const|function\*?|class|type) (\w+)/gm)])
    .map(([, name]) => name);
  return [
    { what: "lines in cmd and src", count: lines(files), limit: above(33_250) },
    { what: "bytes in cmd and src", count: bytes(files), limit: above(1_693_000) },
    { what: "lines in test", count: lines(sourcesIn("test")), limit: above(63_850) },
    { what: "lines in sandbox", count: lines(sourcesIn("sandbox")), limit: above(7_448) },
    { what: "lines in scripts", count: lines(sourcesIn("scripts")), limit: above(4_550) },
    { what: "files in cmd and src", count: files.length, limit: above(282) },
    { what: "files under 25 lines", count: files.filter((file) => lines([file]) < 25).length, limit: above(14) },
    { what: "exported types", count: matches(files, /^export type /gm), limit: above(309) },
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
    { what: "words on all pages", count: words.reduce((sum, count) => sum + count, 0), limit: above(31_000) },
    { what: "words on the longest page", count: Math.max(...words), limit: pageLimit },
  ];
}

/** Returns the number of words on README.md and on each page of docs/, by path. The track record has a row for each fault. */
export function wordsByPage(): ReadonlyMap<string, number> {
  const pages = filesOf("README.md", "docs").filter(({ path }) => /^(README|docs\/(?!track-record)[^/]+)\.md$/.test(path));
  return new Map(pages.map(({ path, text }) => [path, wordsIn(text)]));
}

/** Counts the words with a letter or a digit. Tables, code and generated parts count, comments do not. */
export function wordsIn(page: string): number {
  const text = page.replace(/<!--[\s\S]*?-->/g, "");
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

const sourcesIn = (...folders: string[]): File[] => filesOf(...folders).filter(({ path }) => /\.(ts|mjs|cjs)$/.test(path));

function filesOf(...paths: string[]): File[] {
  const found = execFileSync("git", ["ls-files", "-z", "--", ...paths], { cwd: root, encoding: "utf8" }).split("\0");
  const isThere = (path: string) => path !== "" && existsSync(join(root, path));
  return found.filter(isThere).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function lines(all: readonly File[]): number {
  return matches(all, /\n/g);
}

const bytes = (all: readonly File[]): number => all.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);

function matches(all: readonly File[], pattern: RegExp): number {
  return all.reduce((sum, { text }) => sum + (text.match(pattern)?.length ?? 0), 0);
}
