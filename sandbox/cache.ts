import { homedir } from "node:os";
import { join } from "node:path";

/** Returns the folder that keeps results of long builds for this user's later runs, outside the checkout (XDG Base Directory). */
export function cacheFolder(env: NodeJS.ProcessEnv, ...names: readonly string[]): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kubectl-acr-secret", ...names);
}
