import type { CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import type { KubeObject } from "../objects.ts";
import type { Change } from "../plan/change.ts";

/** What became of one change. */
export type Outcome = {
  /** As it was carried out: where something was looked at again, what was decided last. */
  readonly change: Change;
  /** The object as the server has it now. */
  readonly object?: KubeObject | undefined;
  /** The object as it was looked at, where what becomes of it is not in the change. */
  readonly before?: KubeObject | undefined;
  /** The object is without the login that it would get: a dry run makes none. */
  readonly unmade?: true;
  /** Why it could not be. */
  readonly error?: CliError;
  /** It is of the place as a whole, and of no object in it. */
  readonly ofPlace?: true;
  /** What is about to happen to pods, before it does; nothing has become of a change yet. */
  readonly ahead?: string;
  /** What a person should know of it. */
  readonly says?: readonly string[];
  /** The command that mends it, where the change has none. */
  readonly fix?: Fix;
  /** It was not tried: what it needs failed, or the run was interrupted. */
  readonly left?: "failed" | "interrupted";
};

export type DryRun = "none" | "client" | "server";
