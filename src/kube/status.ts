import { CliError, Conflict, type ErrorKind, type ObstacleOwner } from "../errors.ts";
import { parseObject } from "../json.ts";
import type { Answer } from "./exchange.ts";
import { notOfSchedule } from "./port.ts";

/** meta/v1 Status: the body of an error response of the API server. */
type Status = {
  readonly kind: "Status";
  readonly message?: string;
  readonly reason?: string;
  readonly metadata?: { readonly continue?: string };
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly { readonly message?: string; readonly field?: string }[];
  };
};

const kinds: Readonly<Record<number, ErrorKind>> = {
  400: "invalid",
  401: "unauthenticated",
  403: "forbidden",
  404: "notFound",
  409: "conflict",
  413: "invalid",
  415: "invalid",
  422: "invalid",
  504: "timeout",
};

/** Parses a body as a Status; undefined for any other body. */
export function readStatus({ text }: Pick<Answer, "text">): Status | undefined {
  const body = parseObject(text);
  return body?.kind === "Status" ? (body as Status) : undefined;
}

/** Whether a 404 says that one named object is absent, and not that the server does not have the kind. */
export function saysAbsent(answer: Pick<Answer, "text">): boolean {
  const status = readStatus(answer);
  return status?.reason === "NotFound" && (status.details?.name ?? "") !== "";
}

/** Returns the error for a response of 400 or more, in kubectl's words: Conflict for a 409, which another read may resolve. */
export function statusError(answer: Pick<Answer, "status" | "phrase" | "text">): CliError {
  const status = readStatus(answer);
  const kind = kinds[answer.status] ?? "unreachable";
  if (answer.status === 401) return new CliError(kind, "You must be logged in to the server (Unauthorized)");
  if (!status) return new CliError(kind, `Error from server (${answer.phrase}): ${firstLine(answer.text)}`);
  const owner = ownerOf(status);
  if (status.reason === "Invalid") return new CliError("invalid", invalid(status), { owner });
  const message = `Error from server (${status.reason || answer.phrase}): ${status.message ?? firstLine(answer.text)}`;
  return answer.status === 409 ? new Conflict(message) : new CliError(kind, message, { owner });
}

/** Responses whose cause is in the namespace: an object, a quota, an admission policy. */
const ofNamespace = ["Forbidden", "NotFound", "Conflict", "AlreadyExists", "Invalid"];

/** The authorizer and the admission control both answer Forbidden. Only the text of the message differs. */
function ownerOf({ reason = "", message = "" }: Status): ObstacleOwner | undefined {
  if (!ofNamespace.includes(reason)) return undefined;
  const isRight = / is forbidden: User .* cannot /.test(message) || message.endsWith(` denied request: ${notOfSchedule}`);
  return reason === "Forbidden" && isRight ? "platform" : "namespace";
}

/** kubectl's format: a single cause in the line, several as a list below it. */
function invalid({ details, message = "" }: Status): string {
  if (!details?.kind) return `The request is invalid: ${message}`;
  const causes = (details.causes ?? []).map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : (cause.message ?? "")));
  const subject = `The ${details.kind} ${JSON.stringify(details.name ?? "")} is invalid`;
  if (causes.length === 0) return subject;
  return causes.length === 1 ? `${subject}: ${causes[0]}` : `${subject}: \n${causes.map((cause) => `* ${cause}`).join("\n")}`;
}

const firstLine = (text: string) => text.trim().split("\n", 1)[0] || "no explanation";

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
  const sentence = (lines.findLast((line) => line.startsWith("error: ")) ?? lines.at(-1) ?? "").replace(/^error: /, "");
  const context = /^(?:context "(.*)" does not exist|cannot locate context (.*))$/.exec(sentence);
  if (context) {
    const message = `context was not found for specified context: ${context[1] ?? context[2]}`;
    return new CliError("config", message, { hint: "kubectl config get-contexts" });
  }
  if (saysNoContext(sentence)) {
    return new CliError("config", "the kubeconfig has no current context", { hint: "kubectl config use-context NAME" });
  }
  if (sentence === "unknown flag: --append-server-path") {
    return new CliError("config", "kubectl 1.23 or later is required", { hint: "kubectl version --client" });
  }
  const missing = /^stat (.*): no such file or directory$/.exec(sentence);
  if (missing) return new CliError("config", `the kubeconfig ${missing[1]} does not exist`);
  return new CliError("config", sentence || "kubectl ended without a message");
}

/** Whether `kubectl config view` found no context: there is no kubeconfig, or it selects none. */
export const saysNoContext = (stderr: string) => stderr.includes(noContext);

export const noContext = "current-context must exist in order to minify";
