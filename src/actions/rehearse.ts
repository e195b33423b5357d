import { CliError, Conflict } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Rehearse } from "../plan/change.ts";
import { sketchConfig } from "../secret/docker-config.ts";
import { pullSecret, pullSecretPatch } from "../secret/pull-secret.ts";
import type { Action } from "./action.ts";

/** What is noted on a Secret that is only tried. */
const nobody = { hosts: [], kind: "rehearsal", identity: "" };

/** Has the API server check, in a server dry run, whether a Secret can be written or deleted. Nothing is stored. */
export const rehearse: Action<Rehearse> = {
  async apply({ to, precondition, replaces, deletes, shape }, { tools }) {
    const cluster = tools.cluster(to.context);
    const options = { ...tools.write, dryRun: true };
    const create = (at: Ref<"secret">) => cluster.write(at, { create: pullSecret(at, nobody, sketchConfig, shape) }, options);
    if (precondition && deletes) await cluster.write(to, { delete: { uid: precondition.uid } }, options).catch(unlessGone);
    else if (replaces) await rehearseBeside(to, create);
    else if (precondition)
      await cluster.write(to, { patch: pullSecretPatch(precondition.version, nobody, sketchConfig, { shape }) }, options);
    else await create(to);
    return {};
  },
};

/** What is not there, or is another one by now, is looked at again when its turn comes. */
function unlessGone(error: unknown): void {
  if (error instanceof Conflict || (error instanceof CliError && error.kind === "notFound")) return;
  throw error;
}

/** What is to be replaced still stands under its name, so another one is tried, which nobody hears of. */
export async function rehearseBeside<R extends Ref, T>(to: R, create: (at: R) => Promise<T>, longest = 253): Promise<T> {
  const at = { ...to, name: besideName(to.name, longest) };
  try {
    return await create(at);
  } catch (error) {
    throw error instanceof CliError ? renamed(error, at.name, to.name) : error;
  }
}

const suffix = "-rehearsal";

/** A name has 253 characters at most, and no part of it ends with a dash (RFC 1123 subdomain). */
const besideName = (name: string, longest: number) => `${name.slice(0, longest - suffix.length).replace(/[-.]+$/, "")}${suffix}`;

/** The same error, of the same kind, about the object that is meant. */
function renamed(error: CliError, from: string, to: string): CliError {
  const message = error.message.replaceAll(from, () => to);
  if (error instanceof Conflict) return new Conflict(message);
  const hint = typeof error.hint === "string" ? error.hint.replaceAll(from, () => to) : error.hint;
  return new CliError(error.kind, message, { hint, cause: error });
}
