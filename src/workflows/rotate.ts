import { Claims } from "../actions/claims.ts";
import { execute } from "../actions/execute.ts";
import { isFailed, type Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import type { Credential, Issue } from "../credential/kind.ts";
import { CliError, Conflict } from "../errors.ts";
import { joinNames, keyOf, type Ref } from "../kinds.ts";
import type { Plan } from "../plan/change.ts";
import { notDue, passwordKey, type Rotation } from "../plan/rotation.ts";
import type { Entry } from "../secret/entry.ts";
import { toSeconds } from "../timestamp.ts";
import type { RecordedLogin, SecretLogins } from "../usage/secret-logins.ts";
import { maxNames, nameInPlace } from "../wording.ts";
import { distribute } from "./distribute.ts";
import {
  findHolders,
  type HolderRead,
  holderKeys,
  lockedOut,
  loginsOf,
  newDoubts,
  type RotateOrder,
  type RotationState,
  readAfterClaims,
  rereadHolders,
  rotationsIn,
  rounds,
} from "./find-holders.ts";
import { issuePassword } from "./issue-password.ts";
import { retire, retireDue } from "./retire.ts";

type FoundRotation = Rotation<RecordedLogin>;

/**
 * Rotates one credential without a failed pull. The new password is proven before a Secret gets it, and the old one is deleted only after
 * no Secret holds it. Completes an interrupted rotation instead of starting a new one. A Secret takes part only if it really holds the
 * credential that it records.
 * @throws CliError of a step that all its Secrets depend on
 */
export async function* rotateCredentials(
  found: FoundRotation,
  seen: Omit<SecretLogins, "recorded">,
  order: RotateOrder,
): AsyncGenerator<Outcome> {
  const credential = await order.open(found);
  if (credential.host.toLowerCase() !== found.host.toLowerCase()) throw otherHost(found, credential);
  const proving = { credential, identity: found.identity, verify: order.verify, tools: order.tools(credential) };
  const read = await findHolders(found, seen, proving, order);
  const { outcomes, reported } = newDoubts(read, found, proving);
  yield* outcomes;
  for (const rotation of rotationsIn(read, holderKeys(found.selected))) {
    const reasons = notDue(rotation.members, order);
    const logins = loginsOf(rotation.all.flatMap(({ login }) => login ?? []));
    const state = { ...read, rotation, proving, reported, logins, unsure: new Set<string>() };
    if (reasons.length === 0) yield* rotateHolders(state, order);
    else {
      order.skipped(reasons);
      yield* await retireDue({ ...order, ...state, credential });
    }
    yield* await lockedOut(state, order);
  }
}

const otherHost = ({ host, members }: FoundRotation, credential: Credential) =>
  new CliError(
    "conflict",
    `secret "${members[0]?.to.name}" records a login for ${host}, but the login server of that registry is ${credential.host}`,
  );

/** One pass over the holders. Another one follows if another run has written in the meantime. */
type Round = {
  readonly state: RotationState;
  /** The number of rounds so far, without those that repeat the distribution. */
  readonly count: number;
  /** How often the newest password was distributed again to holders whose older one was restored. */
  readonly repeats: number;
  /** The newest password when this run decided to rotate. If there is a newer one, the round only distributes it. */
  readonly before: Entry;
  /** The password that an interrupted run left is due for rotation itself. */
  readonly isStale: boolean;
};

type Result = { readonly stored: Ref<"secret"> | undefined; readonly failed: boolean };

/** Issues a password, distributes it and retires the old one, until every holder has the newest password. */
async function* rotateHolders(state: RotationState, order: RotateOrder): AsyncGenerator<Outcome> {
  yield* otherHolders(state);
  let round = nextRound(await readAfterClaims(state, order), { count: 0, before: state.rotation.newest });
  while (round) round = yield* rotateOnce(round, order);
}

/** @returns the round that follows, if there is one @throws Conflict in the last round, if another run has written since */
async function* rotateOnce(round: Round, order: RotateOrder): AsyncGenerator<Outcome, Round | undefined> {
  const { tools } = round.state.proving;
  const results: Result[] = [];
  try {
    const issue = await issuePassword(round.state, { ...order, settled: isSettled(round) });
    const entry = withEnd(issue.entry, order.grace, tools.now());
    for await (const outcome of distribute(issue, entry, round.state, isLast(round))) {
      results.push(resultOf(outcome));
      yield outcome;
    }
    if (tools.interrupted()) return undefined;
    const { outcomes, next } = await finish(round, { issue, entry, results }, order);
    yield* outcomes;
    return await next();
  } catch (error) {
    if (!(error instanceof Conflict) || isLast(round)) throw error;
    return nextRound(await rereadHolders(round.state, order, 1), round);
  }
}

function resultOf(outcome: Outcome): Result {
  const failed = isFailed(outcome);
  return { stored: outcome.change?.act === "store" && !failed ? outcome.change.to : undefined, failed };
}

/** The outcomes after a distribution, and the round that follows, if there is one. */
type RoundEnd = { readonly outcomes: readonly Outcome[]; next(): Promise<Round | undefined> };

type Distributed = { readonly issue: Issue; readonly entry: Entry; readonly results: readonly Result[] };

/** Retires the old password if every holder has the new one. Otherwise the holders that lack it get it in another round. */
async function finish(round: Round, { issue, entry, results }: Distributed, order: RotateOrder): Promise<RoundEnd> {
  const { state } = round;
  const { tools, credential } = state.proving;
  const stored = results.flatMap((result) => result.stored ?? []);
  const failed = state.proof.unproven.some(({ why }) => why === "unknown") || results.some((result) => result.failed);
  const isWritten = order.dryRun === "none" && !failed;
  const isStale = round.isStale || (isWritten && isStillDue(issue, round, order));
  const behind = isWritten && stored.length > 0 ? await withOlderPassword(state, order) : undefined;
  if (behind && round.repeats < rounds) {
    const next = { ...round, state: behind, repeats: round.repeats + 1, isStale };
    return { outcomes: await report(stored, state.rotation, tools), next: async () => next };
  }
  const next = async () => (isStale ? staleRound(await rereadHolders(state, order, 1), round) : undefined);
  if (behind) return { outcomes: [...(await report(stored, state.rotation, tools)), ...givenBack(behind)], next };
  const retired = await retire({ ...order, ...state, credential, entry, failed, written: new Set(stored.map(keyOf)) });
  return { outcomes: [...retired, ...(await report(stored, state.rotation, tools))], next };
}

/** Reads the holders again. @returns them if some of them lack the newest password because another run has written since */
async function withOlderPassword(state: RotationState, order: RotateOrder): Promise<RotationState | undefined> {
  const next = await rereadHolders(state, order);
  return next && next.rotation.outdated.length > 0 ? next : undefined;
}

const isLast = ({ count }: Round): boolean => count === rounds;

/** Whether the round distributes an existing password, because another run or this one has rotated in the meantime. */
const isSettled = ({ state, before, repeats }: Round): boolean => repeats > 0 || passwordKey(state.rotation.newest) !== passwordKey(before);

const nextRound = (state: RotationState | undefined, { count, before }: Pick<Round, "count" | "before">): Round | undefined =>
  state && count < rounds ? { state, count: count + 1, repeats: 0, before, isStale: false } : undefined;

const staleRound = (state: RotationState | undefined, { count }: Round) =>
  state && nextRound(state, { count, before: state.rotation.newest });

/** Whether the password that the round only distributed is due for rotation itself. */
const isStillDue = ({ steps, entry }: Issue, round: Round, { endsBy, createdBy }: RotateOrder): boolean =>
  steps.length === 0 && !isSettled(round) && (endsBy ?? createdBy) !== undefined && notDue([{ entry }], { endsBy, createdBy }).length === 0;

/** Reports that another tool restored the old password as often as this run wrote the new one. The old password stays valid. */
function givenBack({ rotation: { outdated, identity } }: RotationState): Outcome[] {
  return outdated.map(({ to }) => {
    const message = `${nameInPlace(to)} repeatedly gets the old password of ${identity} back from another tool`;
    const hint = "give the new password to the tool that manages the Secret, such as a controller, or stop that tool";
    return { change: { act: "keep", to, because: message }, error: new CliError("conflict", message, { hint }) };
  });
}

function report(stored: readonly Ref<"secret">[], { identity, members }: FoundRotation, tools: Tools): Promise<Outcome[]> {
  const uids = new Map(members.map(({ to, metadata }) => [keyOf(to), metadata.uid]));
  const message = `now holds another password of ${identity}`;
  const plan: Plan = stored.map((to) => ({ act: "report", to, uid: uids.get(keyOf(to)) ?? "", reason: "Rotated", message }));
  return Array.fromAsync(execute(plan, { tools, claims: new Claims(tools), objects: new Map() }));
}

function withEnd(entry: Entry, grace: RotateOrder["grace"], now: Date): Entry {
  const { previous } = entry;
  if (!previous || grace === "next" || previous.until !== undefined) return entry;
  return { ...entry, previous: { ...previous, until: toSeconds(new Date(now.getTime() + grace)) } };
}

/** Warns about Secrets that hold the credential and that this run doesn't write: they keep their password. */
function* otherHolders({ rotation, proof, unrecorded }: HolderRead & { readonly rotation: FoundRotation }): Generator<Outcome> {
  const { host, identity } = rotation;
  const foreign = proof.proven.flatMap((member) => (member.foreign ? [member.to] : []));
  const [first] = foreign;
  if (first) {
    const message = `${namesOf(foreign)} also ${foreign.length > 1 ? "hold" : "holds"} ${identity}, ${foreign.length > 1 ? "are" : "is"} managed by another tool, and ${keeps(foreign)}`;
    const fix = { verb: "rotate", secret: first.name, force: true, namespace: first.namespace } as const;
    yield { change: { act: "warn", to: first, message, fix }, messages: [message], fix };
  }
  const copies = unrecorded.map(({ to }) => to);
  const [copy] = copies;
  if (!copy) return;
  const message = `${namesOf(copies)} also ${copies.length > 1 ? "hold" : "holds"} ${identity}, but no annotation records this, so ${copies.length > 1 ? "they keep" : "it keeps"} the old password`;
  const fix = { verb: "create", secret: copy.name, registry: host, force: true, namespace: copy.namespace } as const;
  yield { change: { act: "warn", to: copy, message, fix }, messages: [message], fix };
}

const namesOf = (all: readonly Ref[]): string => joinNames(all.map(nameInPlace), maxNames);

const keeps = ({ length }: readonly Ref[]): string => (length > 1 ? "keep their password" : "keeps its password");
