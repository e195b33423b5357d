import { keyOf, type Ref } from "../kinds.ts";
import type { Entry, Password, Previous } from "../secret/entry.ts";

/** A Secret, and its annotation entry of one login. */
export type Member = {
  readonly to: Ref<"secret">;
  readonly entry: Entry;
  /** `dead`: the login inside is invalid. `unnamed`: the login works, and Azure shows no password as recorded. */
  readonly lapsed?: "dead" | "unnamed";
  /** It holds the login, and this run may not write it. */
  readonly foreign?: true;
};

/** One credential, according to the Secrets that hold it. */
export type Rotation<M extends Member = Member> = {
  readonly kind: string;
  /** The login server. */
  readonly host: string;
  readonly identity: string;
  /** The Secrets that get the next password, in the same order in every run. */
  readonly members: readonly M[];
  /** The selected Secrets among them. The others hold the same credential. */
  readonly selected: readonly M[];
  /** Every Secret that holds the identity, including those of other rotations and those that this run may not write. */
  readonly all: readonly M[];
  /** The entry of the Secrets with the newest password. */
  readonly newest: Entry;
  /** The Secrets with an older password, which an interrupted rotation left. */
  readonly outdated: readonly M[];
  /** Every password of the credential that a Secret holds, including those of other rotations. */
  readonly inUse: readonly Password[];
  /** Passwords that were replaced and that no Secret holds any more. */
  readonly replaced: readonly Previous[];
};

/**
 * Returns the rotations: for each wanted Secret its credential, with every other Secret that holds the credential. Two Secrets hold the
 * same credential if they record the same password, or if a rotation replaced one password with the other. Another password of the same
 * identity is a separate rotation, for example a service principal with one password for each Secret. A Secret that this run may not write
 * is not a member, but its passwords are in use.
 */
export function rotationsOf<M extends Member>(all: readonly M[], isWanted: (member: M) => boolean): Rotation<M>[] {
  const identities = grouped(all, ({ entry }) => JSON.stringify([entry.kind, entry.hosts[0], entry.identity]));
  return identities.flatMap((members) => {
    const inUse = uniquePasswords(members.map(({ entry: { slot, madeAt } }) => passwordOf(slot, madeAt)));
    const used = new Set(inUse.map(passwordKey));
    const selected = (chain: readonly M[]) => chain.filter((member) => !member.foreign && isWanted(member));
    const rotations = chains(members).filter((chain) => selected(chain).length > 0);
    return rotations.map((chain) => ({ ...rotationOf(chain, used), selected: selected(chain), all: members, inUse }));
  });
}

/** Returns a key for a password that is unique within its identity. */
export const passwordKey = ({ slot = "", madeAt }: Password): string => `${slot}@${madeAt === undefined ? "" : Date.parse(madeAt)}`;

/** Groups Secrets whose passwords follow each other. Anyone in a namespace can write an annotation, so a chain can be long or circular. */
function chains<M extends Member>(members: readonly M[]): M[][] {
  const { join, representativeOf } = disjointSets();
  for (const { entry } of members) if (entry.previous) join(passwordKey(entry), passwordKey(entry.previous));
  const [first, ...others] = inBothSlots(members);
  for (const other of others) join(passwordKey(first ?? other), passwordKey(other));
  return grouped(members, ({ entry }) => representativeOf(passwordKey(entry)));
}

/**
 * Returns the held passwords of a token whose two slots are both in use. There is no slot for another password, so its Secrets get the
 * newest one.
 */
function inBothSlots(members: readonly Member[]): Entry[] {
  const entries = members.flatMap(({ entry, lapsed }) => (lapsed || !/^password[12]$/.test(entry.slot ?? "") ? [] : [entry]));
  return new Set(entries.map(({ slot }) => slot)).size > 1 ? entries : [];
}

function rotationOf<M extends Member>(chain: readonly M[], used: ReadonlySet<string>): Omit<Rotation<M>, "selected" | "all" | "inUse"> {
  const sorted = [...chain].sort((a, b) => (keyOf(a.to) < keyOf(b.to) ? -1 : 1));
  const members = sorted.filter(({ foreign }) => !foreign);
  const newest = newestOf(sorted);
  return {
    kind: newest.kind,
    host: newest.hosts[0] ?? "",
    identity: newest.identity,
    members,
    newest,
    outdated: members.filter(({ entry, lapsed }) => lapsed || passwordKey(entry) !== passwordKey(newest)),
    replaced: uniquePasswords(
      sorted.flatMap(({ entry: { previous } }) => (previous && !used.has(passwordKey(previous)) ? [previous] : [])),
    ),
  };
}

/** Returns the newest password. Its previous one is the password that other Secrets hold, so that a later run retires that one. */
export function withOther<M extends Member>({ newest, outdated }: Pick<Rotation<M>, "newest" | "outdated">): Entry {
  const other = outdated.find(({ lapsed }) => !lapsed)?.entry;
  return newest.previous || !other ? newest : { ...newest, previous: passwordOf(other.slot, other.madeAt) };
}

