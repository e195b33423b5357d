import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../run.ts";

/** An npm package with files in the binary. */
export type Library = {
  readonly name: string;
  readonly version: string;
  /** SPDX expression */
  readonly license: string;
  /** the integrity of the npm package in package-lock.json: `sha512-…` in base64 */
  readonly integrity: string;
};

/** Returns the folders of the packages that contain files, relative to the checkout. Of nested packages, the innermost counts. */
export const foldersOf = (sources: Iterable<string>): string[] =>
  [...new Set([...sources].flatMap((source) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? []))].sort();

/** Returns the libraries of the source files. @throws Error for a package that package-lock.json does not pin */
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
