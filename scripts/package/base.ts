import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../sandbox/cache.ts";
import type { Platform } from "../platforms.ts";
import { root } from "../run.ts";

/** The Node of a platform's binary: the folder of its package, its program, its version (`22.23.2`) and its integrity. */
export type Base = { readonly folder: string; readonly program: string; readonly version: string; readonly integrity: string };

/** The entry of a package in package-lock.json. */
type Pin = { readonly version: string; readonly integrity: string };

/**
 * Returns the Node of a platform at the version in package-lock.json. npm installs only this machine's Node. For another platform, npm
 * downloads it once per user, and it is kept only if it has the integrity in package-lock.json.
 *
 * @throws Error with npm's message if the download fails
 */
export async function baseOf(platform: Platform): Promise<Base> {
  const { package: name, program } = platform.base;
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  const { version, integrity } = lock.packages[`node_modules/${name}`];
  const pin: Pin = { version, integrity };
  const installed = join(root, "node_modules", name);
  const folder = (await versionIn(installed)) === pin.version ? installed : await fetched(platform, pin);
  return { folder, program: join(folder, program), ...pin };
}

async function fetched(platform: Platform, pin: Pin): Promise<string> {
  const { package: name } = platform.base;
  const id = createHash("sha256").update(pin.integrity).digest("hex").slice(0, 12);
  const folder = cacheFolder(process.env, "nodes", `${name}-${pin.version}-${id}`);
  if (await versionIn(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  const fresh = await mkdtemp(`${folder}.`);
  try {
    await install(platform, pin, fresh);
    // Another run may have been faster.
    await rename(join(fresh, "node_modules", name), folder).catch(async (error) => {
      if (!(await versionIn(folder))) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Runs npm to install one package into a folder as if on that platform. npm checks the integrity in the lock file. */
async function install({ base, os, target }: Platform, { version, integrity }: Pin, folder: string): Promise<void> {
  const dependencies = { [base.package]: version };
  const lock = { lockfileVersion: 3, packages: { "": { dependencies }, [`node_modules/${base.package}`]: { version, integrity } } };
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify(lock));
  const machine = [`--os=${os}`, `--cpu=${target.arch}`];
  const args = ["ci", "--prefix", folder, ...machine, "--ignore-scripts", "--no-bin-links", "--no-audit", "--no-fund", "--loglevel=error"];
  await promisify(execFile)("npm", args, { cwd: folder, shell: process.platform === "win32" }).catch((error) => {
    throw new Error(`npm cannot fetch ${base.package} ${version}: ${String(error.stderr ?? error.message).trim()}`);
  });
}

const versionIn = (folder: string): Promise<string | undefined> =>
  readFile(join(folder, "package.json"), "utf8").then(
    (text) => JSON.parse(text).version,
    () => undefined,
  );
