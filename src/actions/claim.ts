import { CliError, Conflict, Interrupted, isLost, isRefusal } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Claim, Precondition } from "../plan/change.ts";
import { claimLasts, isLive, noteClaim, readClaim, type SecretClaim, sameClaim } from "../secret/claim.ts";
import { claimedSecret, claimPatch } from "../secret/pull-secret.ts";
import type { Action } from "./action.ts";
import type { Claimed, Env, Tools } from "./tools.ts";
import { secretRetries, update } from "./update.ts";

/**
 * The total time that the runs of one credential wait for claims, in milliseconds: a claim that another run rewrites repeatedly delays them
 * no longer.
 */
const longestWait = 4 * claimLasts;

/** The pause between two reads of another run's claim, in milliseconds. */
const pause = 500;

/** Claims a Secret before a password is generated for it. The end of the run releases it. */
export const claim: Action<Claim> = {
  apply: async (change, env) => (env.run.claims.has(keyOf(change.to)) ? {} : claimSecret(change, env)),
};

/**
 * Claims a Secret for this run. If another run has claimed it, waits for that run.
 * @throws CliError of the Secret; Conflict if the Secret must be read again
 */
export async function claimSecret(change: Claim, { tools, run }: Env): Promise<{ object: Secret }> {
  const { to, precondition, makes } = change;
  if (precondition?.claim && isLive(precondition.claim, tools.now()) && (await outwaits(to, precondition.claim, tools)) !== "ended")
    throw new Conflict(`another run is making secret "${to.name}" in namespace "${to.namespace}"`);
  const made = !precondition;
  // If the response is lost, the claim may exist
  run.claims.set(keyOf(to), { to, made, makes });
  try {
    const at = tools.now();
    const object = await writeClaim(change, tools);
    run.claims.set(keyOf(to), { to, made, makes, precondition: preconditionOf(object), at });
    return { object };
  } catch (error) {
    if (error instanceof CliError && !isLost(error)) run.claims.delete(keyOf(to));
    throw error;
  }
}

async function writeClaim({ to, precondition, makes, shape }: Claim, tools: Tools): Promise<Secret> {
  const { runId, write, now } = tools;
  const note = noteClaim(runId, now(), makes);
  const text = precondition ? { patch: claimPatch(precondition.version, note) } : { create: claimedSecret(to, note, shape) };
  try {
    return await tools.cluster(to.context).write(to, text, write);
  } catch (error) {
    if (!isRefusal(error) || !isLost(error)) throw error;
    const found = await ownClaim(to, tools).catch(() => undefined);
    if (!found) throw error;
    return found;
  }
}

/**
 * Waits for the run that owns a claim, once for each claim and at most for one claim lifetime, independent of the clocks of the machines.
 * @returns `moved` if that run has changed the Secret; `ended` if its claim may be taken over; `tired` if no waiting time is left
 */
function outwaits(to: Ref<"secret">, found: SecretClaim, tools: Tools): Promise<"moved" | "ended" | "tired"> {
  const { waits } = tools;
  const key = claimKey(to, found);
  if (waits.claims.has(key)) return Promise.resolve("ended");
  return tools.during(`Waiting for another run that makes secret ${to.name}`, async () => {
    for (let waited = 0; waited < claimLasts && isLive(found, tools.now()); waited += pause) {
      if (waits.milliseconds >= longestWait) return "tired";
      waits.milliseconds += pause;
      if (await moved(to, found, tools)) return "moved";
    }
    waits.claims.add(key);
    return "ended";
  });
}

const claimKey = (to: Ref<"secret">, { by, until }: SecretClaim): string => JSON.stringify([keyOf(to), by, until]);

/** A Secret as it was read. */
type LookedAt = { readonly to: Ref<"secret">; readonly metadata: Secret["metadata"] };

/**
 * Waits for the runs that have claimed one of these Secrets and are about to write to it.
 * @returns whether it has waited, so that the Secrets must be read again
 */
export async function outwaitAll(secrets: readonly LookedAt[], tools: Tools): Promise<boolean> {
  const claimed = secrets.flatMap(({ to, metadata }) => {
    const other = readClaim({ metadata });
    const isOther = other && other.by !== tools.runId && isLive(other, tools.now()) && !tools.waits.claims.has(claimKey(to, other));
    return isOther ? [{ to, other }] : [];
  });
  if (tools.waits.milliseconds >= longestWait) return false;
  // Wait concurrently: each claim may take half a minute
  await Promise.all(claimed.map(({ to, other }) => outwaits(to, other, tools)));
  return claimed.length > 0;
}

/** Reads the Secret again after a pause. @returns whether the claim has changed @throws CliError cancelled */
async function moved(to: Ref<"secret">, found: SecretClaim, tools: Tools): Promise<boolean> {
  await tools.sleep(pause);
  if (tools.halted()) throw new Interrupted();
  const secret = await tools.cluster(to.context).get(to);
  return !secret || !sameClaim(found, readClaim(secret));
}

/** Returns the Secret if this run claims it. */
export async function ownClaim(to: Ref<"secret">, { cluster, runId }: Tools): Promise<Secret | undefined> {
  const secret = await cluster(to.context).get(to);
  return secret && readClaim(secret)?.by === runId ? secret : undefined;
}

/** Returns the precondition for a write to a Secret that was read. */
export const preconditionOf = ({ metadata: { uid = "", resourceVersion: version = "" } }: Pick<Secret, "metadata">): Precondition => ({
  uid,
  version,
});

/**
 * Renews this run's claims before it generates a password. A run that was too slow has lost its claim and generates none.
 * @throws Conflict if another run has taken over the Secret
 */
export async function renewClaims({ run, tools }: Env): Promise<void> {
  for (const [key, claimed] of run.claims) if (!isYoung(claimed, tools.now())) run.claims.set(key, await renew(claimed, tools));
}

/** Renews claims that last beyond the write of their own Secret, before another Secret is written. Concurrent writes share one renewal. */
export async function holdClaims(env: Env): Promise<void> {
  const { run } = env;
  if (!run.holds) return;
  run.renewal ??= renewClaims(env).finally(() => {
    delete run.renewal;
  });
  await run.renewal;
}

/** Whether a claim needs no renewal. No password takes as long as two thirds of a claim lifetime. */
const isYoung = ({ at }: Claimed, now: Date) => at !== undefined && now.getTime() - at.getTime() < claimLasts / 3;

/** Renews a claim. Reads the Secret again on a conflict, because another client may have written to it without changing the claim. */
async function renew(claimed: Claimed, tools: Tools): Promise<Claimed> {
  const { to, makes } = claimed;
  const { write, now, runId } = tools;
  const at = now();
  const object = await update({
    initial: claimed.precondition,
    read: async () => preconditionOf((await ownClaim(to, tools)) ?? taken(to)),
    write: ({ version }) =>
      tools
        .cluster(to.context)
        .write(to, { patch: claimPatch(version, noteClaim(runId, now(), makes)) }, write)
        .catch(asConflict),
    ...secretRetries(tools),
  });
  return { ...claimed, at, precondition: preconditionOf(object) };
}

function taken({ name, namespace }: Ref): never {
  throw new Conflict(`another run has taken over secret "${name}" in namespace "${namespace}"`);
}

/** @throws Conflict if the Secret was deleted after it was read; otherwise the same error */
export function asConflict(error: unknown): never {
  if (error instanceof CliError && error.kind === "notFound") throw new Conflict(error.message);
  throw error;
}
