import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseDocument } from "yaml";
import { archiveProblems } from "./archive.ts";
import type { Manifest } from "./manifest.ts";
import { descriptorProblems, manifestProblems } from "./rules.ts";

export type Verdict = {
  /** The problems, one line each. */
  readonly problems: readonly string[];
  /** The archives that do not exist, and were therefore not checked. */
  readonly unseen: readonly string[];
};

/**
 * Checks a manifest file, and its archives that are in a folder.
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

/** Checks the text of plugin.yaml. @returns its value, too, which is a Descriptor if there are no problems */
export function readDescriptor(text: string): { value: unknown; problems: string[] } {
  const { value, problems } = parse(text);
  return { value, problems: problems.length > 0 ? problems : descriptorProblems(value) };
}

/** Parses a YAML document strictly: a duplicate key is an error. Krew's parser accepts duplicate keys. */
function parse(text: string): { value: unknown; problems: string[] } {
  const document = parseDocument(text, { prettyErrors: false });
  const problems = [...document.errors, ...document.warnings].map(({ message }) => `yaml: ${message.split("\n")[0]}`);
  return { value: problems.length > 0 ? undefined : document.toJS(), problems };
}
