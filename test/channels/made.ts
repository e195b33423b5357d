import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { hostPlatform } from "../../scripts/platforms.ts";
import type { Make } from "../../scripts/release/channel.ts";

export const version = packageJson.version;

/** A version later than all others, of the same program. */
export const nextVersion = "99.0.0";

/** Creates the files of a channel for this machine, in this version and the next, each in a folder below `into`. */
export async function makeBoth(make: Make, into: string): Promise<{ now: string[]; next: string[] }> {
  const host = hostPlatform();
  if (!host) throw new Error("the plugin is not packaged for this machine");
  const made = async (of: string) => {
    const folder = join(into, of);
    await mkdir(folder, { recursive: true });
    return make({ platforms: [host], version: of, into: folder, progress: () => {} });
  };
  return { now: await made(version), next: await made(nextVersion) };
}
