import { keyOf, type Ref } from "../kinds.ts";
import type { Entry, Password } from "../secret/entry.ts";
import { isLoginOf } from "./ownership.ts";
import { grouped, type Member, passwordKey, uniquePasswords } from "./rotation.ts";

/** One credential that Secrets to be deleted record. */
export type Revocable = {
  readonly entry: Entry;
  /** The login server of its registry. */
  readonly host: string;
  /** These Secrets, each with its entry. */
  readonly members: readonly [Member, ...Member[]];
};

/** Returns the distinct credentials that Secrets to be deleted record. */
export function revocablesOf(leaving: readonly { readonly to: Ref<"secret">; readonly entries: readonly Entry[] }[]): Revocable[] {
  const all = leaving.flatMap(({ to, entries }) => entries.map((entry): Member => ({ to, entry })));
  const credentials = grouped(all, ({ entry: { kind, identity, hosts } }) => JSON.stringify([kind, identity, hosts[0]]));
  return credentials.map((members) => {
    const { entry } = members.at(-1) as Member;
    return { entry, host: entry.hosts[0] ?? "", members: members as [Member, ...Member[]] };
  });
}

/** Returns the distinct passwords of Secrets: the current and the previous ones. */
export const passwordsIn = (members: readonly Pick<Member, "entry">[]): Password[] =>
  uniquePasswords(members.flatMap(({ entry }) => passwordsOf(entry)));

function passwordsOf({ slot, madeAt, previous }: Entry): Password[] {
  return previous ? [{ slot, madeAt }, { ...previous }] : [{ slot, madeAt }];
}

/**
 * Determines which parts of a credential can be revoked: the passwords that no other Secret has, and the whole credential only if no other
 * Secret records it at all. Returns the Secrets that still need some of the passwords too.
 * @param others logins that other Secrets record, in any cluster
 */
export function goingOf({ entry }: Revocable, passwords: readonly Password[], others: readonly Member[]) {
  const same = others.filter((other) => isLoginOf({ kind: entry.kind, identity: entry.identity }, other.entry));
  const held = new Set(passwordsIn(same).map(passwordKey));
  const wanted = new Set(passwords.map(passwordKey));
  const keepers = same.filter((other) => passwordsOf(other.entry).some((password) => wanted.has(passwordKey(password))));
  return {
    passwords: passwords.filter((password) => !held.has(passwordKey(password))),
    whole: same.length === 0,
    keptBy: [...new Map(keepers.map(({ to }) => [keyOf(to), to])).values()],
  };
}
