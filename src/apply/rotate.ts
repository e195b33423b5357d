import type { Credential, Issue } from "../credential/kind.ts";
import { CliError, Conflict } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import { toSeconds } from "../moment.ts";
import { type Noted, type NotedIn, notedIn } from "../observe/noted.ts";
import type { Plan } from "../plan/change.ts";
import type { Proof } from "../plan/proof.ts";
import { endsBy, passwordKey, type Rotation, rotationsOf } from "../plan/rotation.ts";
import { readClaim, type SecretClaim } from "../secret/claim.ts";
import type { Entry } from "../secret/entry.ts";
import { apply } from "./apply.ts";
import { outwaitAll } from "./claim.ts";
import type { DryRun, Outcome } from "./outcome.ts";
import { doubtsOf, type Proving, provenOf } from "./proven.ts";
import { retire, retireDue } from "./retire.ts";
import { issueFor } from "./rotate-issue.ts";
import type { Grace, RotateOrder } from "./rotate-order.ts";
import { eachOf, placesOf } from "./rotate-places.ts";
import { sketch } from "./sketch.ts";
import { newRun, type Tools } from "./tools.ts";
import { runUnit } from "./unit.ts";

type Found = Rotation<Noted>;

/** Times that it is begun anew because another run has made a password meanwhile. */
const rounds = 10;

/** What is known of a rotation as it begins. */
type Begun = Pick<NotedIn, "unasked" | "claimed"> & {
  readonly rotation: Found;
  readonly proof: Proof<Noted>;
  readonly proving: Proving;
  /** Secrets of which it was told that nothing shows that they hold it. */
  readonly told: ReadonlySet<string>;
};

/**
 * Rotates one credential: another password beside the one that Secrets hold, proven; then every Secret gets it; and only once all have
 * it, what is due is retired. A rotation that did not come to its end is brought to its end instead. A Secret only takes part if it
 * really holds the credential that it notes.
 * @throws CliError of what all its Secrets depend on
 */
export async function* rotate(noted: Found, seen: Pick<NotedIn, "unasked" | "claimed">, order: RotateOrder): AsyncGenerator<Outcome> {
  const credential = await order.open(noted);
  if (credential.host.toLowerCase() !== noted.host.toLowerCase()) throw otherHost(noted, credential);
  const proving = { credential, identity: noted.identity, verify: order.verify, tools: order.tools(credential) };
  const proof = await provenOnce(noted, proving, order);
  const told = yield* tellDoubts(proof, noted, { proving, told: new Set() });
  const meant = keysOf(noted.meant);
  for (const rotation of rotationsOf(proof.proven, ({ to }) => meant.has(keyOf(to)))) {
    const isDue = order.endsBy === undefined || endsBy(rotation, order.endsBy);
    const begun = { rotation, unasked: seen.unasked, claimed: seen.claimed, proof, proving, told };
    yield* isDue ? inRounds(begun, order) : retireDue({ ...order, ...begun, credential });
  }
}

const keysOf = (members: readonly Noted[]): ReadonlySet<string> => new Set(members.map(({ to }) => keyOf(to)));

/** @returns all Secrets that were told, these among them: each is told once, at the first look that finds it so */
async function* tellDoubts(
  { doubted }: Proof<Noted>,
  { members, meant }: Pick<Found, "members" | "meant">,
  { proving, told }: Pick<Begun, "proving" | "told">,
): AsyncGenerator<Outcome, ReadonlySet<string>> {
  const keys = keysOf(members);
  const fresh = doubted.filter(({ member: { to } }) => keys.has(keyOf(to)) && !told.has(keyOf(to)));
  yield* doubtsOf(fresh, keysOf(meant), proving);
  return new Set([...told, ...fresh.map(({ member: { to } }) => keyOf(to))]);
}

/** All rotations of one identity rest on one look. */
function provenOnce({ all }: Found, proving: Proving, { proofs }: RotateOrder): Promise<Proof<Noted>> {
  const proof = proofs.get(all) ?? provenOf(all, proving);
  proofs.set(all, proof);
  return proof;
}

const otherHost = ({ host, members }: Found, credential: Credential) =>
  new CliError("conflict", `secret "${members[0]?.to.name}" notes a login for ${host}, and that registry is ${credential.host}`);

async function* inRounds(begun: Begun, order: RotateOrder): AsyncGenerator<Outcome> {
  let at = yield* whenUnclaimed(begun, order);
  let before = begun.rotation.newest;
  for (let round = 1; at && round <= rounds; round++) {
    // Where another run has rotated it since our first look, there is nothing left but to finish
    const settled = passwordKey(at.rotation.newest) !== passwordKey(before);
    const end: End = yield* ending(rotateOnce(at, { ...order, settled }), round === rounds);
    if (end === "done") return;
    at = yield* lookWhenUnclaimed(at, order);
    if (end === "stale" && at) before = at.rotation.newest;
  }
}

/** How a round ended: all is done; what it only finished is to be rotated itself; or another run came between. */
type End = "done" | "stale" | "overtaken";

async function* ending(round: AsyncGenerator<Outcome, boolean>, last: boolean): AsyncGenerator<Outcome, End> {
  try {
    return (yield* round) ? "stale" : "done";
  } catch (error) {
    if (!(error instanceof Conflict) || last) throw error;
    return "overtaken";
  }
}

