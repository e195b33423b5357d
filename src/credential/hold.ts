import { CliError, Interrupted, isLost } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import { type Decide, type Edited, edit } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import type { Login } from "../registry/port.ts";
import { waitingFor } from "../retry.ts";
import { loginOf } from "../secret/login.ts";
import { type Claim, type Copies, type Credential, claimOf, copiesOf, credentialOf, type Intent } from "../secret/record.ts";
import {
  abandoning,
  type By,
  Claimed,
  type Claiming,
  claiming,
  claimLasts,
  extending,
  requestLimit,
  StartAgain,
  type Storing,
  storing,
} from "../secret/source.ts";
import { toSeconds } from "../timestamp.ts";
import type { Tools } from "../tools.ts";
import { nameInPlace } from "../wording.ts";

/** A source that this run has claimed, as it last wrote it. If another client has written it since, the next write fails. */
export type Hold = {
  readonly to: Ref<"secret">;
  readonly tools: Tools;
  object: Secret | undefined;
  credential: Credential | undefined;
  login: Login | undefined;
  copies: Copies;
  claim: Claim | undefined;
  /** The claim's run created the Secret. */
  isNew: boolean;
  /** Another run had claimed the Secret, so what this run read before may be old. */
  readonly hasWaited: boolean;
  /** A write of the claim that is under way. */
  extension?: Promise<unknown> | undefined;
};

/** What one run of a verb on one source has left behind so far, over all its attempts. */
export type Attempts = {
  readonly to: Ref<"secret">;
  isClaimed: boolean;
  /** A request to Azure was under way when the run was interrupted, so the claim stays until it ends. */
  hasOpenRequest: boolean;
  /** How long the run has waited for claims so far, in milliseconds, by namespace. Rotations of several sources share it. */
  readonly waited: Map<string, number>;
};

const most = 10;

/**
 * Runs a verb on a source, and again if another run has come first or if Azure did not answer. A verb decides by what it reads, so it can
 * start again after any of its requests. In the end its claim is removed, unless the run is killed.
 * @throws CliError of the last attempt
 */
export async function* restarting(
  to: Ref<"secret">,
  tools: Tools,
  attempt: (attempts: Attempts) => AsyncGenerator<Outcome>,
  waited = new Map<string, number>(),
): AsyncGenerator<Outcome> {
  const attempts: Attempts = { to, isClaimed: false, hasOpenRequest: false, waited };
  const seen = new Set<string>();
  for (let count = 1; ; count++) {
    const error = yield* unlessSeen(attempt(attempts), seen);
    if (error === undefined) return;
    if (error instanceof StartAgain && !tools.interrupted() && count < most) continue;
    if (attempts.isClaimed && !attempts.hasOpenRequest) await giveUp(to, tools);
    throw error;
  }
}

