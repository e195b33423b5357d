import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../env.ts";

/** kubectl, with the flags of the command line that belong to it. */
export type Kubectl = { readonly file: string; readonly flags: readonly string[]; readonly env: Environment };

/**
 * Finds the kubectl that runs this plugin (since 1.37 it sets KUBECTL_PATH), else the first one on PATH; undefined if there is none.
 * Searches synchronously, because everything waits for it.
 */
export function findKubectl(env: Environment, platform: NodeJS.Platform): string | undefined {
  if (env.KUBECTL_PATH && runs(env.KUBECTL_PATH)) return env.KUBECTL_PATH;
  const [separator, name] = platform === "win32" ? [";", "kubectl.exe"] : [":", "kubectl"];
  const folders = (env.PATH ?? env.Path ?? "").split(separator).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(runs);
}

/** A folder has the same bit, so it is excluded. */
function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Go collects garbage several times while kubectl starts. A higher limit saves a third of the start time. */
export function quickStart(env: Environment): Environment {
  return { GOGC: "off", GOMEMLIMIT: "256MiB", ...env };
}
