import { execFile } from "node:child_process";
import { cp, mkdir, readFile, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { cacheFolder } from "../../sandbox/cache.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { dist } from "../../scripts/krew/generate.ts";
import { root } from "../../scripts/run.ts";

const run = promisify(execFile);

/** Debian's user id that owns no files. */
const nobody = 65534;

/** Copies the checkout without its build results. */
async function copyOfSources(to: string): Promise<void> {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, maxBuffer: 1 << 26 });
  for (const name of stdout.split("\0").filter(Boolean)) {
    const file = join(to, name);
    await mkdir(dirname(file), { recursive: true });
    await cp(join(root, name), file);
    await utimes(file, 1e9, 1e9);
  }
  await run("cp", ["-a", join(root, "node_modules"), to]);
}

/** Copies the Node binaries of other platforms, which npm downloads only once. */
async function copyOfNodes(to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await run("cp", ["-a", cacheFolder(process.env, "nodes"), to]);
}

test("builds the same six archives as another user, in another folder, with another umask, locale and time zone", {
  timeout: 1_800_000,
}, async () => {
  const home = await guardedFolder("acr-secret-somebody-else-");
  // The checkout has all packages, so on a busy disk its removal takes more than a minute
  onTestFinished(() => home.remove(), 300_000);
  const checkout = join(home.path, "Downloads", "a copy");
  const own = { HOME: home.path, XDG_CACHE_HOME: join(home.path, "cache") };
  await copyOfSources(checkout);
  await copyOfNodes(cacheFolder(own, "nodes"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await run("chown", ["-R", String(nobody), home.path]);
  const env = { ...own, PATH: process.env["PATH"], TZ: "Pacific/Kiritimati", LC_ALL: "C", LANG: "tr_TR.UTF-8" };
  const build = 'umask 077; exec "$0" scripts/bootstrap.mjs scripts/package.ts --all';

  await run("sh", ["-c", build, process.execPath], { cwd: checkout, env, maxBuffer: 1 << 26, ...(isRoot && { uid: nobody, gid: nobody }) });

  const sums = (folder: string) => readFile(join(folder, "SHA256SUMS"), "utf8");
  expect(await sums(join(checkout, "dist"))).toBe(await sums(dist));
});
