import { readFile } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import type { Bundle } from "../bundle.ts";
import { archiveName, platforms } from "../platforms.ts";
import { sha256Of } from "../sha256.ts";
import { baseOf } from "./base.ts";
import { billOfMaterials } from "./bill.ts";
import { librariesOf } from "./libraries.ts";
import { provenance } from "./provenance.ts";
import { commit } from "./source.ts";

/**
 * Returns the files that describe the archives of a release, by file name: their sha256, their contents, and their provenance.
 *
 * @param dist the folder of the archives of all platforms
 * @throws if an archive does not exist
 */
export async function papersOf(dist: string, bundles: ReadonlyMap<string, Bundle>): Promise<ReadonlyMap<string, string>> {
  const { version } = packageJson;
  const archives = await Promise.all(
    platforms.map(async ({ name }) => {
      const file = archiveName(name, version);
      return { name: file, sha256: sha256Of(await readFile(join(dist, file))) };
    }),
  );
  const sources = [...bundles.values()].flatMap((bundle) => bundle.sources);
  const nodes = await Promise.all(
    platforms.map(async (platform) => {
      const { version: node, integrity } = await baseOf(platform);
      return { name: platform.base.package, version: node, license: "MIT", integrity };
    }),
  );
  const made = { version, archives, nodes, libraries: await librariesOf(sources), commit: await commit() };
  const stem = `kubectl-acr_secret-v${version}`;
  return new Map([
    ["SHA256SUMS", archives.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("")],
    [`${stem}.cdx.json`, `${JSON.stringify(billOfMaterials(made), undefined, 2)}\n`],
    [`${stem}.intoto.json`, `${JSON.stringify(provenance(made), undefined, 2)}\n`],
  ]);
}
