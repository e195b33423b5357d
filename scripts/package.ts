// npm run package [-- --all | PLATFORM…]: builds the plugin's single binary for this machine or for other platforms, and for each the
// archive that Krew installs.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzip } from "pako";
import { shims } from "../cmd/completion.ts";
import packageJson from "../package.json" with { type: "json" };
import { tar } from "../sandbox/tar.ts";
import { asFunction, bundlePlugin } from "./bundle.ts";
import { notices } from "./notices.ts";
import { baseOf } from "./package/base.ts";
import { compile } from "./package/compile.ts";
import { papersOf } from "./package/papers.ts";
import { runScript } from "./package/script.ts";
import { archiveName, hostPlatform, type Platform, platforms } from "./platforms.ts";
import { root } from "./run.ts";
import type { Order } from "./seal.ts";

/** The paths of a packaged plugin: a folder for PATH, and the binary in it. */
export type Packaged = { readonly folder: string; readonly binary: string };

/** `dist` is the destination, if it is not the checkout's own folder. */
type Options = { readonly progress: (line: string) => void; readonly platform?: Platform; readonly dist?: string };

const usual = join(root, "dist");

/** The main program of the executable, in scripts/. */
const main = "unseal.cjs";

/** The platform whose Node package provides the license. Not every Node package contains it. */
const licensed = platforms[0] as Platform;

/** The program that kubectl runs to complete `kubectl acr-secret …` (kubectl 1.26 and newer, pkg/cmd/plugin/plugin_completion.go). */
const { name: completer, text: completion } = shims.posix;

