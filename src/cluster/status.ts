import { CliError, Conflict, type ErrorKind } from "../errors.ts";
import type { Answer } from "./exchange.ts";

/** meta/v1 Status: the body of an error response of the API server. */
export type Status = {
  readonly kind: "Status";
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly metadata?: { readonly continue?: string };
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
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
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && "kind" in body && body.kind === "Status" ? (body as Status) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a 404 says that one named object is absent, and not that the server does not have the kind. */
export function saysAbsent(status: Status | undefined): boolean {
  return status?.reason === "NotFound" && (status.details?.name ?? "") !== "";
}

/**
 * Returns the token that continues a list whose own token has expired (410), from the same key but with the objects as they are now;
 * undefined for every other response.
 */
export function continuation(answer: Pick<Answer, "status" | "text">): string | undefined {
  return answer.status === 410 ? readStatus(answer)?.metadata?.continue : undefined;
}

/**
 * Returns the error for a response of 400 or more, in kubectl's words.
 * @returns Conflict for a 409 that another read may resolve; a field owned by another manager is not one
 */
export function statusError(answer: Pick<Answer, "status" | "phrase" | "text">): CliError {
  const status = readStatus(answer);
  const kind = kinds[answer.status] ?? "unreachable";
  if (answer.status === 401) return new CliError(kind, "You must be logged in to the server (Unauthorized)");
  if (!status) return new CliError(kind, `Error from server (${answer.phrase}): ${firstLine(answer.text)}`);
  const causes = status.details?.causes ?? [];
  if (causes.some(({ reason }) => reason === "FieldManagerConflict")) {
    return new CliError("conflict", status.message ?? "Apply failed", { hint: "add --force to take these fields over from their manager" });
  }
  if (status.reason === "Invalid") return new CliError("invalid", invalid(status));
  const message = `Error from server (${status.reason || answer.phrase}): ${status.message ?? firstLine(answer.text)}`;
  return answer.status === 409 ? new Conflict(message) : new CliError(kind, message);
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
