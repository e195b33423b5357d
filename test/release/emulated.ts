import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guardedFolder } from "../../sandbox/guard.ts";
import { dist } from "../../scripts/krew/generate.ts";

/** Creates a folder for PATH with the plugin for linux-arm64, which runs in an emulator. */
export async function emulated() {
  const folder = await guardedFolder("acr-secret-arm64-");
  const program = join(folder.path, "kubectl-acr_secret");
  const binary = join(dist, "linux-arm64", "kubectl-acr_secret");
  await writeFile(program, `#!/bin/sh\nexec qemu-aarch64 -L /usr/aarch64-linux-gnu '${binary}' "$@"\n`);
  await chmod(program, 0o755);
  return folder;
}
