import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readTranscript } from "../../sandbox/transcript.ts";
import { root } from "../run.ts";
import { explaining, explanationsFile } from "./explanations.ts";
import { fileSchema, fileSchemaPath } from "./file-schema.ts";
import { pictured } from "./picture.ts";
import { withTables } from "./tables.ts";

/** A file of the documentation: its current text, and the text that it should have. */
export type Page = { readonly path: string; readonly now: string; readonly wanted: string };

/** The new text of recorded pages, by path. */
export type Recorded = ReadonlyMap<string, string>;

/** Transcripts that only tests read, in the format of the pages. */
const transcripts = "test/cluster/transcripts";

/** Returns every page with new tables, the picture, and the schema of a file of desired state. Recorded pages also have their new sessions. */
export async function pages(recorded: Recorded = new Map()): Promise<Page[]> {
  const texts = await Promise.all((await pageNames()).map(async (path) => ({ path, now: await readFile(join(root, path), "utf8") })));
  const made = texts.map(({ path, now }) => ({ path, now, wanted: withTables(recorded.get(path) ?? now) }));
  const read = (path: string) => readFile(join(root, path), "utf8").catch(() => "");
  const drawn = await read(pictured.image);
  const picture = { path: pictured.image, now: drawn, wanted: recorded.get(pictured.image) ?? drawn };
  const schema = { path: fileSchemaPath, now: await read(fileSchemaPath), wanted: fileSchema() };
  return [...made, picture, schema, await carried(made)];
}

/** Returns the file with the explanations that the plugin contains. */
async function carried(made: readonly Page[]): Promise<Page> {
  const path = "cmd/explain/texts.json";
  const now = await readFile(join(root, path), "utf8").catch(() => "");
  return { path, now, wanted: explanationsFile(explaining.map((name) => made.find(({ path: of }) => of === name)?.wanted ?? "")) };
}

/**
 * Returns the pages with these names and their texts.
 *
 * @throws Error if a page does not exist or has no session
 */
export async function pagesWithSessions(names: readonly string[]): Promise<{ path: string; text: string }[]> {
  const known = await pageNames();
  const found = await Promise.all(
    names.map(async (name) => {
      const path = name.replace(/^\.\//, "");
      if (!known.includes(path)) throw new Error(`"${name}" is not a page: README.md, docs/NAME.md or ${transcripts}/NAME.md`);
      return { path, text: await readFile(join(root, path), "utf8") };
    }),
  );
  for (const { path, text } of found) if (readTranscript(text).length === 0) throw new Error(`${path} has no terminal session`);
  return found;
}

async function pageNames(): Promise<string[]> {
  const folders = await Promise.all(
    ["docs", transcripts].map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  );
  return ["README.md", ...folders.flat().filter((name) => name.endsWith(".md"))];
}
