// npm run man: writes the manual pages of the plugin and of each verb into dist/man, with the texts of the help.
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { opened } from "../cmd/verb.ts";
import { verbs } from "../cmd/verbs.ts";
import packageJson from "../package.json" with { type: "json" };
import { dayOf } from "./man/day.ts";
import { mainPage, pageName, verbPage } from "./man/page.ts";
import { root } from "./run.ts";

const all = await Promise.all(verbs.map(opened));

/** Returns every manual page by its file name: `kubectl-acr-secret-create.1`. The same sources give the same bytes. */
export function manPages(): ReadonlyMap<string, string> {
  const { description, version } = packageJson;
  const edition = { version, day: dayOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version) };
  return new Map([
    [`${pageName()}.1`, mainPage(all, description, edition)],
    ...all.map((verb) => [`${pageName(verb.name)}.1`, verbPage(verb, all, edition)] as const),
  ]);
}

if (process.argv[1] === import.meta.filename) {
  const folder = join(root, "dist", "man");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of manPages()) await writeFile(join(folder, name), text);
  process.stdout.write(`${folder}\n`);
}
