import { keyOf, type Ref } from "../kinds.ts";
import type { Entry, Password } from "../secret/entry.ts";
import { passwordKey } from "./rotation.ts";
import { several } from "./said.ts";

/** A Secret that is to go, and what it notes of its logins. */
export type Leaving = { readonly to: Ref<"secret">; readonly entries: readonly Entry[] };

/** One credential of which Secrets that are to go have passwords. */
export type Revocable = {
  readonly entry: Entry;
  /** The login server of its registry. */
  readonly host: string;
  readonly passwords: readonly Password[];
  /** The Secrets that note it. */
  readonly of: readonly [Ref<"secret">, ...Ref<"secret">[]];
};

/** What Secrets that are to go note, each credential once. */
export function revocablesOf(leaving: readonly Leaving[]): Revocable[] {
  const found = new Map<string, Revocable>();
  for (const { to, entries } of leaving) {
    for (const entry of entries) {
      const [host = ""] = entry.hosts;
      const key = JSON.stringify([entry.kind, entry.identity, host]);
      const before = found.get(key);
      const known = before?.passwords ?? [];
      const passwords = [...known, ...passwordsOf(entry).filter((one) => !known.some((had) => isSame(had, one)))];
      found.set(key, { entry, host, passwords, of: before ? [...before.of, to] : [to] });
    }
  }
  return [...found.values()];
}

/** The password inside, and the one before it. */
function passwordsOf({ slot, madeAt, previous }: Entry): Password[] {
  const own = { ...(slot !== undefined && { slot }), ...(madeAt !== undefined && { madeAt }) };
  return previous ? [own, { ...previous }] : [own];
}

const isSame = (a: Password, b: Password): boolean => passwordKey(a) === passwordKey(b);

/** What of a credential may go: the passwords that no other Secret has, and the whole of it only where no other notes it at all. */
export type Verdict = {
  readonly passwords: readonly Password[];
  readonly whole: boolean;
  /** Secrets that keep passwords of it alive. */
  readonly keptBy: readonly Ref<"secret">[];
};

/** @param others logins that other Secrets note, in whatever cluster */
export function judgeRevocable({ entry, passwords }: Revocable, others: readonly { to: Ref<"secret">; entry: Entry }[]): Verdict {
  const same = others.filter((other) => other.entry.kind === entry.kind && other.entry.identity === entry.identity);
  const holds = (other: Entry, password: Password) => passwordsOf(other).some((one) => isSame(one, password));
  const keepers = same.filter((other) => passwords.some((password) => holds(other.entry, password)));
  return {
    passwords: passwords.filter((password) => !same.some((other) => holds(other.entry, password))),
    whole: same.length === 0,
    keptBy: [...new Map(keepers.map(({ to }) => [keyOf(to), to])).values()],
  };
}

/** `secret/acr in namespace demo of context prod and 3 more`. */
export function placesOf(secrets: readonly Ref<"secret">[]): string {
  const words = secrets.map(({ name, namespace, context }) => {
    const of = context === undefined ? "" : ` of context ${context}`;
    return `secret/${name} in namespace ${namespace}${of}`;
  });
  return several(words);
}
