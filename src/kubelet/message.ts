import type { Cause } from "../check/cause.ts";

/** The cause of a failed pull in a message of the kubelet or containerd. */
export type PullCause = (typeof causes)[number][1] | "never-pulled" | "invalid-image" | "malformed-secret" | "unknown";

/** `text` is the error without the text that the kubelet adds. */
export type PullFailure = { readonly cause: PullCause; readonly text: string };

/** The answer of a node: the failures of a pull, none if it succeeded. Or the reason why no node has answered. */
export type NodeAnswer = { readonly node: string; readonly failures: readonly PullFailure[] } | { readonly unproven: string };

/** The maximum length of a message. It may repeat what a registry sent, and searches in a longer one could take minutes. */
const maxText = 10_000;

/**
 * Parses `state.waiting` of a container's status (kubelet 1.34 to 1.37 with containerd 1.6 and 1.7). While a pull fails, the reason changes
 * between ErrImagePull and ImagePullBackOff. If the container ran before, it is also CrashLoopBackOff, without a message about the pull.
 *
 * @returns a failure for each login that was tried, in their order; none if the container does not wait for its image
 */
export function readWaiting(waiting: { readonly reason?: string; readonly message?: string }): PullFailure[] {
  const [reason = "", message = ""] = [waiting.reason, waiting.message].map((text) => text?.slice(0, maxText));
  if (reason === "ErrImagePull" || reason === "ImagePullBackOff") return readError(message);
  if (reason === "ErrImageNeverPull") return [{ cause: "never-pulled", text: message }];
  if (reason === "InvalidImageName") return [{ cause: "invalid-image", text: message }];
  // The error of a malformed Secret is the reason itself. Every other reason is one word
  return reason.includes(" ") ? [{ cause: "malformed-secret", text: reason }] : [];
}

/** An error, or `[error, error]` if several logins failed in different ways. */
function readError(message: string): PullFailure[] {
  const error = message.replace(/^Back-off pulling image "[^"]*"(?:$|: (?:ErrImagePull: )?)/, "");
  const [, list] = /^\[(.*)\]$/s.exec(error) ?? [];
  const errors = list === undefined ? [error] : list.split(/, (?=(?:rpc error: code = \w+ desc = )?failed to pull and unpack image ")/);
  return errors.map((text) => ({ cause: causeOf(text), text: unwrap(text) }));
}

function unwrap(text: string): string {
  return text
    .replace(/^rpc error: code = \w+ desc = /, "")
    .replace(/^failed to pull and unpack image "[^"]*": /, "")
    .replace(/^failed to resolve reference "[^"]*": /, "");
}

/** The order matters: "no match for platform" also ends in "not found". */
const causes = [
  [/source registry for cache rule/, "cache-rule"],
  [/failed to fetch anonymous token.* 401 /s, "no-login"],
  [/failed to fetch oauth token.* 401 /s, "refused"],
  [/insufficient_scope/, "out-of-scope"],
  [/no match for platform/, "other-platform"],
  [/: not found$/, "not-found"],
  // A blob, at the host that the registry redirects to. A status comes with the address of the registry, not of the redirect
  [/httpReadSeeker: failed open: unexpected status code \S+\/blobs\/\S+: 403 /, "data-blocked"],
  [/httpReadSeeker: failed open: failed to do request: Get "https:\/\/[^/"]*\.(?:data\.azurecr|blob\.core)\./, "data-blocked"],
  [/: 403 Forbidden/, "blocked"],
  [/: 429 Too Many Requests/, "throttled"],
  [/x509: .*\.privatelink\./s, "private-host"],
  [/x509: /, "untrusted"],
  [/no space left on device/, "node-disk-full"],
  [/unexpected commit digest |failed size validation: /, "node-content"],
  [/\bpull QPS exceeded$/, "node-limit"],
  [/failed to do request: |: 5\d\d [A-Z]/, "unreachable"], // no such host, connection refused, i/o timeout, rejected by a proxy…
  [/connection reset by peer|context deadline exceeded|unexpected EOF|i\/o timeout|short read/, "node-interrupted"],
] as const satisfies readonly (readonly [RegExp, Cause])[];

function causeOf(text: string): PullCause {
  return causes.find(([words]) => words.test(text))?.[1] ?? "unknown";
}
