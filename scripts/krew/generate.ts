import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";
import packageJson from "../../package.json" with { type: "json" };
import { archiveName } from "../platforms.ts";
import { root } from "../run.ts";
import { sha256Of } from "../sha256.ts";
import { type Descriptor, manifestOf, manifestText, platformName, templateText } from "./manifest.ts";

const generated = "Generated from plugin.yaml by `npm run krew`: change that file, not this one.";

/** The paths of the descriptor, the archives and the generated files in the checkout. */
const descriptorFile = join(root, "plugin.yaml");
export const dist = join(root, "dist");
export const manifestFolder = join(root, "krew-manifest");

/** Reads plugin.yaml. */
export const descriptor = async (): Promise<Descriptor> => load(await readFile(descriptorFile, "utf8")) as Descriptor;

/** Returns the text of krew.yaml.tmpl, which depends only on plugin.yaml. */
export const template = async (): Promise<string> => templateText(await descriptor(), generated);

/**
 * Returns the text of the manifest, for the archives of this version that exist.
 *
 * @param from the folder of the archives
 * @throws Error if there are none
 */
async function manifest(from = dist): Promise<string> {
  const plugin = await descriptor();
  const names = plugin.spec.platforms.map(platformName);
  const digests = await Promise.all(
    names.map(async (name) => {
      const archive = await readFile(join(from, archiveName(name, packageJson.version))).catch(() => undefined);
      return archive ? ([[name, sha256Of(archive)]] as const) : [];
    }),
  );
  const there = new Map(digests.flat());
  if (there.size === 0) throw new Error(`there is no archive of v${packageJson.version} in ${from}: npm run package makes it`);
  return manifestText(manifestOf(plugin, packageJson.version, there), generated);
}

/** Writes the template and the manifest. @returns the manifest's path */
export async function generate(into = manifestFolder, from = dist): Promise<string> {
  const texts = { "acr-secret.yaml": await manifest(from), "krew.yaml.tmpl": await template() };
  await mkdir(into, { recursive: true });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(into, name), text);
  return join(into, "acr-secret.yaml");
}
