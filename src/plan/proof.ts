import type { Entry, Password, Previous } from "../secret/entry.ts";
import { grouped, type Member, passwordKey } from "./rotation.ts";

/** A Secret that records a login, and the result of testing the login inside. */
export type Tried<M extends Member = Member> = {
  readonly member: M;
  /** Identifies the login inside among those of other Secrets; absent if the Secret holds no login that the entry can describe. */
  readonly inside: string | undefined;
  /** Whether the registry accepts the login; `unknown` if it could not be asked. */
  readonly accepted: "yes" | "no" | "unknown";
  /** The credential's name is derived from this Secret. */
  readonly own: boolean;
};

/** A password that Azure shows. */
export type Shown = Password & { readonly expiresAt?: string | undefined };

/** A Secret that is not proven to hold what it records. `unknown`: it may hold it, and that could not be tested. */
export type UnprovenHolder<M extends Member = Member> = { readonly member: M; readonly why: "none" | "refused" | "unknown" };

/**
 * The result of proving who holds a credential. `disputed`: Secrets that contradict each other, and it is unknown which of them is wrong.
 */
export type HolderProof<M extends Member = Member> = {
  readonly proven: readonly M[];
  readonly unproven: readonly UnprovenHolder<M>[];
  readonly disputed: readonly M[];
};

/**
 * Determines which Secrets really hold a credential. Anyone in a namespace can write an annotation. Therefore a Secret counts only if the
 * registry accepts the login inside, or if the credential's name is derived from the Secret. Its record of the password counts only if
 * Azure shows that password and all holders of the password agree.
 * @param shown the passwords that Azure shows; undefined if Azure doesn't show them
 */
export function proofOf<M extends Member>(tried: readonly Tried<M>[], shown: readonly Shown[] | undefined): HolderProof<M> {
  const doubts = tried.map((one) => ({ ...one, why: reasonOf(one) }));
  const sure = doubts.filter(({ why }) => why === undefined);
  const known = shown && new Map(shown.map((one) => [passwordKey(one), one]));
  const valid = sure.filter(({ accepted, member }) => accepted !== "no" && (!known || known.has(passwordKey(member.entry))));
  const validSet = new Set(valid);
  const agreed = new Map(
    grouped(valid, ({ member }) => passwordKey(member.entry)).flatMap((holders) => {
      const entries = holders.map(({ member }) => member.entry);
      const previous = agreedPrevious(entries);
      return entries.map((entry) => [entry, agreedOf(entry, previous, known?.get(passwordKey(entry)))] as const);
    }),
  );
  return {
    proven: sure.map((one) => (validSet.has(one) ? { ...one.member, entry: agreed.get(one.member.entry) } : lapsed(one)) as M),
    unproven: doubts.flatMap(({ member, why }) => (why ? [{ member, why }] : [])),
    // If Azure shows no passwords, an entry records only the time at which the password was created
    disputed: known ? disputedOf(valid) : [],
  };
}

function reasonOf({ inside, accepted, own }: Tried): UnprovenHolder["why"] | undefined {
  if (inside === undefined) return "none";
  if (own || accepted === "yes") return undefined;
  return accepted === "no" ? "refused" : "unknown";
}

/**
 * Marks a Secret whose password is invalid, or not shown by Azure as recorded. It gets a new password, and its record of the previous one
 * is ignored.
 */
function lapsed<M extends Member>({ member, accepted }: Tried<M>): M {
  const { previous, ...entry } = member.entry;
  return { ...member, entry, lapsed: accepted === "no" ? "dead" : "unnamed" };
}

/** Returns an entry with this previous password, and with the expiry that Azure shows. */
function agreedOf({ expiresAt, previous: _, ...entry }: Entry, previous: Previous | undefined, shown: Shown | undefined): Entry {
  return { ...entry, expiresAt: shown ? shown.expiresAt : expiresAt, previous };
}

/**
 * Returns the previous password only if all entries record the same one: only then may it be deleted. It stays until the latest time that
 * any of them records.
 */
function agreedPrevious(entries: readonly Entry[]): Previous | undefined {
  const all = entries.map(({ previous }) => previous);
  const [first] = all;
  if (!first || !all.every((one) => one && passwordKey(one) === passwordKey(first))) return undefined;
  const { until: _, ...password } = first;
  const until = all.flatMap((one) => one?.until ?? []).sort((a, b) => (Date.parse(b) || 0) - (Date.parse(a) || 0))[0];
  return { ...password, until };
}

/** Returns Secrets that record the same password and hold different ones, or hold the same one and record different ones. */
function disputedOf<M extends Member>(named: readonly Tried<M>[]): M[] {
  const key = ({ member }: Tried<M>) => passwordKey(member.entry);
  const inside = ({ inside: text = "" }: Tried<M>) => text;
  const by = [...grouped(named, key).map((all) => [all, inside] as const), ...grouped(named, inside).map((all) => [all, key] as const)];
  const odd = by.filter(([all, of]) => new Set(all.map(of)).size > 1).flatMap(([all]) => all);
  return [...new Set(odd.map(({ member }) => member))];
}
