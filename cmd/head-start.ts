import { isatty } from "node:tty";
import { currentContextIn, readKubeconfig } from "../src/cluster/kubeconfig.ts";
import { findKubectl } from "../src/cluster/kubectl.ts";
import { type Launched, launchProxy } from "../src/cluster/proxy-process.ts";
import type { Environment } from "../src/env.ts";

/** Verbs that ask no cluster, or none always; all others get a head start. */
const quiet = ["help", "options", "completion", "explain", "version", "whoami"];

/** The global flags that are passed on to kubectl. This list is apart from their rows, because only little is loaded before kubectl starts. */
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

/** Flags by which another kubectl is needed than one without flags, or several, or none. */
const late: readonly string[] = [...forwardedNames, "contexts", "all-contexts", "filename", "kustomize", "help"];

/**
 * Whether a command line will need kubectl, with none of its flags: then kubectl can start before anything is parsed or even
 * loaded. It only saves time, so whatever is in doubt gets none.
 */
export function deservesHeadStart([verb = "", ...words]: readonly string[]): boolean {
  return /^[a-z]/.test(verb) && !quiet.includes(verb) && !words.some(isLate);
}

/**
 * Starts kubectl with the context that is current now. A later `kubectl config use-context` does not change which cluster the run uses.
 * @returns undefined if kubectl cannot be started, or if only kubectl can tell the current context: the verb tries again, and reports why
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

/** Also in a cluster of letters, such as `-As=…`: there s is the short of --server, h of --help, f and k of manifests. */
function isLate(word: string): boolean {
  return /^-[^-]*[shfk]/.test(word) || (word.startsWith("--") && late.includes(word.slice(2).split("=")[0] ?? ""));
}
