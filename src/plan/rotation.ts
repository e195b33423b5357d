import { keyOf, type Ref } from "../kinds.ts";
import type { Entry, Password, Previous } from "../secret/entry.ts";

/** A Secret, and what it notes of one login. */
export type Member = {
  readonly to: Ref<"secret">;
  readonly entry: Entry;
  /** The login inside does not work any more; or it does, and Azure shows no password as it is noted. */
  readonly lapsed?: "dead" | "unnamed";
  /** It holds the login, and this run may not write it. */
  readonly foreign?: true;
};

/** One credential, as the Secrets that hold it note it. */
export type Rotation<M extends Member = Member> = {
  readonly kind: string;
  /** The login server. */
  readonly host: string;
  readonly identity: string;
  /** The Secrets that get the next password, in an order that is every run's. */
  readonly members: readonly M[];
  /** Those of them that were meant; the others hold the same. */
  readonly meant: readonly M[];
  /** Every Secret that holds the identity: those of other rotations, and those that this run may not write. */
  readonly all: readonly M[];
  /** What those note that hold the newest password. */
  readonly newest: Entry;
  /** Those that hold one from before: a rotation did not come to its end. */
  readonly behind: readonly M[];
  /** Every password of the credential that some Secret holds, those of other rotations among them. */
  readonly inUse: readonly Password[];
  /** Passwords that no Secret holds any more, and that others have taken the place of. */
  readonly replaced: readonly Previous[];
};

/**
 * What there is to rotate: for each wanted Secret its credential, with every other Secret that holds it. Two Secrets hold one credential
 * if they note the same password, or one that a rotation has put in its place; another password of the same identity (of a service
 * principal to which each Secret had its own added) is a rotation of its own. A Secret that this run may not write is no member: its
 * passwords are in use.
 */
export function rotationsOf<M extends Member>(all: readonly M[], isWanted: (member: M) => boolean): Rotation<M>[] {
  const identities = grouped(all, ({ entry }) => JSON.stringify([entry.kind, entry.hosts[0], entry.identity]));
  return identities.flatMap((members) => {
    const inUse = once(members.map(({ entry: { slot, madeAt } }) => passwordOf(slot, madeAt)));
    const used = new Set(inUse.map(passwordKey));
    const meant = (chain: readonly M[]) => chain.filter((member) => !member.foreign && isWanted(member));
    const rotations = chains(members).filter((chain) => meant(chain).length > 0);
    return rotations.map((chain) => ({ ...rotationOf(chain, used), meant: meant(chain), all: members, inUse }));
  });
}

/** Names one password among those of its identity. */
export const passwordKey = ({ slot = "", madeAt }: Password): string => `${slot}@${madeAt === undefined ? "" : Date.parse(madeAt)}`;

/** Secrets whose passwords follow each other. Anybody may note what he likes, so a chain may be long, and a circle. */
function chains<M extends Member>(members: readonly M[]): M[][] {
  const { join, leadOf } = openSets();
  for (const { entry } of members) if (entry.previous) join(passwordKey(entry), passwordKey(entry.previous));
  const [first, ...others] = inBothSlots(members);
  for (const other of others) join(passwordKey(first ?? other), passwordKey(other));
  return grouped(members, ({ entry }) => leadOf(passwordKey(entry)));
}

/** The passwords that are held of a token whose two slots are both in use: there is no room for another, so its Secrets get the newest. */
function inBothSlots(members: readonly Member[]): Entry[] {
  const held = members.flatMap(({ entry, lapsed }) => (lapsed || !/^password[12]$/.test(entry.slot ?? "") ? [] : [entry]));
  return new Set(held.map(({ slot }) => slot)).size > 1 ? held : [];
}

function rotationOf<M extends Member>(chain: readonly M[], used: ReadonlySet<string>): Omit<Rotation<M>, "meant" | "all" | "inUse"> {
  const sorted = [...chain].sort(byPlace);
  const members = sorted.filter(({ foreign }) => !foreign);
  const newest = newestOf(sorted);
  return {
    kind: newest.kind,
    host: newest.hosts[0] ?? "",
    identity: newest.identity,
    members,
    newest,
    behind: members.filter(({ entry, lapsed }) => lapsed || passwordKey(entry) !== passwordKey(newest)),
    replaced: once(sorted.flatMap(({ entry: { previous } }) => (previous && !used.has(passwordKey(previous)) ? [previous] : []))),
  };
}

/** The newest password with the one that other Secrets hold as its previous, so that a later run retires that one. */
export function withOther<M extends Member>({ newest, behind }: Pick<Rotation<M>, "newest" | "behind">): Entry {
  const other = behind.find(({ lapsed }) => !lapsed)?.entry;
  return newest.previous || !other ? newest : { ...newest, previous: passwordOf(other.slot, other.madeAt) };
}

/** The password that was made last, of those that work. */
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

const once = <P extends Password>(all: readonly P[]): P[] => [...new Map(all.map((one) => [passwordKey(one), one])).values()];

const byPlace = (a: Member, b: Member) => (keyOf(a.to) < keyOf(b.to) ? -1 : 1);

/** Those that have the same key, in the order in which each key comes first. */
export function grouped<T>(all: readonly T[], keyIn: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyIn(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

/** Those of these passwords that are to be retired now. */
export const dueOf = (replaced: readonly Previous[], now: Date): Previous[] =>
  replaced.filter(({ until }) => until === undefined || !(Date.parse(until) > now.getTime()));

/** Sets of keys that are joined: two keys are of one set where they have the same lead. */
export type Sets = {
  /** The key that stands for a key's set: itself, until it is joined with others. */
  leadOf(key: string): string;
  join(key: string, other: string): void;
};

/** Opens sets, of which each key is one by itself. However long the way to a lead has become, each look makes the next one shorter. */
export function openSets(): Sets {
  const leads = new Map<string, string>();
  const leadOf = (key: string): string => {
    let [at, next] = [key, leads.get(key)];
    while (next !== undefined) {
      const beyond = leads.get(next) ?? next;
      leads.set(at, beyond);
      [at, next] = [next, leads.get(next)];
    }
    return at;
  };
  return {
    leadOf,
    join: (key, other) => {
      const [lead, under] = [leadOf(key), leadOf(other)];
      if (lead !== under) leads.set(under, lead);
    },
  };
}

/**
 * Groups of rotations that may run at the same time: no Secret that notes a credential of one notes one of another, and of an application,
 * which has one name at every registry, all are in one. A group's rotations are in their order.
 */
export function independentGroups<M extends Member>(rotations: readonly Rotation<M>[]): Rotation<M>[][] {
  const { join, leadOf } = openSets();
  for (const rotation of rotations) for (const { to } of rotation.all) join(nameOf(rotation), keyOf(to));
  return grouped(rotations, (rotation) => leadOf(nameOf(rotation)));
}

/** Azure does not tell a name from the same one in capitals. */
const nameOf = ({ kind, identity }: Rotation) => JSON.stringify([kind, identity.toLowerCase()]);

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
