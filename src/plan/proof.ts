import type { Entry, Password, Previous } from "../secret/entry.ts";
import { grouped, type Member, passwordKey } from "./rotation.ts";

/** A Secret that notes a login, and what was found of the login inside. */
export type Tried<M extends Member = Member> = {
  readonly member: M;
  /** Names the login inside among those of other Secrets; absent where there is none that the note can be of. */
  readonly inside: string | undefined;
  /** Whether the registry takes it; `unknown` where it could not be asked. */
  readonly taken: "yes" | "no" | "unknown";
  /** The credential is this Secret's by its name alone. */
  readonly own: boolean;
};

/** A password that Azure shows. */
export type Shown = Password & { readonly expiresAt?: string | undefined };

/** A Secret of which nothing shows that it holds what it notes. `unknown`: it may, and nobody could tell. */
export type Doubted<M extends Member = Member> = { readonly member: M; readonly why: "none" | "refused" | "unknown" };

/** What is known of those who note a credential. `disputed`: Secrets of which one notes what is not so, and nobody can tell which. */
export type Proof<M extends Member = Member> = {
  readonly proven: readonly M[];
  readonly doubted: readonly Doubted<M>[];
  readonly disputed: readonly M[];
};

/**
 * Who really holds a credential. Anybody in a namespace may write a note, so a Secret counts only if the login inside is one that the
 * registry takes, or if the credential is its own by its name. What it notes of the password counts only as far as Azure shows that
 * password, and all who hold it say the same.
 * @param shown the passwords that Azure shows; undefined where nobody can tell
 */
export function proofOf<M extends Member>(tried: readonly Tried<M>[], shown: readonly Shown[] | undefined): Proof<M> {
  const doubts = tried.map((one) => ({ ...one, why: doubtOf(one) }));
  const sure = doubts.filter(({ why }) => why === undefined);
  const known = shown && new Map(shown.map((one) => [passwordKey(one), one]));
  const valid = sure.filter(({ taken, member }) => taken !== "no" && (!known || known.has(passwordKey(member.entry))));
  const validSet = new Set(valid);
  const agreed = new Map(
    grouped(valid, ({ member }) => passwordKey(member.entry)).flatMap((holders) => {
      const entries = holders.map(({ member }) => member.entry);
      const previous = agreedPrevious(entries);
      return entries.map((entry) => [entry, agreedOf(entry, { previous, known })] as const);
    }),
  );
  return {
    proven: sure.map((one) => (validSet.has(one) ? { ...one.member, entry: agreed.get(one.member.entry) } : lapsed(one)) as M),
    doubted: doubts.flatMap(({ member, why }) => (why ? [{ member, why }] : [])),
    // Where nobody shows passwords, a note of one is no more than the time at which it was made
    disputed: known ? disputedOf(valid) : [],
  };
}

function doubtOf({ inside, taken, own }: Tried): Doubted["why"] | undefined {
  if (inside === undefined) return "none";
  if (own || taken === "yes") return undefined;
  return taken === "no" ? "refused" : "unknown";
}

/** One whose password is gone gets another, and says nothing of passwords before. */
function lapsed<M extends Member>({ member, taken }: Tried<M>): M {
  const { previous, ...entry } = member.entry;
  return { ...member, entry, lapsed: taken === "no" ? "dead" : "unnamed" };
}

/** A note as Azure and all the others who hold the same password bear it out. */
function agreedOf(
  entry: Entry,
  { previous, known }: { readonly previous: Previous | undefined; readonly known: ReadonlyMap<string, Shown> | undefined },
): Entry {
  const { previous: _, expiresAt: noted, ...of } = entry;
  const end = known?.get(passwordKey(entry));
  const expiresAt = end ? end.expiresAt : noted;
  return { ...of, expiresAt, previous };
}

/** Only what every one of them says was inside before may ever be taken away; it stays for as long as any of them says. */
function agreedPrevious(entries: readonly Entry[]): Previous | undefined {
  const all = entries.map(({ previous }) => previous);
  const [first] = all;
  if (!first || !all.every((one) => one && passwordKey(one) === passwordKey(first))) return undefined;
  const { until: _, ...password } = first;
  const until = all.flatMap((one) => one?.until ?? []).sort((a, b) => (Date.parse(b) || 0) - (Date.parse(a) || 0))[0];
  return { ...password, until };
}

/** Secrets that note one password and hold several, or hold one and note several. */
function disputedOf<M extends Member>(named: readonly Tried<M>[]): M[] {
  const key = ({ member }: Tried<M>) => passwordKey(member.entry);
  const inside = ({ inside: text = "" }: Tried<M>) => text;
  const by = [...grouped(named, key).map((all) => [all, inside] as const), ...grouped(named, inside).map((all) => [all, key] as const)];
  const odd = by.filter(([all, of]) => new Set(all.map(of)).size > 1).flatMap(([all]) => all);
  return [...new Set(odd.map(({ member }) => member))];
}
