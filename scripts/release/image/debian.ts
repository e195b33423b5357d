import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../../sandbox/cache.ts";
import { guardedFolder } from "../../../sandbox/guard.ts";
import { sha256Of } from "../../sha256.ts";
import pins from "./debian.json" with { type: "json" };

/** Debian's name of an architecture, which Go and OCI use, too. */
export type Architecture = "amd64" | "arm64";

/**
 * apt verifies packages with Debian's own keys. When a newer version has replaced a package, Debian's snapshot archive still has the pinned
 * version.
 */
const archives = [
  { base: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security", options: "" },
  {
    base: "http://snapshot.debian.org/archive/debian/20261125T000000Z",
    security: "http://snapshot.debian.org/archive/debian-security/20261125T000000Z",
    options: "check-valid-until=no ",
  },
];

/** The Debian packages in the image, each with a pinned version. */
export const debianPackages = Object.entries(pins.packages).map(([name, pin]) => ({ name, ...pin }));

/**
 * Downloads the pinned packages of an architecture, once per user, and unpacks them.
 *
 * @param into an empty folder
 * @throws Error with apt's message
 */
export async function unpackDebian(architecture: Architecture, into: string): Promise<void> {
  const kept = cacheFolder(process.env, "debian", sha256Of(Buffer.from(JSON.stringify([pins, architecture]))).slice(0, 12));
  if ((await readdir(kept).catch(() => [])).length === 0) await download(architecture, kept);
  for (const name of await readdir(kept)) {
    const file = join(kept, name);
    const pin = debianPackages.find((one) => name.startsWith(`${one.name}_`));
    if (pin?.sha256[architecture] !== sha256Of(await readFile(file))) throw new Error(`${file} is not what is pinned: remove ${kept}`);
    await promisify(execFile)("dpkg-deb", ["--extract", file, into]);
  }
}

async function download(architecture: Architecture, kept: string): Promise<void> {
  const work = await guardedFolder("acr-secret-apt-");
  try {
    const failures: string[] = [];
    for (const archive of archives) {
      const failure = await attempt(work.path, architecture, archive);
      if (failure === undefined) {
        await mkdir(join(kept, ".."), { recursive: true });
        await rename(join(work.path, "got"), kept).catch(async (error) => {
          if ((await readdir(kept).catch(() => [])).length === 0) throw error; // another run was faster
        });
        return;
      }
      failures.push(failure);
    }
    throw new Error(`Debian's packages for the image cannot be had (scripts/release/image/debian.json): ${failures.join("; ")}`);
  } finally {
    await work.remove();
  }
}

/**
 * Runs apt with its state in a temporary folder, so that the machine's own state does not change. @returns apt's error message if it failed
 */
async function attempt(work: string, architecture: Architecture, archive: (typeof archives)[number]): Promise<string | undefined> {
  for (const name of ["state/lists/partial", "cache/archives/partial", "etc/preferences.d", "got"])
    await mkdir(join(work, name), { recursive: true });
  await writeFile(join(work, "status"), "");
  const signed = `[${archive.options}signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]`;
  const sources = [`${archive.base} ${pins.suite} main`, `${archive.security} ${pins.suite}-security main`];
  await writeFile(join(work, "etc/sources.list"), sources.map((source) => `deb ${signed} ${source}\n`).join(""));
  const settings = {
    "Dir::State": join(work, "state"),
    "Dir::State::status": join(work, "status"),
    "Dir::Cache": join(work, "cache"),
    "Dir::Etc": join(work, "etc"),
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const apt = (...args: string[]) => promisify(execFile)("apt-get", ["-qq", ...options, ...args], { cwd: join(work, "got") });
  try {
    await apt("update");
    await apt("download", ...debianPackages.map(({ name, version }) => `${name}=${version}`));
    return undefined;
  } catch (error) {
    return (error as { stderr?: string }).stderr?.trim().split("\n").at(-1) ?? String(error);
  }
}
