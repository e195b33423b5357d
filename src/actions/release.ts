import { asCliError, type CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { noteLeft } from "../secret/claim.ts";
import { type ClaimAfter, claimPatch, isEmpty, unclaimed } from "../secret/pull-secret.ts";
import { ownClaim, preconditionOf } from "./claim.ts";
import type { ChangeOutcome } from "./outcome.ts";
import type { Claimed, Env, Run, Tools } from "./tools.ts";
import { secretRetries, update } from "./update.ts";

/**
 * Ends all claims of this run, even after an interruption. Deletes a Secret that this run created only for the claim.
 * @returns the claims whose Secret could not be deleted, with the command to delete it
 */
export function endClaims({ run, tools }: Env): Promise<ChangeOutcome[]> {
  if (run.claims.size === 0) return Promise.resolve([]);
  return tools.unhalted(async () => {
    const kept: ChangeOutcome[] = [];
    for (const [key, claimed] of run.claims) {
      const error = await release(claimed, noteAfter(claimed, run, tools), tools).then(() => undefined, asCliError);
      run.claims.delete(key);
      // A claim that stays in an annotation expires and does no harm
      if (error && claimed.made) kept.push(leftEmpty(claimed.to, error));
    }
    return kept;
  });
}

const leftEmpty = (to: Ref<"secret">, error: CliError): ChangeOutcome => ({
  change: { act: "claim", to, precondition: undefined },
  error,
  says: [`secret/${to.name} is left without a login`],
  fix: { kubectl: "delete secret", args: [to.name], namespace: to.namespace, context: to.context },
});

/**
 * Returns the claim annotation after the claim ends. If this run may have generated a password that it could not roll back, the claim
 * itself stays until it expires, because it records that password. A password that an earlier run left, and that this run did not
 * overwrite, also stays recorded.
 */
function noteAfter({ made, makes }: Claimed, { asked, kept }: Run, { runId }: Tools): ClaimAfter | undefined {
  if (made || !makes) return unclaimed;
  if (asked && kept) return undefined;
  const { madeAt, ...making } = makes;
  return madeAt !== undefined && !asked ? noteLeft(runId, { ...making, madeAt }) : unclaimed;
}

async function release({ to, made }: Claimed, note: ClaimAfter | undefined, tools: Tools): Promise<void> {
  if (!note) return;
  await update({
    read: () => ownClaim(to, tools),
    write: async (secret) => {
      if (secret) await (made && isEmpty(secret) ? remove(to, secret, tools) : unclaim(to, secret, { note, tools }));
    },
    ...secretRetries(tools),
  });
}

const unclaim = (to: Ref<"secret">, secret: Secret, { note, tools }: { readonly note: ClaimAfter; readonly tools: Tools }) =>
  tools.cluster(to.context).write(to, { patch: claimPatch(preconditionOf(secret).version, note) }, tools.write);

/** Deletes the Secret. If that is forbidden, removes the claim, so that no other run waits for it. */
async function remove(to: Ref<"secret">, secret: Secret, tools: Tools): Promise<void> {
  try {
    await tools.cluster(to.context).write(to, { delete: preconditionOf(secret) }, tools.write);
  } catch (error) {
    const { kind } = asCliError(error);
    if (kind === "forbidden") await unclaim(to, secret, { note: unclaimed, tools });
    if (kind !== "notFound") throw error;
  }
}
