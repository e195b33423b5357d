import type { DryRun, Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import { waitForClaims } from "../actions/wait-for-claim.ts";
import type { Credential } from "../credential/kind.ts";
import { isRefusal } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import { type HeldLogin, isLoginOf } from "../plan/ownership.ts";
import type { HolderProof, UnprovenHolder } from "../plan/proof.ts";
import { type DueLimits, type NotDue, type Rotation, rotationsOf } from "../plan/rotation.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { claimProof, readClaim, type SecretClaim } from "../secret/claim.ts";
import { fingerprint } from "../secret/entry.ts";
import type { ListedCluster } from "../usage/holders.ts";
import type { FindLogins, RecordedLogin, SecretLogins, UnrecordedLogin } from "../usage/secret-logins.ts";
import { doubtsOf, type Proving, provenOf, stillTaken } from "./prove-holders.ts";

type FoundRotation = Rotation<RecordedLogin>;

/** How long a replaced password stays valid: until the next rotation, or this number of milliseconds. */
type Grace = "next" | number;

/** The Secrets that record a credential, and which of them really hold it. */
export type HolderRead = Pick<SecretLogins, "unreadable" | "claimed"> & {
  readonly proof: HolderProof<RecordedLogin>;
  /** Logins of the credential that no annotation names and that the registry doesn't reject. */
  readonly unrecorded: readonly UnrecordedLogin[];
  /** The keys of the Secrets whose rotation has started from this result. */
  readonly rotated: Set<string>;
};

export type RotateOrder = DueLimits & {
  readonly grace: Grace;
  skipped(reasons: readonly NotDue[]): void;
  /** Lists the current logins of Secrets of the cluster. */
  readonly listed: FindLogins;
  /** The first result for each identity, by the Secrets that record it. */
  readonly reads: WeakMap<readonly RecordedLogin[], Promise<HolderRead>>;
  cluster(): Promise<ListedCluster>;
  /** Deletes passwords that Secrets may hold which were not listed. */
  readonly force: boolean;
  readonly verify: boolean;
  readonly dryRun: DryRun;
  open(rotation: Rotation): Promise<Credential>;
  now(): Date;
  tools(credential: Credential): Tools;
  /** Returns images of pods in these namespaces, to test a login with. */
  images(host: string, clusterScope: ClusterScope): Promise<readonly ImageRef[]>;
};

/** The maximum number of times that everything is read again because another run has written in the meantime. */
export const rounds = 10;

export type RotationState = HolderRead & {
  readonly rotation: FoundRotation;
  readonly proving: Proving;
  /** The keys of Secrets that were already reported as unproven holders. */
  readonly reported: ReadonlySet<string>;
  /** The keys of Secrets that a later read found unproven. They are reported at the end of the rotation. */
  readonly unsure: Set<string>;
  readonly logins: readonly Login[];
};

export const holderKeys = (members: readonly RecordedLogin[]): ReadonlySet<string> => new Set(members.map(({ to }) => keyOf(to)));

/** Finds the holders of a credential. All rotations of one identity share one result. */
export function findHolders(
  found: FoundRotation,
  listed: Omit<SecretLogins, "recorded">,
  proving: Proving,
  order: RotateOrder,
): Promise<HolderRead> {
  const { all } = found;
  const read = order.reads.get(all) ?? readHolders(found, proving, order, listed.unreadable, { ...listed, recorded: all });
  order.reads.set(all, read);
  return read;
}

/**
 * Yields the rotations of a result. If Secrets that were listed with several credentials hold the same one by now, they are rotated once.
 */
export function* rotationsIn({ proof, rotated }: HolderRead, selected: ReadonlySet<string>): Generator<FoundRotation> {
  for (const rotation of rotationsOf(proof.proven, ({ to }) => selected.has(keyOf(to)))) {
    const keys = [...holderKeys(rotation.members)];
    if (keys.some((key) => rotated.has(key))) continue;
    for (const key of keys) rotated.add(key);
    yield rotation;
  }
}

/**
 * Lists the holders and tests their logins. Another run may replace a login between the list and its test. So if a Secret with a rejected
 * login was written since, everything is read again.
 * @param known what could not be read before
 */
async function readHolders(
  credential: FoundRotation,
  proving: Proving,
  { listed }: RotateOrder,
  known: SecretLogins["unreadable"],
  first?: SecretLogins,
): Promise<HolderRead> {
  const { kind, identity, host } = credential;
  const isIt = (login: HeldLogin) =>
    login.kind === undefined ? isLoginOf(credential, login) : login.kind === kind && login.identity === identity && login.hosts[0] === host;
  for (let round = 1; ; round++) {
    const { recorded, unrecorded, unreadable, claimed } = (round === 1 && first) || (await listAgain(listed, isIt, known));
    const proof = await provenOf(recorded, proving);
    if (round === rounds || !(await anyWritten(proof.unproven, proving))) {
      const copies = await stillTaken(
        unrecorded.filter(({ heldLogin }) => isIt(heldLogin)),
        proving,
      );
      return { unreadable, claimed, proof, unrecorded: copies, rotated: new Set() };
    }
  }
}

/** @throws CliError of a namespace that could be read before and can't be read now: its Secrets may still hold the credential */
async function listAgain(listed: FindLogins, isIt: Parameters<FindLogins>[0], known: SecretLogins["unreadable"]): Promise<SecretLogins> {
  const found = await listed(isIt);
  const lost = found.unreadable.find(({ own }) => own);
  if (lost && !known.some(({ own }) => own)) throw lost.error;
  return found;
}

/** Whether a Secret whose login was rejected has been written or deleted since it was listed. */
async function anyWritten(doubted: readonly UnprovenHolder<RecordedLogin>[], { tools }: Proving): Promise<boolean> {
  const refused = doubted.flatMap(({ member, why }) => (why === "refused" ? [member] : []));
  for await (const written of runConcurrently(refused, tools, isWritten)) if (written) return true;
  return false;
}

async function* isWritten({ clusterScope, to, metadata: { resourceVersion } }: RecordedLogin): AsyncGenerator<boolean> {
  try {
    yield (await clusterScope.cluster.get(to))?.metadata.resourceVersion !== resourceVersion;
  } catch (error) {
    // Permission to list Secrets doesn't include permission to get one
    if (!isRefusal(error)) throw error;
    yield false;
  }
}

/** Returns the warnings about Secrets that are not proven to hold the credential they record, without those that were already reported. */
export function newDoubts(
  { proof: { unproven } }: HolderRead,
  { members, selected }: Pick<FoundRotation, "members" | "selected">,
  proving: Proving,
  reported: ReadonlySet<string> = new Set(),
): { readonly outcomes: readonly Outcome[]; readonly reported: ReadonlySet<string> } {
  const keys = holderKeys(members);
  const fresh = unproven.filter(({ member: { to } }) => keys.has(keyOf(to)) && !reported.has(keyOf(to)));
  return { outcomes: doubtsOf(fresh, holderKeys(selected), proving), reported: new Set(fresh.map(({ member: { to } }) => keyOf(to))) };
}

/** Reports Secrets that held the credential when the rotation started and are locked out by it. */
export async function lockedOut(state: RotationState, order: RotateOrder): Promise<readonly Outcome[]> {
  const { rotation, proving, reported, unsure } = state;
  if (unsure.size === 0 || proving.tools.interrupted()) return [];
  return newDoubts(await readUnclaimed(state, order), rotation, proving, reported).outcomes;
}

/**
 * Reads the holders again after other runs have written.
 * @param waits how often it waits for claims. A caller that starts another round passes 1, because that round waits again
 * @returns undefined if no Secret holds the credential any more
 */
export const rereadHolders = async (state: RotationState, order: RotateOrder, waits = rounds): Promise<RotationState | undefined> =>
  withRead(state, await readUnclaimed(state, order, { waits }));

/**
 * Waits for the claims on Secrets of the same credential. The claiming run may write a password that was not read yet, or it has crashed.
 */
export async function readAfterClaims(state: RotationState, order: RotateOrder): Promise<RotationState | undefined> {
  const read = await readUnclaimed(state, order, { first: state });
  return read === state ? state : withRead(state, read);
}

async function readUnclaimed(
  { rotation, proving, unreadable, logins }: RotationState,
  order: RotateOrder,
  { first, waits = rounds }: { readonly first?: HolderRead; readonly waits?: number } = {},
): Promise<HolderRead> {
  let read = first ?? (await readHolders(rotation, proving, order, unreadable));
  if (order.dryRun !== "none") return read;
  for (let round = 1; round <= waits && (await waitForClaims(read.claimed.filter(concerns(rotation, logins)), proving.tools)); round++)
    read = await readHolders(rotation, proving, order, unreadable);
  return read;
}

/**
 * Selects the claims that count: claims on proven holders, and claims of runs that prove that they distribute the credential. Anyone in a
 * namespace can write any other claim.
 */
function concerns({ all }: FoundRotation, logins: readonly Login[]): (secret: SecretLogins["claimed"][number]) => boolean {
  const holders = holderKeys(all);
  return ({ to, metadata }) => {
    const { by = "", makes } = readClaim({ metadata }) ?? {};
    return holders.has(keyOf(to)) || (makes?.proof !== undefined && logins.some((login) => claimProof(login, by, to) === makes.proof));
  };
}

function withRead(state: RotationState, read: HolderRead): RotationState | undefined {
  const { members, selected } = state.rotation;
  const [keys, wanted] = [holderKeys(members), holderKeys(selected)];
  for (const { member } of read.proof.unproven) if (keys.has(keyOf(member.to))) state.unsure.add(keyOf(member.to));
  const [found] = rotationsOf(read.proof.proven, ({ to }) => keys.has(keyOf(to)));
  const logins = loginsOf([...state.logins, ...read.proof.proven.flatMap(({ login }) => login ?? [])]);
  return found && { ...state, ...read, logins, rotation: { ...found, selected: found.members.filter(({ to }) => wanted.has(keyOf(to))) } };
}

export const loginsOf = (logins: readonly Login[]): readonly Login[] => [
  ...new Map(logins.map((login) => [fingerprint(login), login])).values(),
];

export const claimsOn = (holders: readonly RecordedLogin[]): ReadonlyMap<string, SecretClaim> =>
  new Map(
    holders.flatMap(({ to, metadata }) => {
      const found = readClaim({ metadata });
      return found ? [[keyOf(to), found] as const] : [];
    }),
  );
