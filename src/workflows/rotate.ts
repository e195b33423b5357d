import { execute } from "../actions/execute.ts";
import type { Outcome } from "../actions/outcome.ts";
import { newRun, type Tools } from "../actions/tools.ts";
import type { Credential, Issue } from "../credential/kind.ts";
import { CliError, Conflict } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import { toSeconds } from "../moment.ts";
import type { Plan } from "../plan/change.ts";
import { notDue, passwordKey, type Rotation } from "../plan/rotation.ts";
import { namedThere } from "../plan/wording.ts";
import type { Entry } from "../secret/entry.ts";
import type { Noted, NotedIn } from "../state/noted.ts";
import { retire, retireDue } from "./retire.ts";
import { tellOthers } from "./rotate-holders.ts";
import { issueFor } from "./rotate-issue.ts";
import {
  type Begun,
  claimsOn,
  firstLook,
  keysOf,
  loginsOf,
  lookAgain,
  rotationsIn,
  rounds,
  tellDoubts,
  tellLeft,
  whenUnclaimed,
} from "./rotate-look.ts";
import type { Grace, RotateOrder } from "./rotate-order.ts";
import { eachOf, placesOf } from "./rotate-places.ts";
import { runUnit, type Unit } from "./unit.ts";

type Found = Rotation<Noted>;

/**
 * Rotates one credential: another password beside the one that Secrets hold, proven; then every Secret gets it; and only once all have
 * it, what is due is retired. A rotation that did not come to its end is brought to its end instead. A Secret only takes part if it
 * really holds the credential that it notes.
 * @throws CliError of what all its Secrets depend on
 */
export async function* rotate(noted: Found, seen: Omit<NotedIn, "noted">, order: RotateOrder): AsyncGenerator<Outcome> {
  const credential = await order.open(noted);
  if (credential.host.toLowerCase() !== noted.host.toLowerCase()) throw otherHost(noted, credential);
  const proving = { credential, identity: noted.identity, verify: order.verify, tools: order.tools(credential) };
  const look = await firstLook(noted, seen, proving, order);
  const told = yield* tellDoubts(look, noted, proving);
  for (const rotation of rotationsIn(look, keysOf(noted.meant))) {
    const reasons = notDue(rotation.members, order);
    if (reasons.length > 0) order.skipped(reasons);
    const logins = loginsOf(rotation.all.flatMap(({ login }) => login ?? []));
    const begun = { ...look, rotation, proving, told, logins, unsure: new Set<string>() };
    if (reasons.length === 0) yield* tellOthers(begun);
    yield* reasons.length === 0 ? inRounds(begun, order) : retireDue({ ...order, ...begun, credential });
    yield* tellLeft(begun, order);
  }
}

const otherHost = ({ host, members }: Found, credential: Credential) =>
  new CliError("conflict", `secret "${members[0]?.to.name}" notes a login for ${host}, and that registry is ${credential.host}`);

async function* inRounds(begun: Begun, order: RotateOrder): AsyncGenerator<Outcome> {
  let at = await whenUnclaimed(begun, order);
  let before = begun.rotation.newest;
  for (let round = 1; at && round <= rounds; round++) {
    // Where another run has rotated it since our first look, there is nothing left but to finish
    const settled = passwordKey(at.rotation.newest) !== passwordKey(before);
    const last = round === rounds;
    const end: End = yield* ending(rotateOnce(at, { ...order, settled, last, again: rounds }), last);
    if (end === "done") return;
    at = await lookAgain(at, order, 1);
    if (end === "stale" && at) before = at.rotation.newest;
  }
}

/** A round of a rotation. */
type Round = RotateOrder & {
  /** It only hands out what some hold already. */
  readonly settled: boolean;
  /** There is none after it. */
  readonly last: boolean;
  /** Times that the newest is handed out again to those who were found with one from before. */
  readonly again: number;
};

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

