import { preconditionOf } from "../actions/update.ts";
import { type Issue, lifecycleOf } from "../credential/kind.ts";
import { type ChangeOf, mintIn, type Plan } from "../plan/change.ts";
import { keptBy } from "../plan/ownership.ts";
import { passwordKey, withOther } from "../plan/rotation.ts";
import { isLive, isMadeBy, readClaim, type SecretClaim } from "../secret/claim.ts";
import { fingerprint } from "../secret/entry.ts";
import type { RecordedLogin, UnrecordedLogin } from "../usage/secret-logins.ts";
import { nameInPlace } from "../wording.ts";
import { scopeHolding } from "./distribute.ts";
import type { RotateOrder, RotationState } from "./find-holders.ts";
import { clustersUnknown, inClusters, ownedByHolders, ownerAt, sharedOwner } from "./owner.ts";

/** Issues the password for the holders: the newest one that some of them hold if others lack it, otherwise a new one. */
export async function issuePassword(state: RotationState, order: RotateOrder & { readonly settled: boolean }): Promise<Issue> {
  const { all, members, newest, outdated } = state.rotation;
  const holder = all.find(({ entry, lapsed }) => !lapsed && passwordKey(entry) === passwordKey(newest));
  if (holder?.login && (outdated.length > 0 || order.settled))
    return {
      steps: [],
      isLazy: true,
      entry: withOther(state.rotation),
      login: holder.login,
      pulls: "unknown",
      mayPull: undefined,
      images: [],
    };
  return renewed(state, holder ?? members.find(({ entry }) => entry === newest), order);
}

const inUnlisted = "a Secret that you cannot list may hold it; retry as a user who can list the Secrets of all namespaces, or add --force";

async function renewed(state: RotationState, holder: RecordedLogin | undefined, order: RotateOrder): Promise<Issue> {
  const { rotation, proof, unreadable, unrecorded } = state;
  const { credential } = state.proving;
  const { newest, members, all, inUse, host } = rotation;
  const [first] = members;
  const secret = first?.to.name ?? "";
  const holding = scopeHolding(rotation);
  const owner = first && members.length === 1 ? ownerAt(first) : sharedOwner(holding, secret);
  const words = await owner.wordsInCluster();
  const images = order.verify ? await order.images(host, holding) : [];
  const owned = await ownedByHolders(rotation);
  const unnamed = all.some(({ lapsed }) => lapsed === "unnamed") || proof.unproven.some(({ why }) => why === "unknown");
  const clusters = await clustersUnknown(rotation, { ...order, credential, owned });
  const kept = keptBy({ secrets: 0, clusters, unlisted: unreadable.length > 0, owned: owned === "one" }, order.force);
  const [copy] = unknownCopies(all, unrecorded);
  const blind = unnamed || kept !== undefined || copy !== undefined;
  const unknown = copy
    ? `${nameInPlace(copy.to)} holds a password of it`
    : kept && (unreadable.length > 0 ? inUnlisted : inClusters(clusters));
  const alone = owned !== "none";
  const current = { entry: newest, login: holder?.login };
  const inside = members.flatMap(({ login }) => login ?? []);
  const left = all.flatMap((holder) => endedOn(holder, order.now()) ?? []);
  const issue = await lifecycleOf(credential).renew({ current, inside, inUse, alone, blind, unknown, left, secret, words, images });
  return { ...issue, steps: [...takingOver(all, issue.steps, order.now()), ...issue.steps] };
}

/** Returns the claim on a Secret if it has expired. */
function endedOn({ metadata }: RecordedLogin, now: Date): SecretClaim | undefined {
  const claim = readClaim({ metadata });
  return claim && !isLive(claim, now) ? claim : undefined;
}

/**
 * Claims the Secrets whose expired claim records the password that this run overwrites. If the claiming run is only slow, it then finds
 * that it has lost its claim.
 */
function takingOver(all: readonly RecordedLogin[], steps: Plan, now: Date): ChangeOf<"claim">[] {
  const mint = mintIn(steps);
  if (mint?.left === undefined) return [];
  const { slot, left: madeAt, to } = mint;
  const noting = all.filter((holder) => {
    const claim = endedOn(holder, now);
    return claim && isMadeBy(claim, to.name, { slot, madeAt });
  });
  return noting.map((holder) => ({ act: "claim", to: holder.to, precondition: preconditionOf(holder) }));
}

/** Returns the logins that no annotation names and whose password is unknown: they may be any password of the credential. */
function unknownCopies(all: readonly RecordedLogin[], unnoted: readonly UnrecordedLogin[]): readonly UnrecordedLogin[] {
  const known = new Set(all.flatMap(({ login, lapsed }) => (login && !lapsed ? [fingerprint(login)] : [])));
  return unnoted.filter(({ login }) => !known.has(fingerprint(login)));
}
