import { join } from "node:path";
import type { Release } from "./destinations.ts";

/** What people download: archives, packages, and what speaks for them. */
const downloads = /\.(?:tar\.gz|zip|deb|rpm)$|^SHA256SUMS|\.(?:cdx|intoto|sigstore)\.jsonl?$/;

/**
 * What of a version lies in a folder. npm's main package comes after those that it asks for.
 *
 * @param names what is in the folder; of other versions nothing is taken
 */
export function releaseIn(
  folder: string,
  names: readonly string[],
  { version, imageName }: { version: string; imageName: string },
): Release {
  const own = [...names].sort().filter((name) => !/\d\.\d/.test(name) || name.includes(`${version}-`) || name.includes(`${version}.`));
  const main = `kubectl-acr-secret-${version}.tgz`;
  const tarballs = own.filter((name) => name.endsWith(".tgz"));
  const at = (name: string) => join(folder, name);
  return {
    version,
    notes: at("notes.md"),
    files: own.filter((name) => downloads.test(name)).map(at),
    npm: [...tarballs.filter((name) => name !== main), ...tarballs.filter((name) => name === main)].map(at),
    image: { layout: at(`kubectl-acr-secret-image-v${version}`), name: imageName },
  };
}
