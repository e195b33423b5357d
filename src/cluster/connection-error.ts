import { CliError } from "../errors.ts";
import type { Answer } from "./exchange.ts";

/**
 * Reads the response of a `kubectl proxy` that cannot reach the API server or has no credential for it: 500 in plain text. The API server
 * itself always returns errors in JSON.
 * @returns Go's sentence; undefined for every other response
 */
export function proxyFailure({ status, type, text }: Pick<Answer, "status" | "type" | "text">): string | undefined {
  return status >= 500 && type.startsWith("text/plain") ? text.trim() : undefined;
}

/** Whether an existing connection broke. Another request opens a new one. */
export function isBroken(sentence: string): boolean {
  return /\bEOF$|connection reset by peer|broken pipe|client connection lost|GOAWAY/.test(sentence);
}

/** Returns the error for a failed connection, in kubectl's words. `sentence` is Go's or Node's own. */
export function connectionError(sentence: string): CliError {
  const refused = /(?:dial tcp |ECONNREFUSED )(\S+?):?(?: connect: connection refused)?$/.exec(sentence);
  if (refused && /refused/i.test(sentence)) {
    return new CliError("unreachable", `The connection to the server ${refused[1]} was refused - did you specify the right host or port?`);
  }
  const [first = "", ...rest] = sentence.split("\n");
  const kind = first.startsWith("getting credentials: ") ? "unauthenticated" : /timeout|timed out/i.test(first) ? "timeout" : "unreachable";
  return new CliError(kind, `Unable to connect to the server: ${first}`, { hint: installHint(rest) });
}

/** The kubeconfig's own `installHint` is the last line, below client-go's link to its documentation. */
function installHint(lines: readonly string[]): string | undefined {
  const at = lines.findIndex((line) => line.includes("https://kubernetes.io/docs/"));
  return (at < 0 ? "" : lines.slice(at + 1).join(" ")).trim() || undefined;
}

/**
 * Returns the error for a kubectl that ended before it served, from its stderr. The same mistake has different words in `kubectl proxy`,
 * `kubectl config view` and `kubectl get`. The user gets those of the last.
 */
export function kubeconfigError(stderr: string): CliError {
  const lines = stderr.trim().split("\n");
  const said = (lines.findLast((line) => line.startsWith("error: ")) ?? lines.at(-1) ?? "").replace(/^error: /, "");
  const context = /^(?:context "(.*)" does not exist|cannot locate context (.*))$/.exec(said);
  if (context) {
    const message = `context was not found for specified context: ${context[1] ?? context[2]}`;
    return new CliError("config", message, { hint: "kubectl config get-contexts" });
  }
  if (saysNoContext(said)) return nowhere();
  if (said === "unknown flag: --append-server-path") {
    return new CliError("config", "this kubectl is older than 1.23, which is needed", { hint: "kubectl version --client" });
  }
  const missing = /^stat (.*): no such file or directory$/.exec(said);
  if (missing) return new CliError("config", `the kubeconfig ${missing[1]} does not exist`);
  return new CliError("config", said || "kubectl ended without a word");
}

/** Whether `kubectl config view` found no context: there is no kubeconfig, or it selects none. */
export const saysNoContext = (stderr: string) => stderr.includes(noContext);

export const noContext = "current-context must exist in order to minify";

function nowhere(): CliError {
  return new CliError("config", "the kubeconfig has no current context, so there is no cluster to talk to", {
    hint: "kubectl config use-context NAME",
  });
}
