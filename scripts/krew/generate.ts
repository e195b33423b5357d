import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { archiveName } from "../platforms.ts";
import { root } from "../run.ts";
import { sha256Of } from "./archive.ts";
import { type Descriptor, manifestOf, manifestText, platformName, templateText } from "./manifest.ts";
import { readDescriptor } from "./verify.ts";

const generated = "Generated from plugin.yaml by `npm run krew`: change that file, not this one.";

/** Where the descriptor, the archives and what is generated lie in the checkout. */
const descriptorFile = join(root, "plugin.yaml");
export const dist = join(root, "dist");
export const manifestFolder = join(root, "krew-manifest");

/** @throws Error with every problem of plugin.yaml, a line each */
export async function descriptor(): Promise<Descriptor> {
  const { value, problems } = readDescriptor(await readFile(descriptorFile, "utf8"));
  if (problems.length > 0) throw new Error(problems.map((problem) => `plugin.yaml: ${problem}`).join("\n"));
  return value as Descriptor;
}

/** The text of krew.yaml.tmpl, which depends on plugin.yaml alone. */
export const template = async (): Promise<string> => templateText(await descriptor(), generated);

/**
 * The text of the manifest for those archives of this version that are there.
 *
 * @param from the folder of the archives
 * @throws Error if there is none
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

/** Writes both. @returns the manifest's path */
export async function generate(into = manifestFolder, from = dist): Promise<string> {
  const texts = { "acr-secret.yaml": await manifest(from), "krew.yaml.tmpl": await template() };
  await mkdir(into, { recursive: true });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(into, name), text);
  return join(into, "acr-secret.yaml");
}
