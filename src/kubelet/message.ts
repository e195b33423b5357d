import type { Cause } from "../check/cause.ts";

/** Why a pull failed, as far as the kubelet's and containerd's words tell. */
export type PullCause = Exclude<Cause, "pulls" | "anonymous" | "by-node" | "not-checked" | "denied" | "expired" | "older-pod">;

/** One failed pull. `text` is the error without what the kubelet wraps around it. */
export type PullFailure = { readonly cause: PullCause; readonly text: string };

/** What an event tells: failures, or the names of Secrets that do not exist in the pod's namespace. */
export type EventReading = { readonly failures: readonly PullFailure[]; readonly missing: readonly string[] };

/**
 * Reads `state.waiting` of a container's status (kubelet 1.34 to 1.37 with containerd 1.6 and 1.7).
 * While a pull fails the reason changes between ErrImagePull, ImagePullBackOff and, if the container ran before, CrashLoopBackOff,
 * which says nothing about pulls: look at the events too.
 *
 * @returns a failure for each login that was tried, in their order; none if the container does not wait for its image
 */
export function readWaiting({ reason = "", message = "" }: { readonly reason?: string; readonly message?: string }): PullFailure[] {
  if (reason === "ErrImagePull" || reason === "ImagePullBackOff") return readError(message);
  if (reason === "ErrImageNeverPull") return [{ cause: "never-pulled", text: message }];
  if (reason === "InvalidImageName") return [{ cause: "invalid-image", text: message }];
  // The error of a malformed Secret comes as the reason itself; every other reason is one word.
  return reason.includes(" ") ? [{ cause: "malformed-secret", text: reason }] : [];
}

/** Reads an event of a pod (core/v1 Event). Nothing comes of those that only say that something failed, without a cause. */
export function readEvent({ reason = "", message = "" }: { readonly reason?: string; readonly message?: string }): EventReading {
  const failures = (list: readonly PullFailure[]) => ({ failures: list, missing: [] });
  if (reason === "FailedToRetrieveImagePullSecret") {
    const [, names = ""] = /Unable to retrieve some image pull secrets \(([^)]*)\)/.exec(message) ?? [];
    return { failures: [], missing: names.split(", ").filter((name) => name !== "") };
  }
  if (reason === "ErrImageNeverPull") return failures([{ cause: "never-pulled", text: message }]);
  if (reason === "InspectFailed") return failures([{ cause: "invalid-image", text: message }]);
  if (reason !== "Failed") return failures([]);
  const [, pull] = /^Failed to pull image "[^"]*": (.*)$/s.exec(message) ?? [];
  if (pull !== undefined) return failures(readError(pull));
  const [, error = ""] = /^Error: (.*)$/s.exec(message) ?? [];
  return failures(readWaiting({ reason: isKeyringError(error) ? error : "" }));
}

/** `Error: …` stands before other failures of a container too, so here the words decide. */
function isKeyringError(text: string): boolean {
  return /^(illegal base64 data|unable to parse auth field|json: |invalid character |unexpected end of JSON)/.test(text);
}

/** An error, or `[error, error]` when several logins failed in different ways. */
function readError(message: string): PullFailure[] {
  const error = message.replace(/^Back-off pulling image "[^"]*": (?:ErrImagePull: )?/, "");
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

/** In this order: an anonymous 401 is no refusal, and "no match for platform" ends in "not found" too. */
const causes: readonly (readonly [RegExp, PullCause])[] = [
  [/failed to fetch anonymous token.* 401 /s, "no-login"],
  [/failed to fetch oauth token.* 401 /s, "refused"],
  [/insufficient_scope/, "out-of-scope"],
  [/no match for platform/, "other-platform"],
  [/: not found$/, "not-found"],
  [/: 403 Forbidden/, "blocked"],
  [/: 429 Too Many Requests/, "throttled"],
  [/x509: /, "untrusted"],
  [/failed to do request: |: 5\d\d [A-Z]/, "unreachable"], // no such host, connection refused, i/o timeout, a proxy's refusal…
];

function causeOf(text: string): PullCause {
  return causes.find(([words]) => words.test(text))?.[1] ?? "unknown";
}
