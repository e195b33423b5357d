import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostPlatform, type Platform } from "../platforms.ts";
import { roomy } from "../warm/flags.ts";
import { runScript } from "./script.ts";

/** V8 orders compiled code by hashes. Without this flag, their seed differs at each start. */
const seeded = ["--random-seed=1"];

/**
 * Writes the code that V8 compiled for each bundle (NAME.cjs) next to it (NAME.cache), for the platform of this machine. The bytes are the
 * same on every machine. For other platforms the files are empty, because V8 ignores code for another processor.
 *
 * @param bundles the names of the bundles
 * @param folder the folder of the bundles
 */
export async function compile(platform: Platform, bundles: readonly string[], folder: string): Promise<void> {
  if (platform.name !== hostPlatform()?.name) {
    for (const name of bundles) await writeFile(join(folder, `${name}.cache`), "");
    return;
  }
  await runScript("warm.ts", folder, { node: [...seeded, ...roomy.map(([flag]) => flag)], stdin: "warm" });
  await runScript("settle.ts", folder, { node: seeded });
}
