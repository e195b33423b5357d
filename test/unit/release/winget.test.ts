import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { guardedFolder } from "../../../sandbox/guard.ts";
import { sha256Of } from "../../../scripts/krew/archive.ts";
import { wingetManifests, zip } from "../../../scripts/release/winget.ts";

const said = {
  version: "1.2.3",
  homepage: "https://github.com/o/r",
  synopsis: "Pull secrets for Azure Container Registry",
  description: "It makes pull secrets.\n",
};
const uri = (arch: string) => `https://github.com/o/r/releases/download/v1.2.3/kubectl-acr_secret-v1.2.3-windows-${arch}.zip`;
const zips = [
  { arch: "x64", uri: uri("amd64"), sha256: "ab".repeat(32) },
  { arch: "arm64", uri: uri("arm64"), sha256: "cd".repeat(32) },
] as const;
const manifests = wingetManifests(said, zips);

/** The rules in the schemas of winget 1.9.0 on the fields that this project writes. Any other field would be a misspelled one. */
const identifier = /^[^.\s\\/:*?"<>|]{1,32}(\.[^.\s\\/:*?"<>|]{1,32}){1,7}$/;
const address = /^https:\/\/.{1,2000}$/;
const head = { PackageIdentifier: identifier, PackageVersion: /^[^\\/:*?"<>|]{1,128}$/, ManifestVersion: /^1\.9\.0$/ };
const asked: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  "KubectlAcrSecret.KubectlAcrSecret.yaml": { ...head, DefaultLocale: /^en-US$/, ManifestType: /^version$/ },
  "KubectlAcrSecret.KubectlAcrSecret.locale.en-US.yaml": {
    ...head,
    PackageLocale: /^en-US$/,
    Publisher: /^.{2,256}$/,
    PackageName: /^.{2,256}$/,
    PackageUrl: address,
    License: /^.{3,512}$/,
    LicenseUrl: address,
    ShortDescription: /^.{3,256}$/,
    Description: /^[\s\S]{3,10000}$/,
    ReleaseNotesUrl: address,
    ManifestType: /^defaultLocale$/,
  },
  "KubectlAcrSecret.KubectlAcrSecret.installer.yaml": {
    ...head,
    InstallerType: /^zip$/,
    NestedInstallerType: /^portable$/,
    "NestedInstallerFiles.0.RelativeFilePath": /^kubectl-acr_secret\.exe$/,
    "NestedInstallerFiles.0.PortableCommandAlias": /^.{1,40}$/,
    "Dependencies.PackageDependencies.0.PackageIdentifier": identifier,
    "Installers.0.Architecture": /^x64$/,
    "Installers.0.InstallerUrl": address,
    "Installers.0.InstallerSha256": /^[A-F0-9]{64}$/,
    "Installers.1.Architecture": /^arm64$/,
    "Installers.1.InstallerUrl": address,
    "Installers.1.InstallerSha256": /^[A-F0-9]{64}$/,
    ManifestType: /^installer$/,
  },
};

/** Returns `{ "a.0.b": "text" }` for `{ a: [{ b: "text" }] }`. */
function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, path === "" ? key : `${path}.${key}`));
}

test("writes a file of each kind", () => {
  expect(Object.keys(manifests).sort()).toEqual(Object.keys(asked).sort());
});

test.for(Object.entries(asked))("passes winget's schema with %s", ([file, fields]) => {
  const found = leaves(parse(manifests[file] ?? ""));

  expect(found.map(([path]) => path).sort()).toEqual(Object.keys(fields).sort());
  for (const [path, value] of found) expect(value, path).toMatch(fields[path] ?? /^$/);
});

test("writes the same bytes of a zip each time", async () => {
  const home = await guardedFolder("acr-secret-zip-");
  onTestFinished(() => home.remove());
  const at = (name: string) => join(home.path, name);
  await writeFile(at("LICENSE"), "MIT\n");
  await writeFile(at("kubectl-acr_secret.exe"), "MZ".repeat(1000));

  for (const name of ["one.zip", "two.zip"]) await zip(home.path, ["LICENSE", "kubectl-acr_secret.exe"], at(name));

  expect(sha256Of(await readFile(at("one.zip")))).toBe(sha256Of(await readFile(at("two.zip"))));
  const script =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), [(i.filename, i.file_size) for i in z.infolist()])";
  const { stdout } = await promisify(execFile)("python3", ["-c", script, at("one.zip")]);
  expect(stdout).toBe("None [('LICENSE', 4), ('kubectl-acr_secret.exe', 2000)]\n");
});