/** Yields what an attempt did, without what an earlier one has said about the same object. @returns the error that ended it */
async function* unlessSeen(outcomes: AsyncIterable<Outcome>, seen: Set<string>): AsyncGenerator<Outcome, unknown> {
  try {
    for await (const outcome of outcomes) {
      const isKnown = outcome.result === "unchanged" && seen.has(keyOf(outcome.to));
      if (outcome.result !== undefined) seen.add(keyOf(outcome.to));
      if (!isKnown) yield outcome;
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Ends the run's claim. If this fails too, the claim ends by itself. */
const giveUp = (to: Ref<"secret">, tools: Tools) =>
  tools
    .uninterrupted(() => edit(to, abandoning(byOf(tools)), tools))
    .catch((error: unknown) => {
      if (!(error instanceof CliError)) throw error;
    });

export const byOf = (tools: Tools): By => ({ run: tools.runId, now: tools.cluster().now(), isDry: tools.dryRun !== "none" });

/** How long to wait for the claims of other runs on one Secret, in milliseconds. */
const longestWait = 5 * 60_000;
/** The same for all Secrets of a namespace: anyone there can claim thousands of Secrets. */
const longestSum = 2 * longestWait;

/**
 * Claims a source. Waits for the end of another run's claim, looking again after ever longer pauses.
 * @throws Claimed after five minutes; CliError if the Secret can't be the source
 */
export async function claim(attempts: Attempts, order: Claiming, tools: Tools): Promise<Hold> {
  const { to, waited } = attempts;
  const { namespace = "" } = to;
  const last = tools.cluster().now() + (tools.claimWait ?? longestWait);
  let isTold = false;
  for (let pause = 1_000; ; pause = Math.min(2 * pause, 15_000)) {
    // By the clock at the decision: with an older time, the claim of a run whose clock is ahead would look void
    const claimed = await edit(to, (old) => claiming(to, byOf(tools), order)(old), tools).catch(orClaimed);
    if (!(claimed instanceof Claimed)) {
      attempts.isClaimed = true;
      return { to, tools, isNew: claimOf(claimed.object)?.created === true, hasWaited: isTold, ...stateOf(claimed.object) };
    }
    const now = tools.cluster().now();
    const sum = waited.get(namespace) ?? 0;
    if (now >= last || sum >= longestSum || tools.interrupted()) throw claimed;
    if (!isTold) tools.inform(`${nameInPlace(to)}: waiting for another run, whose claim ends at ${toSeconds(new Date(claimed.until))}`);
    isTold = true;
    const wait = Math.max(100, Math.min(pause, claimed.until - now));
    waited.set(namespace, sum + wait);
    await tools.sleep(wait);
  }
}

function orClaimed(error: unknown): Claimed {
  if (error instanceof Claimed) return error;
  throw error;
}

function stateOf(object: Secret | undefined) {
  const credential = credentialOf(object);
  const login = credential && loginOf(object, credential.host);
  return { object, credential, login, copies: copiesOf(object), claim: claimOf(object) };
}

/** Writes the source while this run holds it. @throws StartAgain if another run has taken over */
export async function writeSource(hold: Hold, decide: Decide<"secret">): Promise<Edited<"secret">> {
  const { to, tools } = hold;
  const edited = await edit(to, decide, tools);
  if (tools.dryRun === "none") Object.assign(hold, stateOf(edited.object));
  return edited;
}

/** Writes the record, and the login that it describes, in one write. */
export async function store(hold: Hold, of: Storing, options?: { readonly endsClaim: boolean }): Promise<Edited<"secret">> {
  const edited = await writeSource(hold, storing(hold.to, byOf(hold.tools), of, options));
  Object.assign(hold, { credential: of.credential, login: of.login, copies: of.copies ?? hold.copies });
  return edited;
}

/** How long the run's claim lasts, in milliseconds. */
export function timeLeft({ claim, tools }: Hold): number {
  if (tools.dryRun !== "none") return claimLasts;
  return claim?.run === tools.runId ? Date.parse(claim.until) - tools.cluster().now() : 0;
}

/** Makes the claim last for some more requests. Concurrent callers share one write. */
export async function extend(hold: Hold): Promise<void> {
  if (timeLeft(hold) >= (claimLasts + requestLimit) / 2) return;
  hold.extension ??= writeSource(hold, extending(byOf(hold.tools))).finally(() => {
    hold.extension = undefined;
  });
  await hold.extension;
}

/** Notes the slot that is about to be filled, or that none is. */
export const noteIntent = (hold: Hold, intent: Omit<Intent, "until"> | "none") => writeSource(hold, extending(byOf(hold.tools), intent));

/**
 * Sends a request that changes Azure, which has no preconditions, while the claim lasts. If the response is lost, waits until the request
 * can't be applied any more: later, it would end what the next attempt makes.
 * @throws StartAgain if the claim may end before the request is applied, or if the response is lost
 */
export async function sendToAzure<T>(hold: Hold, attempts: Attempts, send: () => Promise<T>): Promise<T> {
  const { tools } = hold;
  await extend(hold);
  if (timeLeft(hold) < requestLimit) throw new StartAgain("the claim is ending");
  const sent = tools.cluster().now();
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof CliError) || !isLost(error)) throw error;
    attempts.hasOpenRequest = error instanceof Interrupted;
    if (attempts.hasOpenRequest) throw error;
    const wait = sent + requestLimit - tools.cluster().now();
    const why = waitingFor(wait, "it did not answer, and may still apply the request");
    await tools.during(why, () => tools.sleep(Math.max(0, wait), why));
    throw new StartAgain(error.message, error);
  }
}
