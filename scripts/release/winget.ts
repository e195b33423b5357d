import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { stringify } from "yaml";
import yazl from "yazl";
import { sha256Of } from "../krew/archive.ts";
import { descriptor } from "../krew/generate.ts";
import { packagePlugin } from "../package.ts";
import { archiveName, type Platform } from "../platforms.ts";
import type { Make } from "./channel.ts";

/** A zip of a release. winget accepts no other archive format. */
export type Zip = { readonly arch: Platform["target"]["arch"]; readonly uri: string; readonly sha256: string };

type Said = { readonly version: string; readonly homepage: string; readonly synopsis: string; readonly description: string };

const identifier = "KubectlAcrSecret.KubectlAcrSecret";
const schema = "1.9.0";

/**
 * Returns the manifests of a version for winget-pkgs, by file name (github.com/microsoft/winget-cli schemas/JSON/manifests/v1.9.0).
 * winget puts the program on PATH, where kubectl finds it.
 */
export function wingetManifests(
  { version, homepage, synopsis, description }: Said,
  zips: readonly Zip[],
): Readonly<Record<string, string>> {
  const about = { PackageIdentifier: identifier, PackageVersion: version };
  const text = (type: string, fields: object) =>
    `# yaml-language-server: $schema=https://aka.ms/winget-manifest.${type}.${schema}.schema.json\n${stringify(
      { ...about, ...fields, ManifestType: type, ManifestVersion: schema },
      { lineWidth: 0 },
    )}`;
  const program = "kubectl-acr_secret.exe";
  return {
    [`${identifier}.yaml`]: text("version", { DefaultLocale: "en-US" }),
    [`${identifier}.installer.yaml`]: text("installer", {
      InstallerType: "zip",
      NestedInstallerType: "portable",
      NestedInstallerFiles: [{ RelativeFilePath: program, PortableCommandAlias: "kubectl-acr_secret" }],
      Dependencies: { PackageDependencies: [{ PackageIdentifier: "Kubernetes.kubectl" }] },
      Installers: zips.map(({ arch, uri, sha256 }) => ({ Architecture: arch, InstallerUrl: uri, InstallerSha256: sha256.toUpperCase() })),
    }),
    [`${identifier}.locale.en-US.yaml`]: text("defaultLocale", {
      PackageLocale: "en-US",
      Publisher: "The kubectl-acr-secret authors",
      PackageName: "kubectl acr-secret",
      PackageUrl: homepage,
      License: "MIT",
      LicenseUrl: `${homepage}/blob/v${version}/LICENSE`,
      ShortDescription: synopsis,
      Description: description.trim(),
      ReleaseNotesUrl: `${homepage}/releases/tag/v${version}`,
    }),
  };
}

/** Creates a zip for each requested Windows platform, and the manifests that name them. @returns all paths */
export const wingetPackage: Make = async ({ platforms, version, into, progress }) => {
  const windows = platforms.filter(({ target }) => target.platform === "win");
  if (windows.length === 0) return [];
  const { homepage, shortDescription, description } = (await descriptor()).spec;
  const zips: Zip[] = [];
  const made: string[] = [];
  for (const platform of windows) {
    const { folder } = await packagePlugin({ progress, platform });
    const name = archiveName(platform.name, version).replace(/\.tar\.gz$/, ".zip");
    progress(`Compressing ${name}`);
    const path = join(into, name);
    await zip(folder, ["LICENSE", "THIRD_PARTY_LICENSES", platform.program], path);
    const uri = `${homepage}/releases/download/v${version}/${name}`;
    zips.push({ arch: platform.target.arch, uri, sha256: sha256Of(await readFile(path)) });
    made.push(path);
  }
  const folder = join(into, "winget");
  await mkdir(folder, { recursive: true });
  const manifests = wingetManifests({ version, homepage, synopsis: shortDescription, description }, zips);
  for (const [name, text] of Object.entries(manifests)) {
    await writeFile(join(folder, name), text);
    made.push(join(folder, name));
  }
  return made;
};

/** Creates a zip. The same files give the same bytes. A zip cannot contain a date before 1980. */
export async function zip(folder: string, names: readonly string[], path: string): Promise<void> {
  const file = new yazl.ZipFile();
  const mtime = new Date(1980, 0, 1);
  for (const name of names) file.addFile(join(folder, name), name, { mtime, mode: 0o100755, forceDosTimestamp: true });
  file.end();
  await pipeline(file.outputStream, createWriteStream(path));
}