/** @returns whether one that had not come to its end did so now, and what all hold by now is itself to be rotated */
async function* rotateOnce(begun: Begun, order: Round): AsyncGenerator<Outcome, boolean> {
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
    ...heeding(rotation, order),
    each: eachOf(rotation, { entry, run }, tools),
  };
  const written: Ref<"secret">[] = [];
  let failed = proof.doubted.some(({ why }) => why === "unknown");
  for await (const outcome of toldOnce(runUnit(unit, placesOf(rotation), tools), order)) {
    failed ||= isFailed(outcome);
    if (outcome.change?.act === "store" && !isFailed(outcome)) written.push(outcome.change.to);
    yield outcome;
  }
  if (tools.halted()) return false;
  const behind = dryRun === "none" && !failed && written.length > 0 ? await lastLook(begun, order) : undefined;
  if (behind) {
    yield* tell(written, rotation, tools);
    yield* handAgain(behind, order);
    return isStale(issue, order);
  }
  yield* retire({ ...order, ...begun, credential, entry, failed, written: new Set(written.map(keyOf)) });
  yield* tell(written, rotation, tools);
  return !failed && dryRun === "none" && isStale(issue, order);
}

const isFailed = ({ error, left }: Outcome): boolean => error !== undefined || left !== undefined;

/** What fails before anything goes well waits for that: where another run comes between, it is tried once more, and told then. */
async function* toldOnce(outcomes: AsyncIterable<Outcome>, { last }: Round): AsyncGenerator<Outcome> {
  const waiting: Outcome[] = [];
  let well = false;
  try {
    for await (const outcome of outcomes) {
      waiting.push(outcome);
      well ||= !isFailed(outcome);
      if (well) yield* waiting.splice(0);
    }
  } catch (error) {
    if (last || !(error instanceof Conflict)) yield* waiting;
    throw error;
  }
  yield* waiting;
}

/** Whoever claims his Secret again and again keeps himself back in the end, and none of the others. */
const heeding = ({ all }: Found, { last }: Round): Pick<Unit, "claims"> => (last ? {} : { claims: claimsOn(all) });

/** A run ends well only by a look at which all have the newest. @returns that look, if some have not: others have written since the first */
async function lastLook(begun: Begun, order: RotateOrder): Promise<Begun | undefined> {
  const at = await lookAgain(begun, order);
  return at && at.rotation.behind.length > 0 ? at : undefined;
}

/** Hands the newest out to those who do not have it. Where the password before comes back as often as it is written, it stays, and is told. */
async function* handAgain(begun: Begun, order: Round): AsyncGenerator<Outcome> {
  const { behind, identity } = begun.rotation;
  if (order.again > 0) return void (yield* rotateOnce(begun, { ...order, settled: true, again: order.again - 1 }));
  for (const { to } of behind) {
    const says = `somebody gives ${namedThere(to)} the password of ${identity} back that another has taken the place of`;
    const hint = "whatever keeps the Secret as it was, such as a controller, has to get the new password too, or let it go";
    yield { change: { act: "keep", to, because: says }, error: new CliError("conflict", says, { hint }) };
  }
}

const isStale = ({ demand, entry }: Issue, { settled, ...limits }: Round): boolean =>
  demand.length === 0 && !settled && (limits.endsBy ?? limits.createdBy) !== undefined && notDue([{ entry }], limits).length === 0;

/** Says on each Secret's namespace that it was rotated. */
async function* tell(written: readonly Ref<"secret">[], { identity, members }: Found, tools: Tools) {
  const uids = new Map(members.map(({ to, metadata }) => [keyOf(to), metadata.uid]));
  const says = `got another password of ${identity}`;
  const plan: Plan = written.map((to) => ({ act: "report", to, uid: uids.get(keyOf(to)) ?? "", reason: "Rotated", says }));
  const bench = { tools, run: newRun(), seen: new Map() };
  yield* execute(plan, bench);
}

/** How long the password that is replaced is to work. */
function withEnd(entry: Entry, grace: Grace, now: Date): Entry {
  const { previous } = entry;
  if (!previous || grace === "next" || previous.until !== undefined) return entry;
  return { ...entry, previous: { ...previous, until: toSeconds(new Date(now.getTime() + grace)) } };
}
