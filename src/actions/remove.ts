import { keyOf } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { ChangeOf } from "../plan/change.ts";
import { readEntries } from "../secret/entry.ts";
import { isWithdrawn } from "../secret/withdrawal.ts";
import type { Action, Env } from "./action.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { asConflict, preconditionOf, secretRetries, update, writeTo } from "./update.ts";

export const remove: Action<ChangeOf<"remove">> = {
  apply: deleteSecret,
  preview: ({ to }, { objects }) => ({ object: objects.get(keyOf(to)) }),
  message: () => "deleted",
};

/**
 * Deletes the version of a Secret that was read. After a conflict it is kept if another client has created it again or written a login
 * to it.
 */
async function deleteSecret(change: ChangeOf<"remove">, { tools, objects }: Env): Promise<ChangeOutcome> {
  const { to } = change;
  return update<Secret | undefined, ChangeOutcome>({
    initial: objects.get(keyOf(to)) as Secret | undefined,
    read: () => tools.cluster().get(to),
    write: async (secret) => {
      if (!secret) return { change };
      if (secret.metadata.uid !== change.precondition.uid) return stays(to, "it was recreated");
      const entries = readEntries(secret) ?? [];
      if (change.withdrawn && !tools.write.dryRun && !isWithdrawn(secret)) return stays(to, "another run wrote a login to it");
      const precondition = preconditionOf(secret);
      await writeTo(to, { delete: precondition }, (found) => found?.metadata.uid !== precondition.uid || isLeaving(found), tools).catch(
        asConflict,
      );
      return { change: { ...change, entries, precondition }, object: secret };
    },
    ...secretRetries(tools),
  });
}

const stays = (to: ChangeOf<"remove">["to"], because: string): ChangeOutcome => ({
  change: { act: "keep", to, because },
  left: "failed",
  messages: [`secret/${to.name} is kept: ${because}`],
});

const isLeaving = ({ metadata }: Secret): boolean => metadata.deletionTimestamp !== undefined;
