import { CliError } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Keep, Withdraw } from "../plan/change.ts";
import { readClaim } from "../secret/claim.ts";
import { readEntries } from "../secret/entry.ts";
import { isWithdrawn, withdrawalPatch } from "../secret/withdrawal.ts";
import { asConflict, claim, standingOf } from "./claim.ts";
import { rounds, writeTo } from "./deletion.ts";
import type { Outcome } from "./outcome.ts";
import { settle } from "./settle.ts";
import type { Bench } from "./tools.ts";

/**
 * Takes logins out of a Secret, on the version of the look; another run's, that came to be in it meanwhile, as well: what it notes then is
 * what is to be revoked. While that is under way the Secret is claimed, so that nobody makes another password of the credential.
 * One that is gone has no login, and nobody else knows what it noted.
 */
export async function withdraw(change: Withdraw, bench: Bench): Promise<Outcome> {
  const { tools, seen } = bench;
  const { to } = change;
  const before = seen.get(keyOf(to)) as Secret | undefined;
  let first = before;
  const settled = await settle<Secret | undefined, Withdraw | Keep, Secret>(
    {
      observe: async () => {
        const secret = first ?? (await tools.cluster(to.context).get(to));
        first = undefined;
        return secret;
      },
      decide: (secret) => {
        if (secret?.metadata.uid !== change.stands.uid) return { act: "keep", to, because: "it is gone" };
        return { ...change, entries: readEntries(secret) ?? change.entries, stands: standingOf(secret) };
      },
      write: (next, secret) => takeOut(next, secret ?? gone(to), bench).catch(asConflict),
    },
    { rounds, pause: () => tools.sleep(5) },
  );
  if (!settled.written) return { change };
  const { written } = settled;
  const stands = tools.write.dryRun ? settled.change.stands : standingOf(written);
  return { change: { ...settled.change, stands }, object: written, ...(before && { before }) };
}

/** Nothing is written to one that is gone. */
function gone({ name }: Withdraw["to"]): never {
  throw new CliError("internal", `secret "${name}" is gone, and was to be written`);
}

/** @throws Conflict where another run has written to it since, or has just come to its end with it */
async function takeOut(change: Withdraw, looked: Secret, { tools, run, seen }: Bench): Promise<Secret> {
  const { to, noted } = change;
  const claims = noted && !tools.write.dryRun;
  const standing = { ...standingOf(looked), claim: readClaim(looked) };
  const secret = claims ? (await claim({ act: "claim", to, stands: standing }, { tools, run, seen })).object : looked;
  if (change.immutable || isDone(secret, change)) return secret;
  const patch = withdrawalPatch(secret, change);
  const written = await writeTo(to, { patch }, (found) => found !== undefined && isDone(found, change), tools);
  const claimed = run.claims.get(keyOf(to));
  if (claims && claimed && written) run.claims.set(keyOf(to), { ...claimed, stands: standingOf(written) });
  return written ?? secret;
}

/** Nothing of it is inside, and nothing noted that is not to be. */
const isDone = (secret: Secret, { entries, noted }: Withdraw): boolean =>
  isWithdrawn(secret, { entries, ...(noted && { noted }) }) && (noted === true || readEntries(secret) === undefined);
