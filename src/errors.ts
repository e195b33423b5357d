import type { Hint } from "./hint.ts";

/** The kind of an error, named by the user's next step. */
export type ErrorKind =
  | "usage" // a flag or an argument is wrong
  | "config" // the kubeconfig or the environment is invalid
  | "unauthenticated" // sign in first
  | "forbidden" // an administrator must grant a right
  | "notFound"
  | "conflict" // another writer or owner prevents it
  | "invalid" // the server rejected the contents
  | "unreachable"
  | "timeout"
  | "cancelled" // by the user
  | "internal"; // a defect of this plugin

/**
 * Who can remove an obstacle: the owners of the namespace that has it, the platform (a file, an earlier run, a right of this run), or the
 * owners of the objects in Azure.
 */
export type ObstacleOwner = "namespace" | "platform" | "azure";

/**
 * An error for the user: `message` is one sentence in kubectl's words, `hint` the next step, as a command or in words. Neither ever
 * contains a secret. Ports convert foreign errors to this class at their boundary. Only the entry point prints it.
 */
export class CliError extends Error {
  override name = "CliError";
  readonly kind: ErrorKind;
  readonly hint: Hint | undefined;
  /** The owner of the obstacle; undefined if the error is no obstacle, or if that is not known. */
  readonly owner: ObstacleOwner | undefined;

  constructor(kind: ErrorKind, message: string, { hint, cause, owner }: ErrorOptions = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.hint = hint;
    this.owner = owner;
  }

  withHint(hint: Hint): CliError {
    return new CliError(this.kind, this.message, { hint, cause: this, owner: this.owner });
  }
}

type ErrorOptions = {
  readonly hint?: Hint | undefined;
  readonly cause?: unknown;
  readonly owner?: ObstacleOwner | undefined;
};

/** Ctrl-C or a signal ended the work. A hint says what it left behind. `-o json` prints its kind. */
export class Interrupted extends CliError {
  override name = "AbortError";

  constructor(message = "interrupted", options: { hint?: Hint | undefined; cause?: unknown } = {}) {
    super("cancelled", message, options);
  }

  override withHint(hint: Hint): Interrupted {
    return new Interrupted(this.message, { hint, cause: this });
  }
}

/** Thrown by a port when the API server answers 409 to a write: the object has changed since it was read. */
export class Conflict extends CliError {
  override name = "Conflict";

  constructor(message: string) {
    super("conflict", message, { owner: "namespace" });
  }
}

/** Thrown by a port when `kubectl proxy` has ended. It is unknown if an open request was applied. */
export class ProxyEnded extends CliError {
  override name = "ProxyEnded";

  constructor() {
    super("unreachable", "kubectl proxy ended", { hint: "run the command again" });
  }
}

/** Thrown by a port for a request that did not reach its server, so that it was certainly not applied. */
export class Unsent extends CliError {
  override name = "Unsent";
}

/** Thrown by a port for a response that Azure also returns while a new object has not replicated yet. */
export class NotYet extends CliError {
  override name = "NotYet";
  /** How long Azure may answer so, in milliseconds. */
  most = Number.POSITIVE_INFINITY;
}

/** An object that its owner must change first. It is no reason to end a run on other namespaces. */
export class InTheWay extends CliError {
  constructor(message: string, hint?: Hint, owner: ObstacleOwner = "namespace") {
    super("conflict", message, { hint, owner });
  }
}

const concurrent = { kind: "conflict", hint: "run the command again" } as const;

/**
 * Thrown by a port when Azure rejects a write only because of another write at the same time, or because of too many requests. Nothing was
 * changed.
 */
export class Busy extends CliError {
  override name = "Busy";
  /** Milliseconds that Azure asks to wait (Retry-After). */
  readonly retryAfter: number | undefined;

  constructor(message: string, retryAfter?: number, { kind, hint }: Pick<CliError, "kind" | "hint"> = concurrent) {
    super(kind, message, { hint });
    this.retryAfter = retryAfter;
  }
}

/** Returns the error for a named object that does not exist, in the API server's words. @param plural `serviceaccounts` */
export const absent = (plural: string, name: string, hint?: Hint): CliError =>
  new CliError("notFound", `Error from server (NotFound): ${plural} "${name}" not found`, { hint, owner: "namespace" });

const separator = "\n* ";

/**
 * Returns a message with further lines, such as the words of another program. The lines look like kubectl's causes below an error, which
 * `printableMessage` keeps.
 */
export const withLines = (message: string, ...lines: readonly (string | undefined)[]): string =>
  [message, ...lines.filter(Boolean)].join(separator);

/** Splits a message of `withLines`. Only for messages whose parts can't contain line feeds. */
export const linesIn = (message: string): readonly string[] => message.split(separator);

export const isForbidden = (error: unknown): error is CliError => error instanceof CliError && error.kind === "forbidden";

/**
 * Returns the hint for an error without one, if the API server's authorizer rejected the request. A quota and a webhook also answer
 * Forbidden, but no right helps there.
 */
export const permissionHint = (error: unknown): string | undefined =>
  isForbidden(error) && error.hint === undefined && / is forbidden: User .* cannot /.test(error.message)
    ? "kubectl acr-secret explain forbidden"
    : undefined;

export const isNotFound = (error: unknown): error is CliError => error instanceof CliError && error.kind === "notFound";

/** Whether a request failed for any reason except those that end the run: an interruption, and the end of `kubectl proxy`. */
export const isRefusal = (error: unknown): error is CliError =>
  error instanceof CliError && !(error instanceof Interrupted || error instanceof ProxyEnded);

const unless =
  (isExpected: (error: unknown) => boolean) =>
  <T>(instead: T) =>
  (error: unknown): T => {
    if (isExpected(error)) return instead;
    throw error;
  };

/** Returns a handler that replaces a missing permission with a value and rethrows every other error. */
export const unlessForbidden = unless(isForbidden);

/** Returns a handler that replaces a missing object, or a kind that the server does not have, with a value and rethrows others. */
export const unlessNotFound = unless(isNotFound);

export const unlessRefused = unless(isRefusal);

/** Whether it is unknown if the request was applied. */
export const isLost = (error: CliError): boolean =>
  !(error instanceof Busy || error instanceof Unsent) &&
  (error instanceof Interrupted || error.kind === "unreachable" || error.kind === "timeout");

/** Returns a handler that returns an expected error and rethrows every other one. */
const as =
  <E extends CliError>(isExpected: (error: unknown) => error is E) =>
  (error: unknown): E => {
    if (isExpected(error)) return error;
    throw error;
  };

export const asCliError = as((error) => error instanceof CliError);
export const asRefusal = as(isRefusal);
export const asForbidden = as(isForbidden);
export const asNotFound = as(isNotFound);

/** Returns the error for an invalid command line. Without a hint, it names the help of the verb. */
export const usage = (message: string, hint?: Hint) => new CliError("usage", message, { hint });