/** A run that is claiming a Secret for the same credential writes what nobody has seen yet, or is dead. */
async function* whenUnclaimed(begun: Begun, order: RotateOrder): AsyncGenerator<Outcome, Begun | undefined> {
  let at: Begun | undefined = begun;
  if (order.dryRun !== "none") return at;
  for (let round = 1; at && round <= rounds && (await outwaitAll(at.claimed.filter(concerns(at)), at.proving.tools)); round++)
    at = yield* lookAgain(at, order);
  return at;
}

async function* lookWhenUnclaimed(begun: Begun, order: RotateOrder): AsyncGenerator<Outcome, Begun | undefined> {
  const seen = yield* lookAgain(begun, order);
  return seen && (yield* whenUnclaimed(seen, order));
}

function concerns({ rotation: { all, identity } }: Begun): (secret: NotedIn["claimed"][number]) => boolean {
  const holders = keysOf(all);
  return ({ to, metadata }) => holders.has(keyOf(to)) || readClaim({ metadata })?.makes?.identity === identity;
}

async function* lookAgain({ rotation, proving, told }: Begun, { grounds }: RotateOrder): AsyncGenerator<Outcome, Begun | undefined> {
  const { kind, identity, host, members } = rotation;
  const isIt = (entry: Entry) => entry.kind === kind && entry.identity === identity && entry.hosts[0] === host;
  const { noted, unasked, claimed } = await notedIn(grounds, isIt);
  const proof = await provenOf(noted, proving);
  const all = yield* tellDoubts(proof, rotation, { proving, told });
  const [keys, meant] = [keysOf(members), keysOf(rotation.meant)];
  const [found] = rotationsOf(proof.proven, ({ to }) => keys.has(keyOf(to)));
  const again = found && { ...found, meant: found.members.filter(({ to }) => meant.has(keyOf(to))) };
  return again && { rotation: again, unasked, claimed, proof, proving, told: all };
}

/** @returns whether one that had not come to its end did so now, and what all hold by now is itself to be rotated */
async function* rotateOnce(begun: Begun, order: RotateOrder & { readonly settled: boolean }): AsyncGenerator<Outcome, boolean> {
  const { rotation, proof, proving } = begun;
  const { tools, credential } = proving;
  const { dryRun, grace } = order;
  const issue = await issueFor({ ...begun, credential }, order);
  const entry = withEnd(issue.entry, grace, tools.now());
  const run = newRun(issue.login, issue.images);
  const unit = {
    before: issue.before,
    demand: issue.demand,
    run,
    claims: claimsOn(rotation.all),
    each: eachOf(rotation, { entry, run }, tools),
  };
  const written: Ref<"secret">[] = [];
  let failed = proof.doubted.some(({ why }) => why === "unknown");
  for await (const outcome of runUnit(unit, placesOf(rotation), tools, dryRun)) {
    failed ||= outcome.error !== undefined || outcome.left !== undefined;
    if (outcome.change.act === "store" && !outcome.error && !outcome.left) written.push(outcome.change.to);
    yield outcome;
  }
  if (tools.halted()) return false;
  const behind = dryRun === "none" && !failed && written.length > 0 ? yield* lastLook(begun, order) : undefined;
  if (behind) {
    yield* tell(written, rotation, { tools, dryRun });
    yield* rotateOnce(behind, { ...order, settled: true });
    return isStale(issue, order);
  }
  yield* retire({ ...order, ...begun, credential, entry, failed, written: new Set(written.map(keyOf)) });
  yield* tell(written, rotation, { tools, dryRun });
  return !failed && dryRun === "none" && isStale(issue, order);
}

const claimsOn = (holders: readonly Noted[]): ReadonlyMap<string, SecretClaim> =>
  new Map(
    holders.flatMap(({ to, metadata }) => {
      const found = readClaim({ metadata });
      return found ? [[keyOf(to), found] as const] : [];
    }),
  );

/** A run ends well only by a look at which all have the newest. @returns that look, if some have not: others have written since the first */
async function* lastLook(begun: Begun, order: RotateOrder): AsyncGenerator<Outcome, Begun | undefined> {
  const at = yield* lookWhenUnclaimed(begun, order);
  return at && at.rotation.behind.length > 0 ? at : undefined;
}

const isStale = ({ demand, entry }: Issue, { settled, endsBy: moment }: RotateOrder & { readonly settled: boolean }): boolean =>
  demand.length === 0 && !settled && moment !== undefined && endsBy({ members: [{ entry }] }, moment);

/** Says on each Secret's namespace that it was rotated. */
async function* tell(written: readonly Ref<"secret">[], { identity, members }: Found, { tools, dryRun }: { tools: Tools; dryRun: DryRun }) {
  const uids = new Map(members.map(({ to, metadata }) => [keyOf(to), metadata.uid]));
  const says = `got another password of ${identity}`;
  const plan: Plan = written.map((to) => ({ act: "report", to, uid: uids.get(keyOf(to)) ?? "", reason: "Rotated", says }));
  const bench = { tools, run: newRun(), seen: new Map() };
  yield* dryRun === "client" ? sketch(plan, bench) : apply(plan, bench);
}

/** How long the password that is replaced is to work. */
function withEnd(entry: Entry, grace: Grace, now: Date): Entry {
  const { previous } = entry;
  if (!previous || grace === "next" || previous.until !== undefined) return entry;
  return { ...entry, previous: { ...previous, until: toSeconds(new Date(now.getTime() + grace)) } };
}
