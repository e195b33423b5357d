import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { descriptor, manifestFolder, template } from "../../../scripts/krew/generate.ts";
import { manifestOf, manifestText, platformName } from "../../../scripts/krew/manifest.ts";
import { platforms } from "../../../scripts/platforms.ts";

const plugin = await descriptor();
const sha256 = "0".repeat(64);
const complete = manifestOf(plugin, "1.2.3", new Map(plugin.spec.platforms.map((platform) => [platformName(platform), sha256])));

test("writes a manifest of all platforms when their archives exist", () => {
  expect(load(manifestText(complete, "generated"))).toEqual(complete);
  expect(complete.spec.platforms.map(({ uri }) => uri.replace(/^.*v1\.2\.3-/, ""))).toEqual([
    "linux-amd64.tar.gz",
    "linux-arm64.tar.gz",
    "darwin-amd64.tar.gz",
    "darwin-arm64.tar.gz",
    "windows-amd64.tar.gz",
    "windows-arm64.tar.gz",
  ]);
});

test("omits a platform without an archive", () => {
  const { spec } = manifestOf(plugin, "1.2.3", new Map([["darwin-arm64", sha256]]));
  expect(spec.platforms.map(({ selector }) => selector)).toEqual([{ matchLabels: { os: "darwin", arch: "arm64" } }]);
});

test("lists everything that is packaged in plugin.yaml", () => {
  expect(plugin.spec.platforms.map((platform) => ({ name: platformName(platform), program: platform.bin }))).toEqual(
    expect.arrayContaining(platforms.map(({ name, program }) => ({ name, program }))),
  );
});

test("matches krew.yaml.tmpl with plugin.yaml (if not: npm run krew)", async () => {
  expect(await readFile(join(manifestFolder, "krew.yaml.tmpl"), "utf8")).toBe(await template());
});

test("renders the template as krew-release-bot does", async () => {
  // Like the bot: the tag within the URL, and two lines, the second indented by four spaces.
  const text = (await template())
    .replace(/\{\{addURIAndSha "(.*)" \.TagName \}\}/g, (_, uri) => `uri: ${uri}\n    sha256: "${sha256}"`)
    .replaceAll("{{ .TagName }}", "v1.2.3");
  expect(load(text)).toEqual(complete);
});
