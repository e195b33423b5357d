import { CliError, Conflict, Interrupted, isNotFound } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { ChangeOf } from "../plan/change.ts";
import { emptyConfig } from "../secret/docker-config.ts";
import { pullSecret, pullSecretPatch } from "../secret/pull-secret.ts";
import type { Action } from "./action.ts";

const rehearsalEntry = { hosts: [], kind: "rehearsal", identity: "" };

/** Has the API server check, in a server dry run, whether a Secret can be written or deleted. Nothing is stored. */
export const rehearse: Action<ChangeOf<"rehearse">> = {
  async apply({ to, precondition, deletes, shape }, { tools }) {
    const cluster = tools.cluster();
    const options = { ...tools.write, dryRun: true };
    if (precondition && deletes) await cluster.write(to, { delete: { uid: precondition.uid } }, options).catch(unlessGone);
    else if (precondition)
      await cluster.write(to, { patch: pullSecretPatch(precondition.version, rehearsalEntry, emptyConfig, { shape }) }, options);
    else await cluster.write(to, { create: pullSecret(to, rehearsalEntry, emptyConfig, shape) }, options);
    return {};
  },
};

/** Ignores a deleted or changed Secret, because it is read again before the deletion. */
function unlessGone(error: unknown): void {
  if (error instanceof Conflict || isNotFound(error)) return;
  throw error;
}

/** Creates under another name, because the object to replace still has its name. Errors have the real name. */
export async function rehearseBeside<R extends Ref, T>(to: R, create: (at: R) => Promise<T>): Promise<T> {
  const at = { ...to, name: besideName(to.name) };
  try {
    return await create(at);
  } catch (error) {
    throw error instanceof CliError ? renamed(error, at.name, to.name) : error;
  }
}

const suffix = "-rehearsal";

/** Returns another name for the rehearsal. A name has at most 253 characters, and no part of it ends with a dash (RFC 1123 subdomain). */
const besideName = (name: string) => `${name.slice(0, 253 - suffix.length).replace(/[-.]+$/, "")}${suffix}`;

/** Returns the same error with the real name of the object. */
function renamed(error: CliError, from: string, to: string): CliError {
  const message = error.message.replaceAll(from, () => to);
  if (error instanceof Interrupted) return error;
  if (error instanceof Conflict) return new Conflict(message);
  const hint = typeof error.hint === "string" ? error.hint.replaceAll(from, () => to) : error.hint;
  return new CliError(error.kind, message, { hint, cause: error });
}
