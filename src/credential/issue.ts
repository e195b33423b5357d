import { skewOfAzure } from "../clock.ts";
import { CliError } from "../errors.ts";
import { type Credential, isRecorded, samePassword } from "../secret/record.ts";
import { claimLasts } from "../secret/source.ts";
import { isTimestamp, renewedExpiry, toSeconds } from "../timestamp.ts";
import type { Account, Evidence, Issuer, Made, Shown } from "./issuer.ts";

/** How long a Secret that holds a replaced password delays its end, in milliseconds. A rotation that failed is completed for as long. */
const holderDelay = 24 * 3_600_000;
export const endOfDelay = ({ madeAt = "" }: Credential): number => (isTimestamp(madeAt) ? Date.parse(madeAt) : 0) + holderDelay;

/** Whether a rotation may still have to complete the one before. Later it replaces the password, whatever copies and other Secrets hold. */
export const isRecent = (credential: Credential, now: number): boolean => now < endOfDelay(credential);

type Replaced = { readonly replaced: Credential | undefined; readonly now: number };

/** @param made without a time and a creator in a dry run */
export function recordOf(
  { kind, registry }: Issuer,
  made: Omit<Made, "login" | "madeAt"> & { readonly madeAt?: string | undefined },
  order: { readonly grace: number | "next" } & Pick<Credential, "repositories" | "file">,
  { replaced, now }: Replaced,
): Credential {
  const { identity, slot, madeAt, expiresAt, by } = made;
  const { grace, repositories, file } = order;
  // It ends with its own life, too
  const expiry = Date.parse(replaced?.expiresAt ?? "") || Number.POSITIVE_INFINITY;
  const until = grace === "next" ? undefined : new Date(Math.min(now + grace, expiry)).toISOString();
  const previous = replaced && { slot: replaced.slot ?? "", madeAt: replaced.madeAt ?? "", until };
  return { kind, host: registry.loginServer, identity, slot, madeAt, expiresAt, by, repositories, previous, file };
}

/**
 * Returns the expiry of a new password that lasts as long as the one that it replaces. The times that Azure shows count, or those of the
 * record if a person has ended that one.
 * @param replaced of the same kind
 */
export function lifetimeOf({ passwords }: Account, replaced: Credential | undefined, now: Date): string | undefined {
  const { madeAt = "", expiresAt = "" } = passwords.find((password) => samePassword(password, replaced)) ?? replaced ?? {};
  return renewedExpiry(madeAt, expiresAt, now);
}

/** Whether a killed run has left a password that is in no Secret. One that was generated outside of the time of its claim is a person's. */
export function isLeftOver({ claim, credential }: Evidence, password: Shown): boolean {
  const { intent } = claim ?? {};
  if (!intent || isRecorded(credential, password)) return false;
  // A key has a unique name, which the intent notes
  if (password.name !== undefined) return intent.slot === password.name;
  if (intent.slot !== password.slot) return false;
  const beforeEnd = Date.parse(intent.until) - Date.parse(password.madeAt);
  return intent.madeAt === password.madeAt || (beforeEnd >= -skewOfAzure && beforeEnd <= claimLasts + skewOfAzure);
}

type Previous = NonNullable<Credential["previous"]>;

/** The last rotation replaced a password that works until then. */
export class InGrace extends CliError {
  constructor({ ref }: Account, { slot }: Previous, until: string) {
    super("conflict", `${slot} of ${ref.name} is in its grace period until ${toSeconds(new Date(until))}`, {
      hint: "run the command again after that time: only one replaced password is kept",
    });
  }
}

/** Whether the time of the replaced password is over, by any clock. Without grace, it is over when the new one is created. */
export function isDue({ previous, madeAt }: Credential, now: number): boolean {
  if (previous?.until === undefined) return false;
  const until = Date.parse(previous.until);
  return until <= (madeAt === undefined ? now : Date.parse(madeAt)) || now >= until + skewOfAzure;
}

/** Another pull Secret holds the password that a rotation must end. A tenant can cause this, so it fails no run on others. */
export class StillHeld extends CliError {
  constructor(message: string) {
    super("conflict", message, { hint: "run rotate with --grace 0 --force to end it now" });
  }
}
