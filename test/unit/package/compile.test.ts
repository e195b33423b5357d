import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { asFunction, bundlePlugin } from "../../../scripts/bundle.ts";
import { compile } from "../../../scripts/package/compile.ts";
import { heap } from "../../../scripts/package/program.ts";
import { hostPlatform, platforms } from "../../../scripts/platforms.ts";

const bundles = await bundlePlugin();
const here = hostPlatform() ?? (platforms[0] as (typeof platforms)[number]);

/** Compiles the bundles in a folder of a name. @returns a digest of everything that V8 compiled */
async function compiled(name: string) {
  const top = await mkdtemp(join(tmpdir(), "compile-test-"));
  onTestFinished(() => rm(top, { recursive: true }));
  const folder = join(top, name);
  await mkdir(folder, { recursive: true });
  for (const [part, { script }] of bundles) await writeFile(join(folder, `${part}.cjs`), asFunction(script));
  await compile(here, [...bundles.keys()], folder);
  const caches = (await readdir(folder)).filter((file) => file.endsWith(".cache")).sort();
  const hash = createHash("sha256");
  for (const file of caches) hash.update(await readFile(join(folder, file)));
  return { folder, digest: hash.digest("hex") };
}

test("V8 compiles the same bytes in any folder, with whatever settings, also when two do it at once", { timeout: 120_000 }, async () => {
  const before = { ...process.env };
  onTestFinished(() => {
    process.env = before;
  });
  const first = compiled("a");
  Object.assign(process.env, { TZ: "Asia/Tokyo", LC_ALL: "de_DE.UTF-8", FORCE_COLOR: "3", CI: "true", HTTPS_PROXY: "http://127.0.0.1:9" });
  const second = compiled("a/folder/with/a/much/longer/name");

  expect((await second).digest).toBe((await first).digest);
});

/** Prints the parts whose compiled code a Node of the program's flags does not take. */
const refusedParts = `
  const { Script } = require("node:vm"), { readFileSync, readdirSync } = require("node:fs"), { join } = require("node:path");
  const folder = process.argv[1], parts = readdirSync(folder).flatMap((file) => /^(.+).cjs$/.exec(file)?.[1] ?? []);
  const take = (part) => new Script(readFileSync(join(folder, part + ".cjs"), "latin1"), {
    filename: part + ".cjs", cachedData: readFileSync(join(folder, part + ".cache")) });
  console.log(JSON.stringify(parts.filter((part) => take(part).cachedDataRejected)));`;

test("the program's Node takes what was compiled, of every part", { timeout: 120_000 }, async () => {
  const { folder } = await compiled("b");
  const refused = async (flags: readonly string[]) =>
    JSON.parse((await promisify(execFile)(process.execPath, [...flags, "-e", refusedParts, folder])).stdout);

  expect(await refused(heap)).toEqual([]);
  // Under other flags it would be passed over, and each start take a fifth longer
  expect(await refused([])).toHaveLength(bundles.size);
});
