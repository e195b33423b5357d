import { endsKnown } from "../credential/kinds.ts";
import { readPullSecret, serversOf } from "../kubelet/read-pull-secret.ts";
import type { Secret } from "../objects.ts";
import { type Entry, readEntries } from "../secret/entry.ts";
import { guess } from "../secret/guess.ts";
import { isTimestamp } from "../timestamp.ts";
import { unlabeledEntries } from "./existing-secret.ts";

/** A login that a pull secret holds, as its annotation records it or as guessed from its text. */
export type Holding = {
  /** The keys under `auths` with this login. */
  readonly hosts: readonly string[];
  /** The kind of credential; empty if unknown. */
  readonly kind: string;
  readonly guessed: boolean;
  /** The user name or id that signs in; empty if unknown. */
  readonly identity: string;
  readonly slot: string;
  readonly expiry: "at" | "never" | "unknown";
  /** RFC 3339; only if `expiry` is `at`. */
  readonly expiresAt?: string;
  /** When the password was created (RFC 3339), by which identity, and which password it replaced, if recorded. */
} & Pick<Entry, "madeAt" | "by" | "previous">;

/**
 * Returns the logins of a pull secret, sorted by host: as the annotation records them, or guessed from each login without an annotation.
 */
export function holdingsOf(secret: Secret): Holding[] {
  const noted = [...(readEntries(secret) ?? []), ...unlabeledEntries(secret)].map(
    ({ hosts, kind, identity, slot = "", expiresAt, madeAt, by, previous }): Holding => ({
      hosts,
      kind,
      guessed: false,
      identity,
      slot,
      ...expiryOf(expiresAt, endsKnown(kind) ? "never" : "unknown"),
      madeAt,
      by,
      previous,
    }),
  );
  const recorded = new Set(noted.flatMap(({ hosts }) => hosts));
  const all = [...noted, ...guessed(secret).filter(({ hosts }) => !hosts.some((host) => recorded.has(host)))];
  return all.sort(({ hosts: [a = ""] }, { hosts: [b = ""] }) => (a < b ? -1 : Number(a > b)));
}

/**
 * Returns the expiry of a recorded time. Anyone can write the annotation, so a text that is not a time means an unknown expiry.
 * @param absent the meaning of no text
 */
function expiryOf(expiresAt: string | undefined, absent: "never" | "unknown"): Pick<Holding, "expiry" | "expiresAt"> {
  if (expiresAt === undefined) return { expiry: absent };
  return isTimestamp(expiresAt) ? { expiry: "at", expiresAt } : { expiry: "unknown" };
}

function guessed(secret: Secret): Holding[] {
  const named = { ...secret, name: secret.metadata.name };
  const nothing = { kind: "", guessed: true, identity: "", slot: "", expiry: "unknown" } as const;
  const reading = readPullSecret(named);
  if (!("entries" in reading)) return (serversOf(named) ?? []).map((server) => ({ ...nothing, hosts: [server] }));
  return reading.entries.map(({ server, login }) => {
    const { kind, expiresAt } = guess(server, login);
    return { ...nothing, hosts: [server], kind: kind ?? "", identity: login.username, ...expiryOf(expiresAt, "unknown") };
  });
}

/** Returns whether a pull secret expires by the time of `--expiring-within`, or why it is not listed. */
export function expiryBy(holdings: readonly Holding[], moment: Date): "due" | "later" | "never" | "unknown" {
  if (holdings.some(({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) <= moment.getTime())) return "due";
  if (holdings.length === 0 || holdings.some(({ expiry }) => expiry === "unknown")) return "unknown";
  return holdings.every(({ expiry }) => expiry === "never") ? "never" : "later";
}
