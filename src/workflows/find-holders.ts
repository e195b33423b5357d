import { outwaitAll } from "../actions/claim.ts";
import type { DryRun, Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import type { Credential } from "../credential/kind.ts";
import { isRefusal } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import { type HeldLogin, isLoginOf } from "../plan/ownership.ts";
import type { Doubted, Proof } from "../plan/proof.ts";
import { type DueLimits, type NotDue, type Rotation, rotationsOf } from "../plan/rotation.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { over } from "../scope/concurrency.ts";
import { claimProof, readClaim, type SecretClaim } from "../secret/claim.ts";
import { fingerprint } from "../secret/entry.ts";
import type { Clusters, Noted, NotedIn, Unnoted } from "../state/noted.ts";
import type { NotedLists } from "../state/noted-lists.ts";
import { doubtsOf, type Proving, provenOf, stillTaken } from "./prove-holders.ts";

type Found = Rotation<Noted>;

/** Until when a password works that another has taken the place of: until the next rotation, or for so long, in milliseconds. */
export type Grace = "next" | number;

/** Who notes a credential, and who of them really holds it. */
export type Look = Pick<NotedIn, "unreadable" | "claimed"> & {
  readonly proof: Proof<Noted>;
  /** Logins of it that no annotation names, and that the registry does not reject. */
  readonly unnoted: readonly Unnoted[];
  /** The Secrets whose rotation has begun by it. */
  readonly rotated: Set<string>;
};

/** How credentials are rotated. */
export type RotateOrder = DueLimits & {
  readonly grace: Grace;
  /** Counts a credential that is not due. */
  skipped(reasons: readonly NotDue[]): void;
  /** What Secrets note by now, wherever one may hold them. */
  readonly listed: NotedLists;
  /** The first look at the Secrets that note one identity, by those Secrets. */
  readonly looks: WeakMap<readonly Noted[], Promise<Look>>;
  /** The clusters of the run. */
  clusters(): Promise<Clusters>;
  /** Ends passwords that clusters which were not listed may hold. */
  readonly force: boolean;
  readonly verify: boolean;
  readonly dryRun: DryRun;
  /** Opens what Secrets note. @throws CliError */
  open(rotation: Rotation): Promise<Credential>;
  now(): Date;
  tools(credential: Credential): Tools;
  /** Images that pods of these places name, to prove a login with. */
  images(host: string, clusterScopes: readonly ClusterScope[]): Promise<readonly ImageRef[]>;
};

/** Times that all is looked at anew because another run has written meanwhile. */
export const rounds = 10;

/** What is known of a rotation as it begins. */
export type Begun = Look & {
  readonly rotation: Found;
  readonly proving: Proving;
  /** Secrets of which it was told that nothing shows that they hold it. */
  readonly told: ReadonlySet<string>;
  /** Those that a later look found so: what has come of them by the end is told then. */
  readonly unsure: Set<string>;
  /** The logins of the credential that this run has seen, each once. */
  readonly logins: readonly Login[];
};

export const keysOf = (members: readonly Noted[]): ReadonlySet<string> => new Set(members.map(({ to }) => keyOf(to)));

/** All rotations of one identity rest on one look. */
export function findHolders(found: Found, seen: Omit<NotedIn, "noted">, proving: Proving, order: RotateOrder): Promise<Look> {
  const { all } = found;
  const look = order.looks.get(all) ?? looked(found, proving, order, seen.unreadable, { ...seen, noted: all });
  order.looks.set(all, look);
  return look;
}

/** What a look finds to rotate. Secrets that have come to hold one credential since they were listed as several are rotated once. */
export function* rotationsIn({ proof, rotated }: Look, meant: ReadonlySet<string>): Generator<Found> {
  for (const rotation of rotationsOf(proof.proven, ({ to }) => meant.has(keyOf(to)))) {
    const keys = [...keysOf(rotation.members)];
    if (keys.some((key) => rotated.has(key))) continue;
    for (const key of keys) rotated.add(key);
    yield rotation;
  }
}

/**
 * The registry is asked after the lists are read: a login that it refuses may be one that another run has replaced in between, so who is
 * in doubt is looked at anew if he was written since.
 * @param known where nobody could be asked before
 */
async function looked(
  credential: Found,
  proving: Proving,
  { listed }: RotateOrder,
  known: NotedIn["unreadable"],
  first?: NotedIn,
): Promise<Look> {
  const { kind, identity, host } = credential;
  const isIt = (login: HeldLogin) =>
    login.kind === undefined ? isLoginOf(credential, login) : login.kind === kind && login.identity === identity && login.hosts[0] === host;
  for (let round = 1; ; round++) {
    const { noted, unnoted, unreadable, claimed } = (round === 1 && first) || (await notedAgain(listed, isIt, known));
    const proof = await provenOf(noted, proving);
    if (round === rounds || !(await anyWritten(proof.doubted, proving))) {
      const copies = await stillTaken(
        unnoted.filter(({ held }) => isIt(held)),
        proving,
      );
      return { unreadable, claimed, proof, unnoted: copies, rotated: new Set() };
    }
  }
}

/** @throws CliError of places that were looked at before, and could not be now: what is held there is not gone */
async function notedAgain(listed: NotedLists, isIt: Parameters<NotedLists>[0], known: NotedIn["unreadable"]): Promise<NotedIn> {
  const seen = await listed(isIt);
  const before = new Set(known.flatMap(({ own, context }) => (own ? [context] : [])));
  const lost = seen.unreadable.find(({ own, context }) => own && !before.has(context));
  if (lost) throw lost.error;
  return seen;
}

/** Whether one of those whose login is refused has been written, or is gone, since it was listed. */
async function anyWritten(doubted: readonly Doubted<Noted>[], { tools }: Proving): Promise<boolean> {
  const refused = doubted.flatMap(({ member, why }) => (why === "refused" ? [member] : []));
  for await (const written of over(refused, tools, isWritten)) if (written) return true;
  return false;
}

async function* isWritten({ clusterScope, to, metadata: { resourceVersion } }: Noted): AsyncGenerator<boolean> {
  try {
    yield (await clusterScope.cluster.get(to))?.metadata.resourceVersion !== resourceVersion;
  } catch (error) {
    // Who may list it may not be allowed to read it alone
    if (!isRefusal(error)) throw error;
    yield false;
  }
}

/** What was not yet reported of Secrets for which nothing shows that they hold what they record. */
export function newDoubts(
  { proof: { doubted } }: Look,
  { members, meant }: Pick<Found, "members" | "meant">,
  proving: Proving,
  told: ReadonlySet<string> = new Set(),
): { readonly outcomes: readonly Outcome[]; readonly told: ReadonlySet<string> } {
  const keys = keysOf(members);
  const fresh = doubted.filter(({ member: { to } }) => keys.has(keyOf(to)) && !told.has(keyOf(to)));
  return { outcomes: doubtsOf(fresh, keysOf(meant), proving), told: new Set(fresh.map(({ member: { to } }) => keyOf(to))) };
}

/** Reports which Secrets a rotation leaves locked out that held the credential when it began. */
export async function lockedOut(begun: Begun, order: RotateOrder): Promise<readonly Outcome[]> {
  const { rotation, proving, told, unsure } = begun;
  if (unsure.size === 0 || proving.tools.halted()) return [];
  return newDoubts(await lookUnclaimed(begun, order), rotation, proving, told).outcomes;
}

/**
 * Looks anew, now that others have written.
 * @param waits times that it waits for claims; whoever goes round once more does so again
 * @returns undefined where no Secret holds the credential any more
 */
export const lookAgain = async (begun: Begun, order: RotateOrder, waits = rounds): Promise<Begun | undefined> =>
  withLook(begun, await lookUnclaimed(begun, order, { waits }));

/** A run that is claiming a Secret for the same credential writes what nobody has seen yet, or is dead. */
export async function whenUnclaimed(begun: Begun, order: RotateOrder): Promise<Begun | undefined> {
  const look = await lookUnclaimed(begun, order, { first: begun });
  return look === begun ? begun : withLook(begun, look);
}

async function lookUnclaimed(
  { rotation, proving, unreadable, logins }: Begun,
  order: RotateOrder,
  { first, waits = rounds }: { readonly first?: Look; readonly waits?: number } = {},
): Promise<Look> {
  let look = first ?? (await looked(rotation, proving, order, unreadable));
  if (order.dryRun !== "none") return look;
  for (let round = 1; round <= waits && (await outwaitAll(look.claimed.filter(concerns(rotation, logins)), proving.tools)); round++)
    look = await looked(rotation, proving, order, unreadable);
  return look;
}

/**
 * The claims that count: on Secrets that are proven to hold the credential, and of runs that prove that they hand it out. Anyone in a
 * namespace can write any other.
 */
function concerns({ all }: Found, logins: readonly Login[]): (secret: NotedIn["claimed"][number]) => boolean {
  const holders = keysOf(all);
  return ({ to, metadata }) => {
    const { by = "", makes } = readClaim({ metadata }) ?? {};
    return holders.has(keyOf(to)) || (makes?.proof !== undefined && logins.some((login) => claimProof(login, by, to) === makes.proof));
  };
}

function withLook(begun: Begun, look: Look): Begun | undefined {
  const { members, meant } = begun.rotation;
  const [keys, wanted] = [keysOf(members), keysOf(meant)];
  for (const { member } of look.proof.doubted) if (keys.has(keyOf(member.to))) begun.unsure.add(keyOf(member.to));
  const [found] = rotationsOf(look.proof.proven, ({ to }) => keys.has(keyOf(to)));
  const logins = loginsOf([...begun.logins, ...look.proof.proven.flatMap(({ login }) => login ?? [])]);
  return found && { ...begun, ...look, logins, rotation: { ...found, meant: found.members.filter(({ to }) => wanted.has(keyOf(to))) } };
}

/** Each of these logins once. */
export const loginsOf = (logins: readonly Login[]): readonly Login[] => [
  ...new Map(logins.map((login) => [fingerprint(login), login])).values(),
];

/** The claims on these Secrets. */
export const claimsOn = (holders: readonly Noted[]): ReadonlyMap<string, SecretClaim> =>
  new Map(
    holders.flatMap(({ to, metadata }) => {
      const found = readClaim({ metadata });
      return found ? [[keyOf(to), found] as const] : [];
    }),
  );
