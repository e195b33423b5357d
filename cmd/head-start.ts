import { forwarded } from "./flags.ts";

/** Verbs that always ask the cluster. */
const verbs = ["create", "attach", "check", "list", "detach"];

/**
 * Whether a command line will need kubectl, with none of its flags: then kubectl can start before anything is parsed or even
 * loaded. It only saves time, so whatever is in doubt gets none.
 */
export function deservesHeadStart([verb, ...words]: readonly string[]): boolean {
  return verbs.includes(verb ?? "") && !words.some((word) => word === "--help" || isForwarded(word));
}

/** Also of a cluster of letters, such as `-As=…`: there s is the short of --server, and h of --help. */
function isForwarded(word: string): boolean {
  return /^-[^-]*[sh]/.test(word) || (word.startsWith("--") && (word.slice(2).split("=")[0] ?? "") in forwarded);
}
