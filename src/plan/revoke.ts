import { keyOf, type Ref } from "../kinds.ts";
import type { Entry, Password } from "../secret/entry.ts";
import { isLoginOf } from "./ownership.ts";
import { type Member, passwordKey } from "./rotation.ts";

/** A Secret that is to go, and what it notes of its logins. */
export type Leaving = { readonly to: Ref<"secret">; readonly entries: readonly Entry[] };

/** One credential that Secrets note which are to go. */
export type Revocable = {
  readonly entry: Entry;
  /** The login server of its registry. */
  readonly host: string;
  /** Those Secrets, each with what it notes. */
  readonly members: readonly [Member, ...Member[]];
};

/** What Secrets that are to go note, each credential once. */
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

/** The passwords of Secrets: that inside, and the one before it. */
export const passwordsIn = (members: readonly Pick<Member, "entry">[]): Password[] => [
  ...new Map(members.flatMap(({ entry }) => passwordsOf(entry)).map((password) => [passwordKey(password), password])).values(),
];

function passwordsOf({ slot, madeAt, previous }: Entry): Password[] {
  return previous ? [{ slot, madeAt }, { ...previous }] : [{ slot, madeAt }];
}

/** What of a credential may go: the passwords that no other Secret has, and the whole of it only where no other notes it at all. */
export type Going = {
  readonly passwords: readonly Password[];
  readonly whole: boolean;
  /** Secrets that keep passwords of it alive. */
  readonly keptBy: readonly Ref<"secret">[];
};

/** @param others logins that other Secrets note, in whatever cluster */
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
