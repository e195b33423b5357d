import type { Applied } from "../credential/kind.ts";
import type { CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import type { Ref } from "../kinds.ts";
import type { KubeObject } from "../objects.ts";
import type { Change } from "../plan/change.ts";
import type { ImageRef, Login } from "../registry/port.ts";

type OfChange = {
  /** The change that was made. After a conflict, it is the last decision. */
  readonly change: Change;
  readonly messages?: readonly string[];
  /** The command that fixes the cause of the warnings. Default: the fix of the change. */
  readonly fix?: Fix;
};

/** The change was made, previewed, or not needed. */
export type Done = OfChange & {
  /** The object as the server has it now. */
  readonly object?: KubeObject | undefined;
  /** The object as it was read, if the change doesn't contain the new state. */
  readonly before?: KubeObject | undefined;
  /** A dry run generates no password, so the object lacks its future login. */
  readonly unmade?: true | undefined;
  readonly error?: undefined;
  readonly left?: undefined;
};

/** A login for Secrets, with its metadata and images. */
export type IssuedLogin = {
  /** Absent before it is generated. */
  readonly login?: Login | undefined;
  readonly metadata?: Omit<Applied, "login">;
  readonly images?: readonly ImageRef[];
  /** The image that it was proven with. */
  readonly proven?: ImageRef;
};

type NotDone = { readonly object?: undefined; readonly before?: undefined; readonly unmade?: undefined };

export type Failed = OfChange &
  NotDone & {
    readonly error: CliError;
    /** The object may hold the login: the response to the write was lost, and the object could not be read since. */
    readonly mayHold?: true | undefined;
    readonly left?: undefined;
  };

/** The change was not tried: a change that it needs failed, or the run was interrupted. */
export type Skipped = OfChange & NotDone & { readonly left: "failed" | "interrupted"; readonly error?: undefined };

export type ChangeOutcome = Done | Failed | Skipped;

type OfNamespace = NotDone & { readonly to: Ref; readonly change?: undefined; readonly messages?: undefined; readonly fix?: undefined };

/** A namespace could not be read or planned; without an error if the run was interrupted. */
export type NamespaceError = OfNamespace & {
  /** The run reports other outcomes too, even if this is its only namespace. */
  readonly isPartial?: true;
} & ({ readonly error: CliError; readonly left?: undefined } | { readonly left: "interrupted"; readonly error?: undefined });

/** Pods of the namespace are about to be replaced. */
type Announcement = OfNamespace & { readonly notice: string; readonly error?: undefined; readonly left?: undefined };

export type Outcome = ChangeOutcome | NamespaceError | Announcement;

export const isDone = (outcome: Outcome): outcome is Done => outcome.change !== undefined && !isFailed(outcome);

export const isFailed = ({ error, left }: Outcome): boolean => error !== undefined || left !== undefined;

export const subjectOf = (outcome: Outcome): Ref => (outcome.change ? outcome.change.to : outcome.to);

export type DryRun = "none" | "client" | "server";
