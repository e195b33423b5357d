import { CliError } from "../errors.ts";
import type { Change } from "../plan/change.ts";
import type { Login } from "../registry/port.ts";
import type { ObjectsByKey } from "../usage/namespace-state.ts";
import type { Claims } from "./claims.ts";
import type { ChangeOutcome, Done, Failed, IssuedLogin, Skipped } from "./outcome.ts";
import type { Tools } from "./tools.ts";

export type Env = {
  readonly tools: Tools;
  readonly claims: Claims;
  /** The objects as they were read for the plan. */
  readonly objects: ObjectsByKey;
  /** The login that Secrets get; absent before it is generated. */
  readonly issued?: IssuedLogin;
};

/**
 * Returns the login that Secrets get. A dry run has none.
 * @throws CliError internal if another run has none
 */
export function loginOf({ issued, tools }: Env): Login | undefined {
  if (issued?.login || tools.write.dryRun) return issued?.login;
  throw new CliError("internal", "a plan needs a login, but none was issued");
}

/** kubectl's words for what happened to an object. The ones that say more about a namespace come first. */
export const messages = ["created", "replaced", "deleted", "configured", "patched", "restarted", "unchanged"] as const;

export type Message = (typeof messages)[number];

/**
 * The outcome of a change. It names a change only if another one was made than the planned one. `issued`: what the change adds to the login
 * of the run; no outcome has it.
 */
export type Result = (PartlyOf<Done> | PartlyOf<Failed> | PartlyOf<Skipped>) & { readonly issued?: IssuedLogin | undefined };

type PartlyOf<O extends ChangeOutcome> = Omit<O, "change"> & { readonly change?: Change };

export type Action<C extends Change> = {
  /** Makes the change, or has the API server check it in a server dry run. @throws CliError */
  apply(change: C, env: Env): Promise<Result>;
  /** Returns the result of a client dry run, which sends no request; by default an empty one. */
  preview?(change: C, env: Env): Result;
  /** Returns the word for the object's line; undefined if the change has no line of its own. */
  message?(change: C): Message | undefined;
  /** Returns the change that undoes it; undefined if nothing must be undone, or undoing another change undoes it too. */
  rollback?(change: C): Change | undefined;
};