/** Returns the most recently created password that works. */
function newestOf(members: readonly Member[]): Entry {
  const replaced = new Set(members.flatMap(({ entry: { previous } }) => (previous ? [passwordKey(previous)] : [])));
  const works = ({ lapsed }: Member) => (lapsed ? 0 : 1);
  const isLast = ({ entry }: Member) => (replaced.has(passwordKey(entry)) ? 0 : 1);
  const [first] = [...members].sort((a, b) => works(b) - works(a) || madeAt(b.entry) - madeAt(a.entry) || isLast(b) - isLast(a));
  if (!first) throw new Error("a rotation has no Secret");
  return first.entry;
}

const madeAt = ({ madeAt: at = "" }: Entry) => Date.parse(at) || 0;

const passwordOf = (slot: string | undefined, at: string | undefined): Password => ({ slot, madeAt: at });

export const uniquePasswords = <P extends Password>(all: readonly P[]): P[] => [
  ...new Map(all.map((one) => [passwordKey(one), one])).values(),
];

/** Groups items by key, in the order of the first item of each key. */
export const grouped = <T>(all: readonly T[], keyIn: (one: T) => string): T[][] => [...Map.groupBy(all, keyIn).values()];

/** Returns the passwords that must be retired now. */
export const dueOf = (replaced: readonly Previous[], now: Date): Previous[] =>
  replaced.filter(({ until }) => until === undefined || !(Date.parse(until) > now.getTime()));

/** Creates disjoint sets of keys. Each lookup shortens the path to the representative of a set (path splitting). */
export function disjointSets() {
  const parents = new Map<string, string>();
  const representativeOf = (key: string): string => {
    let [at, parent] = [key, parents.get(key)];
    while (parent !== undefined) {
      parents.set(at, parents.get(parent) ?? parent);
      [at, parent] = [parent, parents.get(parent)];
    }
    return at;
  };
  return {
    representativeOf,
    join: (key: string, other: string) => {
      const [root, otherRoot] = [representativeOf(key), representativeOf(other)];
      if (root !== otherRoot) parents.set(otherRoot, root);
    },
  };
}

/**
 * Groups rotations that can run concurrently. A Secret with credentials of several rotations puts these in one group. An application does
 * the same, because it has one name at every registry. The rotations of a group run in order.
 */
export function independentGroups<M extends Member>(rotations: readonly Rotation<M>[]): Rotation<M>[][] {
  const { join, representativeOf } = disjointSets();
  for (const rotation of rotations) for (const { to } of rotation.all) join(nameOf(rotation), keyOf(to));
  return grouped(rotations, (rotation) => representativeOf(nameOf(rotation)));
}

/** Returns a key for a credential. Azure ignores the case of names. */
const nameOf = ({ kind, identity }: Rotation) => JSON.stringify([kind, identity.toLowerCase()]);

/** Which credentials a run rotates: those that meet one of the limits, or all if there are none. */
export type DueLimits = {
  /** Passwords that expire at or before this time. */
  readonly endsBy: Date | undefined;
  /** Passwords that were created at or before this time. */
  readonly createdBy: Date | undefined;
};

/** Why a credential does not meet a limit. */
export type NotDue = "never" | "later" | "unknown" | "young";

type Passwords = readonly Pick<Member, "entry" | "lapsed">[];

/**
 * Returns why a credential is not due, one reason for each limit; none if it is due.
 * @param passwords as the Secrets that hold it record them
 */
export function notDue(passwords: Passwords, { endsBy, createdBy }: DueLimits): readonly NotDue[] {
  const byExpiry = endsBy && expiryBy(passwords, endsBy);
  const byAge = createdBy && ageAt(passwords, createdBy);
  if (byExpiry === "due" || byAge === "due") return [];
  return [byExpiry, byAge].filter((reason) => reason !== undefined);
}

function expiryBy(passwords: Passwords, limit: Date): NotDue | "due" {
  const ends = passwords.flatMap(({ entry: { expiresAt } }) => (expiresAt === undefined ? [] : [Date.parse(expiresAt)]));
  if (ends.some((end) => end <= limit.getTime())) return "due";
  if (ends.some(Number.isNaN)) return "unknown";
  return ends.length === 0 ? "never" : "later";
}

/**
 * Judges the age of the passwords. If Azure shows passwords, but not the recorded one, the record says nothing about its age: the password
 * may be old.
 */
function ageAt(passwords: Passwords, limit: Date): NotDue | "due" {
  const isYoung = ({ entry: { madeAt = "" }, lapsed }: Passwords[number]) => !lapsed && Date.parse(madeAt) > limit.getTime();
  return passwords.every(isYoung) ? "young" : "due";
}
