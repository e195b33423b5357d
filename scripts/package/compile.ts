import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostPlatform, type Platform } from "../platforms.ts";
import { roomy } from "../warm/flags.ts";
import { runScript } from "./script.ts";

/** V8 lays out what it has compiled by hashes, and these begin with a number that is else another one at each start. */
const seeded = ["--random-seed=1"];

/**
 * Leaves beside each bundle (NAME.cjs) what V8 compiled of it (NAME.cache), for the platform of this machine: the same bytes wherever it
 * is done. For others it leaves nothing, since V8 passes over what another processor's compiled.
 *
 * @param bundles their names
 * @param folder where they are
 */
export async function compile(platform: Platform, bundles: readonly string[], folder: string): Promise<void> {
  if (platform.name !== hostPlatform()?.name) {
    for (const name of bundles) await writeFile(join(folder, `${name}.cache`), "");
    return;
  }
  await runScript("warm.ts", folder, { node: [...seeded, ...roomy.map(([flag]) => flag)], stdin: "warm" });
  await runScript("settle.ts", folder, { node: seeded });
}
