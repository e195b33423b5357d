import { skewOfLifetime } from "../clock.ts";
import type { Credential } from "./record.ts";

/** Which passwords to replace: those that meet one of these conditions, or all if there is none. All times are in milliseconds. */
type DueWhen = {
  /** It is at least this old. */
  readonly olderThan?: number | undefined;
  /** It expires within this time, or it is in the last third of its life. */
  readonly expiresWithin?: number | "last third" | undefined;
  /** It is valid for longer than this time, or forever. */
  readonly longerThan?: number | undefined;
};

type Ages = Pick<Credential, "madeAt" | "expiresAt">;

/** Why a password is not due: it never expires, expires later, has an invalid expiry, or is too young. */
export type NotDue = "never" | "later" | "unknown" | "young";

/** Returns why a password is not due, one reason for each condition; none if it is due. @param now in milliseconds */
export function notDue(credential: Ages, { olderThan, expiresWithin, longerThan }: DueWhen, now: number): readonly NotDue[] {
  const byExpiry = expiresWithin === undefined ? [] : [expiryReason(credential, expiresWithin, now)];
  const byAge = olderThan === undefined ? [] : [isYoung(credential, olderThan, now) ? ("young" as const) : undefined];
  const reasons = [...byExpiry, ...byAge];
  const isDue = reasons.includes(undefined) || isLongerThan(credential, longerThan, now);
  return isDue ? [] : reasons.filter((reason) => reason !== undefined);
}

/** The clock of Azure, which created the password, may be ahead: an age of zero includes every password. */
const isYoung = ({ madeAt = "" }: Ages, olderThan: number, now: number): boolean => olderThan > 0 && now - Date.parse(madeAt) < olderThan;

function expiryReason({ madeAt = "", expiresAt }: Ages, within: number | "last third", now: number): NotDue | undefined {
  if (expiresAt === undefined) return "never";
  const end = Date.parse(expiresAt);
  if (Number.isNaN(end)) return "unknown";
  const time = within === "last third" ? (end - Date.parse(madeAt)) / 3 : within;
  return end - now <= time ? undefined : "later";
}

/**
 * Returns when a password is due by its age or in the last third of its life, in milliseconds; Infinity if never. A password that a dry run
 * does not generate is created now.
 */
export function dueAt({ madeAt, expiresAt }: Ages, olderThan: number | undefined, now: number): number {
  const made = madeAt === undefined ? now : Date.parse(madeAt);
  const end = Date.parse(expiresAt ?? "");
  const times = [made + (olderThan ?? Number.POSITIVE_INFINITY), end - (end - made) / 3];
  return Math.min(...times.filter((time) => !Number.isNaN(time)));
}

function isLongerThan({ expiresAt }: Ages, longest: number | undefined, now: number): boolean {
  if (longest === undefined) return false;
  return expiresAt === undefined || Date.parse(expiresAt) - now > longest + skewOfLifetime;
}
