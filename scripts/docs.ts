// npm run docs: writes the generated parts of the pages: the tables of verbs and flags.
// -- --record PAGE…: runs the terminal sessions of pages again, and writes their new output. For README.md, also draws its picture again.
// -- --check [PAGE…]: writes nothing, prints the pages that would change, and exits 1 if there are any.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { showProgress } from "../sandbox/progress.ts";
import { type Page, pages, pagesWithSessions } from "./docs/pages.ts";
import type { Recording } from "./docs/record.ts";
import { root } from "./run.ts";

try {
  const { check, names } = readArguments(process.argv.slice(2));
  const { recorded, problems } = await record(names);
  const changed = (await pages(recorded)).filter(({ now, wanted }) => now !== wanted);
  const unwritten = check ? changed.map(({ path }) => path) : await write(changed);
  for (const { path } of changed) if (check || !unwritten.includes(path)) process.stdout.write(`${path}\n`);
  for (const problem of problems) complain(problem);
  process.exitCode = unwritten.length > 0 || problems.length > 0 ? 1 : 0;
} catch (error) {
  complain(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function readArguments(args: string[]): { check: boolean; names: readonly string[] } {
  const options = { check: { type: "boolean", default: false }, record: { type: "boolean", default: false } } as const;
  const { values, positionals: names } = parseArgs({ args, options, allowPositionals: true });
  if (values.record && names.length === 0) throw new Error("say which pages: npm run docs -- --record docs/create.md");
  if (names.length > 0 && !values.record && !values.check) throw new Error("say --record or --check before the names of pages");
  return { check: values.check, names };
}

async function record(names: readonly string[]): Promise<Recording> {
  const named = await pagesWithSessions(names);
  if (named.length === 0) return { recorded: new Map(), problems: [] };
  const { recordPages } = await import("./docs/record.ts"); // imports the code that builds and packages the plugin
  const { line, done } = showProgress(process.stderr);
  return await recordPages(named, line).finally(done);
}

/** @returns the paths of the files that another process changed in the meantime, which stay unchanged */
async function write(changed: readonly Page[]): Promise<string[]> {
  const left: string[] = [];
  for (const { path, now, wanted } of changed) {
    if ((await readFile(join(root, path), "utf8").catch(() => "")) === now) await writeFile(join(root, path), wanted);
    else left.push(path);
  }
  for (const path of left) complain(`${path} was changed meanwhile, so it was not written: run this again`);
  return left;
}

function complain(sentence: string): void {
  process.stderr.write(`error: ${sentence}\n`);
}
