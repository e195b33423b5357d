import type { Ref } from "../kinds.ts";
import type { parseAzureOwner } from "../secret/azure-words.ts";
import type { Password } from "../secret/entry.ts";
import { type HeldLogin, isLoginOf, mayDelete, unknownClusters } from "./ownership.ts";

/** An object in Azure that this plugin created, according to its description. */
export type CreatedObject = {
  readonly to: Ref;
  readonly what: "token" | "scope map" | "application" | "password" | "role";
  /** The kind of credential that it belongs to, and the identity that Secrets record. */
  readonly kind: string;
  readonly identity: string;
  /** The login server of its logins; absent if it is valid at several registries. */
  readonly host?: string;
  /** All its passwords; for a single password only that one. */
  readonly passwords: readonly Password[];
  /** The slots of all passwords of the application, for a password of an application. */
  readonly existing?: readonly string[];
  readonly for: NonNullable<ReturnType<typeof parseAzureOwner>>;
  /** When it was created and when any part of it was last changed (RFC 3339), if Azure shows that. */
  readonly madeAt: string | undefined;
  readonly changedAt: string | undefined;
  /** Another object in Azure needs it, or it has other sign-in methods than these passwords. */
  readonly needed?: true;
  /** A role whose principal was deleted, so no Secret can hold it. */
  readonly lost?: true;
};

/** The known holders. */
export type PruneFacts = {
  /** The logins of Secrets in the cluster, from their annotations and their docker configs. */
  readonly entries: readonly HeldLogin[];
  /** The id of the cluster; undefined if not all its Secrets were listed. */
  readonly cluster: string | undefined;
  /** The time according to Azure; undefined if Azure doesn't return it. */
  readonly now: Date | undefined;
};

/** `orphan`: no Secret holds it. `exported`: a copy of it may exist, but no Secret holds it. `unknown`: it doesn't name its cluster. `too recent`: a run that created it may still be in progress. */
type PruneState = "orphan" | "exported" | "other cluster" | "unknown" | "too recent" | "in use";

export type PruneRow = CreatedObject & { readonly state: PruneState; readonly isDeleted: boolean };

export type PruneOptions = {
  /** Also deletes objects that don't name their cluster. */
  readonly includeUnknown: boolean;
  /** Also deletes credentials that `create --export` printed and that no Secret holds. */
  readonly includeExported: boolean;
  /** Keeps objects that were changed within this number of milliseconds: a run may not have written its Secret yet. */
  readonly olderThan: number;
};

/**
 * Determines which objects are leftovers. Keeps an object that a Secret records, that was exported, that another cluster may hold, or that
 * a run has just created.
 */
export function planPrune(made: readonly CreatedObject[], facts: PruneFacts, options: PruneOptions): PruneRow[] {
  const { includeUnknown } = options;
  // A registry may have ten thousand credentials, and Secrets may record as many
  const byIdentity = Map.groupBy(facts.entries, ({ identity }) => identity.toLowerCase());
  return made.map((one) => {
    const entries = byIdentity.get(one.identity.toLowerCase()) ?? [];
    const state = stateOf(one, { ...facts, entries }, options);
    return { ...one, state, isDeleted: state === "orphan" || (state === "unknown" && includeUnknown && facts.cluster !== undefined) };
  });
}

function stateOf(one: CreatedObject, { entries, cluster, now }: PruneFacts, { olderThan, includeExported }: PruneOptions): PruneState {
  if (!mayDelete({ described: true, otherKeys: [], shared: one.needed === true }) || isHeld(one, entries)) return "in use";
  // Without a password, nothing was printed
  if (one.for.isExported && one.passwords.length > 0 && !includeExported) return "exported";
  if (olderThan > 0 && isYoung(one, now, olderThan)) return "too recent";
  if (one.lost) return "orphan";
  if (one.for.clusters.length === 0) return "unknown";
  return unknownClusters(one.for.clusters, cluster).length === 0 ? "orphan" : "other cluster";
}

/** Whether one of these entries records an object. For a token, either password counts for the whole token. */
const isHeld = (one: CreatedObject, entries: readonly HeldLogin[]): boolean =>
  entries.some(
    (entry) => isLoginOf(one, entry) && (one.what !== "password" || one.passwords.some((password) => mayBePassword(entry, password, one))),
  );

/** Whether a login may be a password. A login whose slot is unknown or doesn't exist may be any password. */
const mayBePassword = ({ slot, previous }: HeldLogin, password: Password, { existing }: CreatedObject): boolean =>
  slot === undefined || existing?.includes(slot) === false || [slot, previous?.slot].includes(password.slot);

/** Whether an object was changed recently. An unknown age counts as recent. */
function isYoung({ changedAt }: CreatedObject, now: Date | undefined, olderThan: number): boolean {
  const age = now === undefined || changedAt === undefined ? Number.NaN : now.getTime() - Date.parse(changedAt);
  return !(age >= olderThan);
}

/** The objects that are deleted together: a whole token, or the passwords of one application. */
export type Removal = {
  /** The rows to check again right before the deletion. */
  readonly rows: readonly PruneRow[];
  readonly to: Ref;
  readonly kind: string;
  readonly identity: string;
  readonly passwords: readonly Password[];
  /** Everything is deleted. If a part would stay, the object has changed since it was read. */
  readonly whole: boolean;
  readonly lost: boolean;
};

/** Groups the rows to delete: passwords of one application together. */
export function removalsOf(rows: readonly PruneRow[]): Removal[] {
  const groups = Map.groupBy(
    rows.filter(({ isDeleted }) => isDeleted),
    ({ to, identity }) => JSON.stringify([to.kind, to.name, identity]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { to, kind, identity, what, lost = false } = first;
    return [{ rows: group, to, kind, identity, passwords: group.flatMap(({ passwords }) => passwords), whole: what !== "password", lost }];
  });
}

/** Returns why an object stays after another check; undefined if it is still deleted. */
export function reasonToKeep({ rows }: Removal, facts: PruneFacts, options: PruneOptions): string | undefined {
  const stays = planPrune(rows, facts, options).find(({ isDeleted }) => !isDeleted);
  if (!stays) return undefined;
  return stays.state === "in use" ? "a Secret now holds it" : "its holders are no longer known";
}
