import { endsKnown } from "../credential/kinds.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import { serversOf } from "../kubelet/servers.ts";
import type { Secret } from "../objects.ts";
import { type Entry, readEntries } from "../secret/entry.ts";
import { guess } from "../secret/guess.ts";

/** A login that a pull secret holds: as it is noted, or as it looks. */
export type Holding = {
  /** The keys under `auths` that have it. */
  readonly hosts: readonly string[];
  /** The kind of credential; empty where nobody knows. */
  readonly kind: string;
  readonly guessed: boolean;
  /** What authenticates; empty where nobody knows. */
  readonly identity: string;
  readonly slot: string;
  /** RFC 3339; undefined where it does not end, `unknown` where nobody knows. */
  readonly expiresAt: string | "unknown" | undefined;
  /** When the password was made that is inside (RFC 3339), by whom, and which one it took the place of; as far as that is noted. */
} & Pick<Entry, "madeAt" | "by" | "previous">;

/** What a pull secret holds: by our note, and where there is none, by a look at each login. */
export function holdingsOf(secret: Secret): Holding[] {
  const noted = (readEntries(secret) ?? []).map(
    ({ hosts, kind, identity, slot = "", expiresAt, madeAt, by, previous }): Holding => ({
      hosts,
      kind,
      guessed: false,
      identity,
      slot,
      expiresAt: expiresAt ?? (endsKnown(kind) ? undefined : "unknown"),
      ...(madeAt !== undefined && { madeAt }),
      ...(by !== undefined && { by }),
      ...(previous !== undefined && { previous }),
    }),
  );
  const told = new Set(noted.flatMap(({ hosts }) => hosts));
  return [...noted, ...guessed(secret).filter(({ hosts }) => !hosts.some((host) => told.has(host)))];
}

function guessed(secret: Secret): Holding[] {
  const named = { ...secret, name: secret.metadata.name };
  const nothing = { kind: "", guessed: true, identity: "", slot: "", expiresAt: "unknown" } as const;
  const reading = readPullSecret(named);
  if (!("entries" in reading)) return (serversOf(named) ?? []).map((server) => ({ ...nothing, hosts: [server] }));
  return reading.entries.map(({ server, login }) => {
    const { kind, expiresAt } = guess(server, login);
    return { ...nothing, hosts: [server], kind: kind ?? "", identity: login.username, expiresAt: expiresAt ?? "unknown" };
  });
}

/** Whether one of these logins ends before a moment. A moment that is none is no end. */
export const endsBy = (holdings: readonly Holding[], moment: Date): boolean =>
  holdings.some(({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) <= moment.getTime());
