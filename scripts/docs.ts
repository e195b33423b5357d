// npm run docs: writes what the pages show of the code itself: the tables of verbs and flags, and the picture of the tour.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Flag, Flags } from "../cmd/line/flags.ts";
import type { Verb } from "../cmd/verb.ts";
import { verbs } from "../cmd/verbs.ts";
import { readTranscript } from "../sandbox/transcript.ts";
import { picture } from "./picture.ts";
import { root } from "./run.ts";

/** A file of the documentation as it is, and as it should be. */
export type Page = { readonly path: string; readonly now: string; readonly wanted: string };

/** Every page, with its tables made anew, and the picture. */
export async function pages(): Promise<Page[]> {
  const names = ["README.md", ...(await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
  const texts = await Promise.all(names.map((name) => readFile(join(root, name), "utf8")));
  const image = "docs/images/tour.svg";
  const drawn = await readFile(join(root, image), "utf8").catch(() => "");
  const tour = texts[names.indexOf("docs/tour.md")] ?? "";
  return [
    ...texts.map((now, index) => ({ path: names[index] ?? "", now, wanted: withTables(now) })),
    { path: image, now: drawn, wanted: picture(readTranscript(tour)) },
  ];
}

/** Fills a page's marked places: `<!-- verbs -->` and `<!-- flags:create -->`, each up to the comment that closes it. */
export function withTables(page: string): string {
  return page
    .replace(/(<!-- verbs -->\n)[\s\S]*?(<!-- \/verbs -->)/g, (_, open, close) => `${open}${verbTable(verbs)}${close}`)
    .replace(/(<!-- flags:(\S+) -->\n)[\s\S]*?(<!-- \/flags -->)/g, (_, open, name, close) => `${open}${flagTable(flagsOf(name))}${close}`);
}

function flagsOf(name: string): Flags {
  const verb = verbs.find((each) => each.name === name);
  if (!verb) throw new Error(`a page wants the flags of ${name}, which is no verb`);
  return verb.flags;
}

/** A verb that has a page of its own is a link to it. */
function verbTable(rows: readonly Verb[]): string {
  const cell = (name: string) => (name === "options" ? `\`${name}\`` : `[\`${name}\`](docs/${name}.md)`);
  return table(
    ["verb", "what it does"],
    rows.map(({ name, summary }) => [cell(name), summary]),
  );
}

function flagTable(flags: Flags): string {
  const rows = Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));
  return table(
    ["flag", "default", "meaning"],
    rows.map(([name, flag]) => [`\`${flag.short ? `-${flag.short}, ` : ""}--${name}\``, shownDefault(flag), flag.describe]),
  );
}

function shownDefault({ type, default: value }: Flag): string {
  if (value !== undefined) return `\`${value}\``;
  return type === "boolean" ? "`false`" : "";
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("*", "\\*")).join(" | ")} |\n`;
  return line(header) + line(header.map(() => "---")) + rows.map(line).join("");
}

if (import.meta.main) {
  for (const { path, now, wanted } of await pages()) {
    if (now === wanted) continue;
    await writeFile(join(root, path), wanted);
    process.stdout.write(`${path}\n`);
  }
}
