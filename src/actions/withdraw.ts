import { keyOf } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Withdraw } from "../plan/change.ts";
import { readClaim } from "../secret/claim.ts";
import { isOurs, readEntries } from "../secret/entry.ts";
import { patched } from "../secret/pull-secret.ts";
import { isWithdrawn, withdrawalPatch } from "../secret/withdrawal.ts";
import type { Action, Env } from "./action.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { asConflict, preconditionOf, secretRetries, update, writeTo } from "./update.ts";

export const withdraw: Action<Withdraw> = {
  apply: removeLogins,
  preview: (change, { objects }) => {
    const before = objects.get(keyOf(change.to));
    return before?.kind === "Secret" ? { before, object: patched(before, withdrawalPatch(before)) } : {};
  },
  // The deletion of the Secret prints a line
  message: () => undefined,
};

/**
 * Removes logins from the version of a Secret that was read, including logins that another run wrote after the plan. The annotation then
 * lists what must be revoked. Claims the Secret in the meantime, so that no other run generates a password of the credential.
 */
async function removeLogins(change: Withdraw, env: Env): Promise<ChangeOutcome> {
  const { tools, objects } = env;
  const { to } = change;
  const before = objects.get(keyOf(to)) as Secret | undefined;
  return update<Secret | undefined, ChangeOutcome>({
    initial: before,
    read: () => tools.cluster().get(to),
    write: async (secret) => {
      if (secret?.metadata.uid !== change.precondition.uid || !isOurs(secret)) return { change };
      const next = { ...change, entries: readEntries(secret) ?? change.entries, precondition: preconditionOf(secret) };
      const object = await removeFrom(next, secret, env).catch(asConflict);
      return { change: tools.write.dryRun ? next : { ...next, precondition: preconditionOf(object) }, object, before };
    },
    ...secretRetries(tools),
  });
}

/** @throws Conflict if another run has written to the Secret since it was read, or has just ended its claim */
async function removeFrom(change: Withdraw, existing: Secret, { tools, claims }: Env): Promise<Secret> {
  const { to } = change;
  const isClaimed = !tools.write.dryRun;
  const precondition = { ...preconditionOf(existing), claim: readClaim(existing) };
  const secret = isClaimed ? await claims.acquire({ act: "claim", to, precondition }) : existing;
  if (change.immutable || isWithdrawn(secret)) return secret;
  const patch = withdrawalPatch(secret);
  const written = await writeTo(to, { patch }, (found) => found !== undefined && isWithdrawn(found), tools);
  if (isClaimed && written) claims.written(to, written);
  return written ?? secret;
}
