import { join } from "node:path";
import type { Release } from "./destinations.ts";

/** The files for download: archives, and their checksums and provenance. */
const downloads = /\.tar\.gz$|^SHA256SUMS|\.(?:cdx|intoto|sigstore)\.jsonl?$/;

/**
 * Selects the files of one version in a folder.
 *
 * @param names the names of all files in the folder
 */
export function releaseIn(
  folder: string,
  names: readonly string[],
  { version, imageName }: { version: string; imageName: string },
): Release {
  // After the version: a platform, or the extension. A prerelease, `-rc.1`, is another version.
  const ofVersion = new RegExp(`(?<![\\d.])${version.replace(/[.+]/g, "\\$&")}(?:-(?:linux|darwin|windows)-|\\.[a-z])`);
  const own = [...names].sort().filter((name) => !/\d\.\d/.test(name) || ofVersion.test(name));
  const at = (name: string) => join(folder, name);
  return {
    version,
    notes: at("notes.md"),
    files: own.filter((name) => downloads.test(name)).map(at),
    image: { layout: at(`kubectl-acr-secret-image-v${version}`), name: imageName },
  };
}
