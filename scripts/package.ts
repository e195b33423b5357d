// npm run package: makes the plugin's single binary for this machine, and the archive that Krew installs.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { shims } from "../cmd/completion/shim.ts";
import packageJson from "../package.json" with { type: "json" };
import { tar } from "../sandbox/tar.ts";
import { asFunction, bundlePlugin } from "./bundle.ts";
import { notices } from "./notices.ts";
import { archiveName, baseOf, hostPlatform, type Platform } from "./platforms.ts";
import { root } from "./run.ts";
import type { Order } from "./seal.ts";

/** Where a packaged plugin lies: a folder to put on PATH, and the binary in it. */
export type Packaged = { readonly folder: string; readonly binary: string };

type Options = { readonly progress: (line: string) => void; readonly platform?: Platform };

const dist = join(root, "dist");

/** What kubectl runs to complete `kubectl acr-secret …` (kubectl 1.26 and newer, pkg/cmd/plugin/plugin_completion.go). */
const { name: completer, text: completion } = shims.posix;

/** Makes the plugin of one platform, if its sources are not those it was last made of. Takes a few seconds. */
export async function packagePlugin({ progress, platform = thisMachine() }: Options): Promise<Packaged> {
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
    await runScript("warm.ts", making, "warm");
    const names = bundles.flatMap(([name]) => [`${name}.cjs`, `${name}.cache`]);
    const assets = Object.fromEntries(names.map((name) => [name, join(making, name)]));
    const order: Order = { main: join(import.meta.dirname, "unseal.cjs"), assets, output: "", node, target: platform.target };
    await put(binary, (output) => runScript("seal.ts", JSON.stringify({ ...order, output })), 0o755);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  await put(join(folder, completer), (file) => writeFile(file, completion), 0o755);
  await put(join(folder, "LICENSE"), (file) => copyFile(join(root, "LICENSE"), file));
  const others = await notices(
    bundles.flatMap(([, { sources }]) => sources),
    node.folder,
  );
  await put(join(folder, "THIRD_PARTY_LICENSES"), (file) => writeFile(file, others));
  await writeFile(stamp, madeOf);
  return { folder, binary };
}

/**
 * The packaged plugin as a .tar.gz of plain files at its top (Krew refuses links), the same bytes for the same files.
 *
 * @returns the archive's path
 */
export async function archivePlugin({ progress, platform = thisMachine() }: Options): Promise<string> {
  const { folder } = await packagePlugin({ progress, platform });
  const programs = [platform.program, completer];
  const names = ["LICENSE", "THIRD_PARTY_LICENSES", ...programs].sort();
  const archive = join(dist, archiveName(platform.name, packageJson.version));
  const files = await Promise.all(names.map(async (name) => ({ name, content: await readFile(join(folder, name)) })));
  const stamp = `${archive}.made-of`;
  const madeOf = await digest(...files.map(({ content }) => content));
  if ((await readFile(stamp, "utf8").catch(() => "")) === madeOf) return archive;

  progress(`Compressing ${basename(archive)}`);
  await rm(stamp, { force: true });
  const entries = files.map((file) => ({ ...file, mode: programs.includes(file.name) ? 0o755 : 0o644 }));
  await put(archive, async (file) => writeFile(file, await promisify(gzip)(tar(entries), { level: 9 })));
  await writeFile(stamp, madeOf);
  return archive;
}

function thisMachine(): Platform {
  const platform = hostPlatform();
  if (!platform) throw new Error(`the plugin is not packaged for ${process.platform}-${process.arch} yet`);
  return platform;
}

/** A digest of everything that decides what is made, the scripts that make it among it. */
async function digest(...inputs: readonly (Uint8Array | string | Platform)[]): Promise<string> {
  const hash = createHash("sha256");
  for (const script of ["notices.ts", "package.ts", "seal.ts", "unseal.cjs", "warm.ts"])
    hash.update(await readFile(join(import.meta.dirname, script)));
  for (const input of inputs) hash.update(input instanceof Uint8Array ? input : JSON.stringify(input));
  return hash.digest("hex");
}

/** Makes a file beside its place and moves it there, so that whoever runs the old one is not disturbed. */
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

/** Runs a script of this folder in a process of its own, with the base Node of this machine. */
async function runScript(name: string, argument: string, stdin = ""): Promise<void> {
  const script = [join(import.meta.dirname, name), argument];
  const running = promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", ...script], { cwd: root });
  running.child.stdin?.end(stdin);
  await running;
}

if (process.argv[1] === import.meta.filename) {
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const archive = await archivePlugin({ progress });
  process.stdout.write(`${archive}\n`);
}
