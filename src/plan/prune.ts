import type { Ref } from "../kinds.ts";
import type { MadeFor } from "../secret/azure-words.ts";
import type { Password } from "../secret/entry.ts";
import { type HeldLogin, isLoginOf, mayDelete, unknownClusters } from "./ownership.ts";
import { grouped } from "./rotation.ts";

/** Something in Azure that this plugin has made, by what it says of itself. */
export type Made = {
  readonly to: Ref;
  readonly what: "token" | "scope map" | "application" | "password" | "role";
  /** The kind of credential that it is of, and what Secrets note of that. */
  readonly kind: string;
  readonly identity: string;
  /** The login server whose logins alone can be of it; absent where it holds at several registries. */
  readonly host?: string;
  /** Those that it has; of one password this one. */
  readonly passwords: readonly Password[];
  /** The slots of all passwords that the application of a password has. */
  readonly existing?: readonly string[];
  readonly for: MadeFor;
  /** When it was made, and when anything of it was written last, as far as Azure tells (RFC 3339). */
  readonly madeAt: string | undefined;
  readonly changedAt: string | undefined;
  /** Something else in Azure needs it, or signs in to it otherwise than by these passwords. */
  readonly needed?: true;
  /** Whoever it was of is gone, so that nobody can hold it. */
  readonly lost?: true;
};

/** What is known of who holds what. */
export type PruneFacts = {
  /** What Secrets of the given clusters hold, by their annotations and their docker configs. */
  readonly entries: readonly HeldLogin[];
  /** The ids of the clusters whose Secrets could all be listed. */
  readonly clusters: ReadonlySet<string>;
  /** No given cluster was left out of these. */
  readonly whole: boolean;
  /** Azure's clock; undefined where it does not tell. */
  readonly now: Date | undefined;
};

/** `orphan`: no Secret holds it. `unknown`: it does not say of which cluster it is. `too recent`: a run may be under way that made it. */
export type PruneState = "orphan" | "other cluster" | "unknown" | "too recent" | "in use";

/** One thing, what it is taken for, and whether it is to go. */
export type PruneRow = Made & { readonly state: PruneState; readonly goes: boolean };

export type PruneOptions = {
  /** What does not say its cluster goes too. */
  readonly includeUnknown: boolean;
  /** What was written to within so many milliseconds stays: a run may be under way that has not written its Secret yet. */
  readonly olderThan: number;
};

/** What of all this is left over: nothing that a Secret notes, that another cluster may hold, or that a run has just made. */
export function planPrune(made: readonly Made[], facts: PruneFacts, { includeUnknown, olderThan }: PruneOptions): PruneRow[] {
  const noting = made.length > few ? indexed(facts.entries) : () => facts.entries;
  return made.map((one) => {
    const state = stateOf(one, { ...facts, entries: noting(one) }, olderThan);
    return { ...one, state, goes: state === "orphan" || (state === "unknown" && includeUnknown && facts.whole) };
  });
}

/** Of so many it is quicker to read every entry than to sort them. */
const few = 8;

/** The entries of each credential: a registry may have ten thousand of them, and Secrets may note as many. */
function indexed(entries: readonly HeldLogin[]): (one: Named) => readonly HeldLogin[] {
  const found = new Map(grouped(entries, nameIn).map((all) => [nameIn(all[0] as HeldLogin), all]));
  return (one) => found.get(nameIn(one)) ?? [];
}

type Named = Pick<HeldLogin, "identity">;

const nameIn = ({ identity }: Named): string => identity.toLowerCase();

function stateOf(one: Made, { entries, clusters, now }: PruneFacts, olderThan: number): PruneState {
  if (!mayDelete({ described: true, otherKeys: [], shared: one.needed === true }) || isHeld(one, entries)) return "in use";
  if (olderThan > 0 && isYoung(one, now, olderThan)) return "too recent";
  if (one.lost) return "orphan";
  if (one.for.clusters.length === 0) return "unknown";
  return unknownClusters(one.for.clusters, clusters).length === 0 ? "orphan" : "other cluster";
}

/** Whether some of these note it. Of a token either password counts for the whole. */
const isHeld = (one: Made, entries: readonly HeldLogin[]): boolean =>
  entries.some(
    (entry) => isLoginOf(one, entry) && (one.what !== "password" || one.passwords.some((password) => notes(entry, password, one))),
  );

/** A login may be any password if its slot is unknown, or does not exist. */
const notes = ({ slot, previous }: HeldLogin, password: Password, { existing }: Made): boolean =>
  slot === undefined || existing?.includes(slot) === false || [slot, previous?.slot].includes(password.slot);

/** What nobody can tell the age of counts as young. */
function isYoung({ changedAt }: Made, now: Date | undefined, olderThan: number): boolean {
  const age = now === undefined || changedAt === undefined ? Number.NaN : now.getTime() - Date.parse(changedAt);
  return !(age >= olderThan);
}

/** What goes at once: a token with all of it, or the passwords of one application. */
export type Removal = {
  /** What is looked at once more by this right before. */
  readonly rows: readonly PruneRow[];
  readonly to: Ref;
  readonly kind: string;
  readonly identity: string;
  readonly passwords: readonly Password[];
  /** All of it goes: where something would be left, it has changed since the look. */
  readonly whole: boolean;
  readonly lost: boolean;
};

/** The rows that go, those of one application together. */
export function removalsOf(rows: readonly PruneRow[]): Removal[] {
  const found = new Map<string, Removal>();
  for (const row of rows.filter(({ goes }) => goes)) {
    const { to, kind, identity, passwords } = row;
    const key = JSON.stringify([to.kind, to.name, identity]);
    const before = found.get(key) ?? {
      rows: [],
      to,
      kind,
      identity,
      passwords: [],
      whole: row.what !== "password",
      lost: row.lost ?? false,
    };
    found.set(key, { ...before, rows: [...before.rows, row], passwords: [...before.passwords, ...passwords] });
  }
  return [...found.values()];
}

/** Why what was to go stays after another look; undefined where it still is to go. */
export function staysSince({ rows }: Removal, facts: PruneFacts, options: PruneOptions): string | undefined {
  const stays = planPrune(rows, facts, options).find(({ goes }) => !goes);
  if (!stays) return undefined;
  return stays.state === "in use" ? "a Secret has come to hold it" : "who holds it can no longer be told";
}
