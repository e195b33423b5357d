import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import packageJson from "../../package.json" with { type: "json" };
import { guardedFolder } from "../../sandbox/guard.ts";
import { packagePlugin } from "../package.ts";
import { type Platform, platforms } from "../platforms.ts";
import { root } from "../run.ts";
import type { Make } from "./channel.ts";
import { packageName } from "./debian.ts";
import { npmScope } from "./destinations.ts";

const systems = { linux: "linux", macos: "darwin", win: "win32" } as const;

/** Returns Node's name of a platform: `linux-x64`. */
const nodeName = ({ target }: Platform) => `${systems[target.platform]}-${target.arch}`;

const completer = "kubectl_complete-acr_secret";

function common(version: string) {
  const { description, license } = packageJson;
  return { version, description, license, repository: "github:kubectl-acr-secret/kubectl-acr-secret" };
}

/** Returns package.json of the package with one platform's program. npm installs it only on that platform. */
export function platformPackage(platform: Platform, version: string) {
  const { target } = platform;
  return {
    name: `${npmScope}/${nodeName(platform)}`,
    ...common(version),
    os: [systems[target.platform]],
    cpu: [target.arch],
    preferUnplugged: true,
  };
}

/** Returns package.json of the package that users install: the commands, and every platform's package as an optional dependency. */
function mainPackage(version: string) {
  return {
    name: packageName,
    ...common(version),
    bin: { "kubectl-acr_secret": "bin/kubectl-acr_secret", [completer]: `bin/${completer}` },
    optionalDependencies: Object.fromEntries(platforms.map((platform) => [platformPackage(platform, version).name, version])),
  };
}

/** Creates npm's packages: one for every platform, and the one that users install. @returns the paths of their tarballs */
export const npmPackages: Make = async ({ platforms: wanted, version, into, progress }) => {
  const work = await guardedFolder("acr-secret-npm-");
  const pack = async (name: string) => {
    const args = ["pack", join(work.path, name), "--pack-destination", into, "--silent"];
    const { stdout } = await promisify(execFile)("npm", args, { cwd: work.path });
    return join(into, stdout.trim());
  };
  try {
    const made: string[] = [];
    for (const platform of wanted) {
      progress(`Making npm's package of ${platform.name}`);
      await writePlatform(join(work.path, nodeName(platform)), platform, version, (await packagePlugin({ progress, platform })).folder);
      made.push(await pack(nodeName(platform)));
    }
    await writeMain(join(work.path, "main"), version);
    return [...made, await pack("main")];
  } finally {
    await work.remove();
  }
};

async function writePlatform(folder: string, platform: Platform, version: string, from: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), json(platformPackage(platform, version)));
  for (const name of [platform.program, "LICENSE", "THIRD_PARTY_LICENSES"]) await copyFile(join(from, name), join(folder, name));
  await writeFile(
    join(folder, "README.md"),
    `The program of [${packageName}](https://www.npmjs.com/package/${packageName}) for ${platform.name}.\n`,
  );
}

async function writeMain(folder: string, version: string): Promise<void> {
  const bin = join(folder, "bin");
  const scripts = join(import.meta.dirname, "npm");
  await mkdir(bin, { recursive: true });
  for (const name of ["LICENSE", "README.md"]) await copyFile(join(root, name), join(folder, name));
  for (const name of await readdir(scripts)) await copyFile(join(scripts, name), join(bin, name.replace("run.cjs", "kubectl-acr_secret")));
  await writeFile(join(bin, completer), '#!/bin/sh\nexec kubectl acr-secret __complete "$@"\n');
  for (const name of ["kubectl-acr_secret", completer]) await chmod(join(bin, name), 0o755);
  await writeFile(
    join(bin, "platforms.json"),
    json({ programs: Object.fromEntries(platforms.map((one) => [nodeName(one), one.program])) }),
  );
  await writeFile(join(folder, "package.json"), json(mainPackage(version)));
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
