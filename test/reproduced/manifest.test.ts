import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { sha256Of } from "../../scripts/krew/archive.ts";
import { dist, manifestFolder } from "../../scripts/krew/generate.ts";
import type { Manifest } from "../../scripts/krew/manifest.ts";
import { platforms } from "../../scripts/platforms.ts";

const text = await readFile(join(manifestFolder, "acr-secret.yaml"), "utf8").catch(() => "spec: {platforms: []}");
const manifest: Manifest = parse(text);
const committed = Object.fromEntries(manifest.spec.platforms.map(({ uri, sha256 }) => [basename(uri), sha256]));

test("these sources make the archives of krew-manifest/acr-secret.yaml (if not: npm run krew, and commit it)", async () => {
  const made = await Promise.all(Object.keys(committed).map(async (name) => [name, sha256Of(await readFile(join(dist, name)))] as const));

  expect(made).toHaveLength(platforms.length);
  expect(Object.fromEntries(made)).toEqual(committed);
});
