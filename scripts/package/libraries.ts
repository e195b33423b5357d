import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../run.ts";

/** An npm package whose files are in the binary. */
export type Library = {
  readonly name: string;
  readonly version: string;
  /** SPDX expression */
  readonly license: string;
  /** of the package as npm has it, as package-lock.json says: `sha512-…` in base64 */
  readonly integrity: string;
};

/** The folders, relative to the checkout, of the packages that files belong to; the innermost, where one has its own copy of another. */
export const foldersOf = (sources: Iterable<string>): string[] =>
  [...new Set([...sources].flatMap((source) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? []))].sort();

/** @throws Error for a package that package-lock.json does not pin */
export async function librariesOf(sources: Iterable<string>): Promise<Library[]> {
  const { packages } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  return Promise.all(
    foldersOf(sources).map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
      const { version: pinned, integrity } = packages[folder] ?? {};
      if (version !== pinned) throw new Error(`${folder} is ${version}, but package-lock.json has ${pinned}: npm ci`);
      return { name, version, license, integrity };
    }),
  );
}
