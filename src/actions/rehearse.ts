import { Conflict, isNotFound } from "../errors.ts";
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
