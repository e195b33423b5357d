import type { Member } from "./rotation.ts";

/** Which credentials a run rotates: those that meet one of the limits, or all if there is none. */
export type DueLimits = {
  /** Passwords that expire by then. */
  readonly endsBy: Date | undefined;
  /** Passwords that were created by then. */
  readonly createdBy: Date | undefined;
};

/** Why a credential does not meet a limit. */
export type NotDue = "never" | "later" | "unknown" | "young";

type Passwords = readonly Pick<Member, "entry" | "lapsed">[];

/** Returns why a credential is not due, one reason for each limit; none if it is due. @param passwords as the Secrets that hold it record them */
export function notDue(passwords: Passwords, { endsBy, createdBy }: DueLimits): readonly NotDue[] {
  const byExpiry = endsBy && expiryBy(passwords, endsBy);
  const byAge = createdBy && ageAt(passwords, createdBy);
  if (byExpiry === "due" || byAge === "due") return [];
  return [byExpiry, byAge].filter((reason) => reason !== undefined);
}

function expiryBy(passwords: Passwords, moment: Date): NotDue | "due" {
  const ends = passwords.flatMap(({ entry: { expiresAt } }) => (expiresAt === undefined ? [] : [Date.parse(expiresAt)]));
  if (ends.some((end) => end <= moment.getTime())) return "due";
  if (ends.some(Number.isNaN)) return "unknown";
  return ends.length === 0 ? "never" : "later";
}

/** If Azure shows passwords, but not the recorded one, the record says nothing about its age: the password may be old. */
function ageAt(passwords: Passwords, moment: Date): NotDue | "due" {
  const isYoung = ({ entry: { madeAt = "" }, lapsed }: Passwords[number]) => !lapsed && Date.parse(madeAt) > moment.getTime();
  return passwords.every(isYoung) ? "young" : "due";
}
