import { isatty } from "node:tty";
import { findKubectl } from "../src/cluster/kubectl.ts";
import { type Launched, launchProxy } from "../src/cluster/proxy-process.ts";
import type { Env } from "../src/context.ts";
import { forwarded } from "./line/flags.ts";

/** Verbs that always ask the cluster. */
const verbs = ["create", "attach", "check", "list", "detach"];

/**
 * Whether a command line will need kubectl, with none of its flags: then kubectl can start before anything is parsed or even
 * loaded. It only saves time, so whatever is in doubt gets none.
 */
export function deservesHeadStart([verb, ...words]: readonly string[]): boolean {
  return verbs.includes(verb ?? "") && !words.some((word) => word === "--help" || isForwarded(word));
}

/** Starts kubectl. Undefined where it cannot be started: the verb will try again, and say why. */
export function headStart(env: Env): Launched | undefined {
  const { platform } = process;
  try {
    const file = findKubectl(env, platform);
    return file === undefined ? undefined : launchProxy({ file, flags: [], env, platform, stdin: isatty(0) ? "inherit" : "ignore" });
  } catch {
    return undefined;
  }
}

/** Also of a cluster of letters, such as `-As=…`: there s is the short of --server, and h of --help. */
function isForwarded(word: string): boolean {
  return /^-[^-]*[sh]/.test(word) || (word.startsWith("--") && (word.slice(2).split("=")[0] ?? "") in forwarded);
}