/** Builds the plugin for one platform if its sources changed since the last build. Takes a few seconds. */
export async function packagePlugin({ progress, platform = thisMachine(), dist = usual }: Options): Promise<Packaged> {
  const folder = join(dist, platform.name);
  const binary = join(folder, platform.program);
  const bundles = [...(await bundlePlugin())];
  const node = await baseOf(platform);
  const stamp = `${folder}.made-of`;
  const madeOf = await digest(...bundles.map(([, { script }]) => script), node.version, platform, completion);
  if ((await readFile(stamp, "utf8").catch(() => "")) === madeOf) return { folder, binary };

  progress(`Packaging the plugin for ${platform.name}`);
  await rm(stamp, { force: true });
  await mkdir(folder, { recursive: true });
  const making = await mkdtemp(join(dist, ".making-"));
  try {
    for (const [name, { script }] of bundles) await writeFile(join(making, `${name}.cjs`), asFunction(script));
    await compile(
      platform,
      bundles.map(([name]) => name),
      making,
    );
    await copyFile(join(import.meta.dirname, main), join(making, main));
    const names = bundles.flatMap(([name]) => [`${name}.cjs`, `${name}.cache`]);
    const assets = Object.fromEntries(names.map((name) => [name, join(making, name)]));
    const order: Order = { folder: making, main, assets, output: "", node, platform };
    await put(binary, (output) => runScript("seal.ts", JSON.stringify({ ...order, output })), 0o755);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  if (platform.completes) await put(join(folder, completer), (file) => writeFile(file, completion), 0o755);
  await put(join(folder, "LICENSE"), (file) => copyFile(join(root, "LICENSE"), file));
  const others = await notices(
    bundles.flatMap(([, { sources }]) => sources),
    (await baseOf(licensed)).folder,
  );
  await put(join(folder, "THIRD_PARTY_LICENSES"), (file) => writeFile(file, others));
  await writeFile(stamp, madeOf);
  return { folder, binary };
}

/**
 * Creates a .tar.gz of the packaged plugin with plain files at its top level (Krew rejects links). The same files give the same bytes.
 *
 * @returns the archive's path
 */
export async function archivePlugin({ progress, platform = thisMachine(), dist = usual }: Options): Promise<string> {
  const { folder } = await packagePlugin({ progress, platform, dist });
  const programs = [platform.program, ...(platform.completes ? [completer] : [])];
  const names = ["LICENSE", "THIRD_PARTY_LICENSES", ...programs].sort();
  const archive = join(dist, archiveName(platform.name, packageJson.version));
  const files = await Promise.all(names.map(async (name) => ({ name, content: await readFile(join(folder, name)) })));
  const stamp = `${archive}.made-of`;
  const madeOf = await digest(...files.map(({ content }) => content));
  if ((await readFile(stamp, "utf8").catch(() => "")) === madeOf) return archive;

  progress(`Compressing ${basename(archive)}`);
  await rm(stamp, { force: true });
  const entries = files.map((file) => ({ ...file, mode: programs.includes(file.name) ? 0o755 : 0o644 }));
  // Does not use Node's own zlib: it finds only longer repetitions, and its output is 3 % larger.
  await put(archive, async (file) => writeFile(file, gzip(tar(entries), { level: 9 })));
  await writeFile(stamp, madeOf);
  return archive;
}

function thisMachine(): Platform {
  const platform = hostPlatform();
  if (!platform) throw new Error(`the plugin is not packaged for ${process.platform}-${process.arch} yet`);
  return platform;
}

/** Returns a digest of all inputs of the build, which include the build scripts and their packages. */
async function digest(...inputs: readonly (Uint8Array | string | Platform)[]): Promise<string> {
  const hash = createHash("sha256");
  const folders = ["package", "warm"].map(async (folder) =>
    (await readdir(join(import.meta.dirname, folder))).sort().map((name) => `scripts/${folder}/${name}`),
  );
  const own = (await Promise.all(folders)).flat();
  const scripts = ["notices.ts", "package.ts", "seal.ts", "settle.ts", main, "warm.ts"].map((name) => `scripts/${name}`);
  for (const file of ["package-lock.json", ...scripts, ...own]) hash.update(await readFile(join(root, file)));
  for (const input of inputs) hash.update(input instanceof Uint8Array ? input : JSON.stringify(input));
  return hash.digest("hex");
}

/** Writes a temporary file and moves it into place, so that programs that run the old file are not affected. */
async function put(path: string, make: (path: string) => Promise<unknown>, mode = 0o644): Promise<void> {
  const fresh = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    await make(fresh);
    await chmod(fresh, mode);
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Returns the platforms on a command line, or this machine's platform if there are none. @throws Error for an unknown platform */
function chosen(words: readonly string[]): readonly Platform[] {
  if (words.length === 0) return [thisMachine()];
  return words.map((word) => {
    const platform = platforms.find(({ name }) => name === word);
    if (platform) return platform;
    throw new Error(`there is no platform ${word}: npm run package -- --all, or some of ${platforms.map(({ name }) => name).join(", ")}`);
  });
}

/**
 * Creates the archives of all platforms, each in its own process, two at a time. One uses a core, and memory of ten times its size.
 * Also writes SHA256SUMS, the bill of materials and the provenance next to the archives.
 *
 * @throws Error if one fails. That process has printed the reason on stderr.
 */
export async function packageAll(): Promise<void> {
  const waiting = [...platforms];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", import.meta.filename, next.name], {
        stdio: "inherit",
      });
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`the plugin could not be packaged for ${next.name}`);
    }
  };
  await Promise.all([lane(), lane()]);
  const papers = await papersOf(usual, await bundlePlugin());
  for (const [name, text] of papers) await put(join(usual, name), (file) => writeFile(file, text));
  // Another machine must produce the same checksums.
  process.stdout.write(await readFile(join(usual, "SHA256SUMS"), "utf8"));
}

async function run(words: readonly string[]): Promise<void> {
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  if (words.includes("--all")) return packageAll();
  for (const platform of chosen(words)) process.stdout.write(`${await archivePlugin({ progress, platform })}\n`);
}

if (process.argv[1] === import.meta.filename) {
  await run(process.argv.slice(2)).catch((error) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
