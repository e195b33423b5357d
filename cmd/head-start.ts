import { isatty } from "node:tty";
import type { Environment } from "../src/env.ts";
import { currentContextIn, readKubeconfig } from "../src/kube/kubeconfig.ts";
import { findKubectl, type Launched, launchProxy } from "../src/kube/kubectl.ts";

/** Verbs that send no request to a cluster, or not always. All others start kubectl early. */
const withoutCluster = ["help", "options", "completion", "explain", "schedule", "version"];

/**
 * The global flags that are passed on to kubectl. This list is separate from their rows, because only a little code is loaded before
 * kubectl starts.
 */
export const forwardedNames = [
  "as",
  "as-group",
  "as-uid",
  "as-user-extra",
  "cache-dir",
  "certificate-authority",
  "client-certificate",
  "client-key",
  "cluster",
  "context",
  "disable-compression",
  "insecure-skip-tls-verify",
  "kubeconfig",
  "kuberc",
  "log-flush-frequency",
  "match-server-version",
  "proxy-url",
  "server",
  "tls-server-name",
  "token",
  "user",
  "vmodule",
] as const;

/** Flags that require another kubectl process than one without flags, or several processes, or none. */
const preventing: readonly string[] = [...forwardedNames, "help"];

/**
 * Whether a command line needs kubectl without any of its flags. Then kubectl can start before anything is parsed or even loaded. This only
 * saves time, so kubectl doesn't start early in case of doubt.
 */
export function mayStartEarly([verb = "", ...words]: readonly string[]): boolean {
  return /^[a-z]/.test(verb) && !withoutCluster.includes(verb) && !words.some(preventsHeadStart);
}

/**
 * Starts kubectl with the current context. A later `kubectl config use-context` doesn't change which cluster the run uses.
 * @returns undefined if kubectl can't be started or only kubectl can determine the current context. The verb then tries again
 */
export function headStart(env: Environment): Launched | undefined {
  const { platform } = process;
  try {
    const file = findKubectl(env, platform);
    const kubeconfig = readKubeconfig({ flags: [], env });
    const context = currentContextIn(kubeconfig);
    if (file === undefined || context === undefined) return undefined;
    const flags = context === "" ? [] : [`--context=${context}`];
    return { ...launchProxy({ file, flags, env, platform, stdin: isatty(0) ? "inherit" : "ignore" }), kubeconfig };
  } catch {
    return undefined;
  }
}

/**
 * Whether a word is such a flag, also in a group of letters such as `-As=…`. The letter s stands for --server, h for --help.
 */
function preventsHeadStart(word: string): boolean {
  return /^-[^-]*[sh]/.test(word) || (word.startsWith("--") && preventing.includes(word.slice(2).split("=")[0] ?? ""));
}
