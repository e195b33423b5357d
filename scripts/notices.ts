import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { foldersOf } from "./package/libraries.ts";
import { root } from "./run.ts";

/** A license text that must accompany a program which contains the work. */
type Notice = { readonly work: string; readonly text: string };

/**
 * Returns the licenses of everything in the binary: Node, and the npm packages whose files were bundled.
 *
 * @param sources the files of the bundles, relative to the checkout
 * @param node the folder of the npm package that contains Node
 * @throws Error for a package without a license file
 */
export async function notices(sources: Iterable<string>, node: string): Promise<string> {
  const folders = foldersOf(sources);
  const found = await Promise.all([noticeOf(node, "Node.js"), ...folders.map((folder) => noticeOf(join(root, folder)))]);
  const rule = "=".repeat(80);
  return `${found.map(({ work, text }) => `${rule}\n${work}\n${rule}\n\n${text.trim()}\n`).join("\n")}`;
}

async function noticeOf(folder: string, as?: string): Promise<Notice> {
  const { name: own, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const name = as ?? own;
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  if (files.length === 0) throw new Error(`${name} ${version} has no license file, so it cannot be given away`);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return { work: `${name} ${version}`, text: texts.join("\n\n") };
}
