import { keyOf, type Ref } from "../kinds.ts";
import type { Entry, Password } from "../secret/entry.ts";
import { isLoginOf } from "./ownership.ts";
import { type Member, passwordKey } from "./rotation.ts";

/** A Secret that is going to be deleted, and its annotation entries. */
export type Leaving = { readonly to: Ref<"secret">; readonly entries: readonly Entry[] };

/** One credential that Secrets to be deleted record. */
export type Revocable = {
  readonly entry: Entry;
  /** The login server of its registry. */
  readonly host: string;
  /** These Secrets, each with its entry. */
  readonly members: readonly [Member, ...Member[]];
};

/** Returns the distinct credentials that Secrets to be deleted record. */
export function revocablesOf(leaving: readonly Leaving[]): Revocable[] {
  const found = new Map<string, Revocable>();
  for (const { to, entries } of leaving) {
    for (const entry of entries) {
      const [host = ""] = entry.hosts;
      const key = JSON.stringify([entry.kind, entry.identity, host]);
      const { members } = found.get(key) ?? {};
      found.set(key, { entry, host, members: members ? [...members, { to, entry }] : [{ to, entry }] });
    }
  }
  return [...found.values()];
}

/** Returns the distinct passwords of Secrets: the current and the previous ones. */
export const passwordsIn = (members: readonly Pick<Member, "entry">[]): Password[] => [
  ...new Map(members.flatMap(({ entry }) => passwordsOf(entry)).map((password) => [passwordKey(password), password])).values(),
];

function passwordsOf({ slot, madeAt, previous }: Entry): Password[] {
  return previous ? [{ slot, madeAt }, { ...previous }] : [{ slot, madeAt }];
}

/** What can be revoked: the passwords that no other Secret has, and the whole credential only if no other Secret records it at all. */
export type Going = {
  readonly passwords: readonly Password[];
  readonly whole: boolean;
  /** Secrets that still need some of the passwords. */
  readonly keptBy: readonly Ref<"secret">[];
};

/** Determines which parts of a credential can be revoked. @param others logins that other Secrets record, in any cluster */
export function goingOf({ entry }: Revocable, passwords: readonly Password[], others: readonly Member[]): Going {
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
