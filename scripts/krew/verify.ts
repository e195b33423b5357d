import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseDocument } from "yaml";
import { archiveProblems } from "./archive.ts";
import type { Manifest } from "./manifest.ts";
import { descriptorProblems, manifestProblems } from "./rules.ts";

export type Verdict = {
  /** What is wrong, a line each. */
  readonly problems: readonly string[];
  /** The archives that are not there, so that nothing is known of them. */
  readonly unseen: readonly string[];
};

/**
 * Judges a manifest by its file, and those of its archives that lie in a folder.
 *
 * @throws if the file cannot be read
 */
export async function verify(file: string, dist: string): Promise<Verdict> {
  const { value, problems } = parse(await readFile(file, "utf8"));
  const wrong = problems.length > 0 ? problems : manifestProblems(value, file);
  if (wrong.length > 0) return { problems: wrong, unseen: [] };
  const found: string[] = [];
  const unseen: string[] = [];
  for (const platform of (value as Manifest).spec.platforms) {
    const name = basename(new URL(platform.uri).pathname);
    const archive = await readFile(join(dist, name)).catch(() => undefined);
    if (archive) found.push(...archiveProblems(archive, platform).map((problem) => `${problem} (${name})`));
    else unseen.push(name);
  }
  return { problems: found, unseen };
}

/** Judges the text of plugin.yaml. @returns its value too, which is a Descriptor if there are no problems */
export function readDescriptor(text: string): { value: unknown; problems: string[] } {
  const { value, problems } = parse(text);
  return { value, problems: problems.length > 0 ? problems : descriptorProblems(value) };
}

/** A YAML document, strictly: a key that is there twice is an error, which Krew's reader lets pass. */
function parse(text: string): { value: unknown; problems: string[] } {
  const document = parseDocument(text, { prettyErrors: false });
  const problems = [...document.errors, ...document.warnings].map(({ message }) => `yaml: ${message.split("\n")[0]}`);
  return { value: problems.length > 0 ? undefined : document.toJS(), problems };
}
