import { Interrupted } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { claimLasts, isLive, readClaim, type SecretClaim, sameClaim } from "../secret/claim.ts";
import type { Tools } from "./tools.ts";

/** Milliseconds to wait for claims in total for one credential: a claim that another run rewrites repeatedly can't delay it longer. */
const longestWait = 4 * claimLasts;

/** The pause between two reads of another run's claim, in milliseconds. */
const pause = 500;

/**
 * Waits for the run that owns a claim, once for each claim. Waits at most one claim lifetime, whatever the clocks of the machines say.
 * @returns `moved`: that run has changed the Secret. `ended`: its claim may be taken over. `timedOut`: no waiting time is left
 */
export function waitForClaim(to: Ref<"secret">, found: SecretClaim, tools: Tools): Promise<"moved" | "ended" | "timedOut"> {
  const { waits } = tools;
  const key = claimKey(to, found);
  if (waits.claims.has(key)) return Promise.resolve("ended");
  return tools.during(`Waiting for another run that writes secret ${to.name}`, async () => {
    for (let waited = 0; waited < claimLasts && isLive(found, tools.now()); waited += pause) {
      if (waits.milliseconds >= longestWait) return "timedOut";
      waits.milliseconds += pause;
      if (await moved(to, found, tools)) return "moved";
    }
    waits.claims.add(key);
    return "ended";
  });
}

const claimKey = (to: Ref<"secret">, { by, until }: SecretClaim): string => JSON.stringify([keyOf(to), by, until]);

type LookedAt = { readonly to: Ref<"secret">; readonly metadata: Secret["metadata"] };

/**
 * Waits for the runs that have claimed one of these Secrets and are about to write to it.
 * @returns whether it has waited, so that the Secrets must be read again
 */
export async function waitForClaims(secrets: readonly LookedAt[], tools: Tools): Promise<boolean> {
  const claimed = secrets.flatMap(({ to, metadata }) => {
    const other = readClaim({ metadata });
    const isOther = other && other.by !== tools.runId && isLive(other, tools.now()) && !tools.waits.claims.has(claimKey(to, other));
    return isOther ? [{ to, other }] : [];
  });
  if (tools.waits.milliseconds >= longestWait) return false;
  // Wait concurrently: each claim may take half a minute
  await Promise.all(claimed.map(({ to, other }) => waitForClaim(to, other, tools)));
  return claimed.length > 0;
}

/** Reads the Secret again after a pause. @returns whether the claim has changed @throws CliError cancelled */
async function moved(to: Ref<"secret">, found: SecretClaim, tools: Tools): Promise<boolean> {
  await tools.sleep(pause);
  if (tools.interrupted()) throw new Interrupted();
  const secret = await tools.cluster().get(to);
  return !secret || !sameClaim(found, readClaim(secret));
}
