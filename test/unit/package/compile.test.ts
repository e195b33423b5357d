import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Script } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import { asFunction, bundlePlugin } from "../../../scripts/bundle.ts";
import { compile } from "../../../scripts/package/compile.ts";
import { hostPlatform, platforms } from "../../../scripts/platforms.ts";
import { newFolder } from "../../support/new-folder.ts";

const bundles = await bundlePlugin();
const here = hostPlatform() ?? (platforms[0] as (typeof platforms)[number]);

/** Compiles the bundles in a folder with this name. @returns a digest of all code that V8 compiled */
async function compiled(name: string) {
  const top = await newFolder();
  const folder = join(top, name);
  await mkdir(folder, { recursive: true });
  for (const [part, { script }] of bundles) await writeFile(join(folder, `${part}.cjs`), asFunction(script));
  await compile(here, [...bundles.keys()], folder);
  const caches = (await readdir(folder)).filter((file) => file.endsWith(".cache")).sort();
  const hash = createHash("sha256");
  for (const file of caches) hash.update(await readFile(join(folder, file)));
  return { folder, digest: hash.digest("hex") };
}

test("compiles the same bytes in any folder, with any settings, also two at once", { timeout: 120_000 }, async () => {
  const before = { ...process.env };
  onTestFinished(() => {
    process.env = before;
  });
  const first = compiled("a");
  Object.assign(process.env, { TZ: "Asia/Tokyo", LC_ALL: "de_DE.UTF-8", FORCE_COLOR: "3", CI: "true", HTTPS_PROXY: "http://127.0.0.1:9" });
  const second = compiled("a/folder/with/a/much/longer/name");

  expect((await second).digest).toBe((await first).digest);
});

test("loads every compiled part in Node", { timeout: 120_000 }, async () => {
  const { folder } = await compiled("b");
  const rejected = [...bundles.keys()].map(async (part) => {
    const [text, cachedData] = await Promise.all([
      readFile(join(folder, `${part}.cjs`), "latin1"),
      readFile(join(folder, `${part}.cache`)),
    ]);
    return new Script(text, { filename: `${part}.cjs`, cachedData }).cachedDataRejected;
  });

  expect(await Promise.all(rejected)).toEqual(rejected.map(() => false));
});
