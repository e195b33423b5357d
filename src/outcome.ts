import type { CliError } from "./errors.ts";
import type { Command } from "./hint.ts";
import type { Ref } from "./kinds.ts";
import type { KubeObject } from "./objects.ts";

/** kubectl's words for what happened to an object. The ones that say more about a namespace come first. */
export const results = ["created", "replaced", "deleted", "configured", "patched", "restarted", "unchanged"] as const;

export type Result = (typeof results)[number];

export type DryRun = "none" | "client" | "server";

/** What a run did with one object, or says about it. Never contains a password outside of `object` and `before`. */
export type Outcome = {
  readonly to: Ref;
  /** The id of an object in Azure. Another object with its name has another one. */
  readonly id?: string | undefined;
  /** Absent: nothing was done with the object. The outcome only says something about it. */
  readonly result?: Result | undefined;
  readonly because?: string | undefined;
  /** The repositories that a credential newly pulls, including paths such as `team/*`. */
  readonly grants?: readonly string[] | undefined;
  /** The repositories that it does not pull any more. */
  readonly withdraws?: readonly string[] | undefined;
  /** The paths that a warning of a registry is about. */
  readonly unverified?: readonly string[] | undefined;
  /** The password that was deleted, if not the whole object. */
  readonly slot?: string | undefined;
  /** The names in a list of pull secrets before and after. */
  readonly list?: ListChange | undefined;
  /** The object as the server has it now. */
  readonly object?: KubeObject | undefined;
  /** The object as it was before. */
  readonly before?: KubeObject | undefined;
  /** A dry run generates no password, so the object lacks its future login. */
  readonly unmade?: true | undefined;
  readonly error?: CliError | undefined;
  /** The change was not tried: a change that it needs failed, or the run was interrupted. */
  readonly left?: "failed" | "interrupted" | undefined;
  /** The error ends everything in its namespace, so a run on only this namespace ends with it. */
  readonly endsPlace?: boolean | undefined;
  readonly messages?: readonly string[] | undefined;
  /** The messages say what the owners of a namespace must change first. */
  readonly isBlocked?: true | undefined;
  /** The messages are information, and no warnings. */
  readonly isInfo?: true | undefined;
  /** The ids of the warnings, for scripts. */
  readonly ids?: readonly string[] | undefined;
  /** The command that fixes the problem in the messages. */
  readonly fix?: Command | undefined;
  /** A file of `apply` takes over a source that it did not make: what the source loses. */
  readonly loses?: readonly string[] | undefined;
  /** Which pods need an object that a dry run deletes. It is one of the messages too. */
  readonly neededBy?: string | undefined;
  /** What is about to happen, for a person who may still press Ctrl-C. */
  readonly notice?: string | undefined;
};

export type ListChange = {
  readonly does: "attach" | "detach";
  readonly before: readonly string[];
  readonly after: readonly string[];
};

export const isFailed = ({ error, left }: Outcome): boolean => error !== undefined || left !== undefined;
