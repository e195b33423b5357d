import { inWords, minute } from "./duration.ts";
import type { Sleep } from "./env.ts";
import { Busy, linesIn, NotYet } from "./errors.ts";

/** `wait`: how long Azure may take to replicate a new object, in milliseconds. */
type RetryOptions = { readonly wait: number; readonly sleep: Sleep };

/** How long Azure may not know an object everywhere, or a registry a password, in milliseconds. */
export const youngAge = 10 * minute;

/** Whether one refusal may be chance. @param at when the object was made, RFC 3339 @param now in milliseconds */
export const isYoung = (at: string | undefined, now: number): boolean => now - Date.parse(at ?? "") < youngAge;

/** How long `delete` and `prune`, which have no --wait, retry a rejected deletion, in milliseconds. */
export const deletionWait = 60_000;

/** Says what a run waits for, and for how long at most. @param why the message that may be temporary */
export const waitingFor = (wait: number, why: string): string => `waiting up to ${inWords(wait)} for Azure: ${linesIn(why)[0]}`;

/**
 * Retries while Azure replicates an object that this run created, and while Azure rejects a write because of a concurrent one. Stops if
 * Azure asks for a pause that exceeds the wait.
 */
export async function retryWhileReplicating<T>(isNew: boolean, { wait, sleep }: RetryOptions, work: () => Promise<T>): Promise<T> {
  let waited = 0;
  for (const step of pausesOf(wait)) {
    try {
      return await work();
    } catch (error) {
      const most = error instanceof NotYet ? Math.min(wait, error.most) : wait;
      const pause = pauseAfter(error, isNew, Math.min(step, most - waited));
      if (pause === undefined || pause > most - waited || waited >= most) throw error;
      waited += pause;
      await sleep(pause, waitingFor(most, String((error as Error).message)));
    }
  }
  return work();
}

/** Returns the milliseconds until a retry; undefined if a retry can't change the error. */
function pauseAfter(error: unknown, isNew: boolean, step: number): number | undefined {
  if (error instanceof Busy) return Math.max(step, error.retryAfter ?? 0);
  return isNew && error instanceof NotYet ? step : undefined;
}

/**
 * Asks until an answer is final, or until the waiting time is over.
 * @param whyNot why an answer may be temporary; undefined for a final one
 * @param pauses between two requests, in milliseconds
 * @returns the last answer
 */
export async function askUntilFinal<T>(
  { wait, sleep }: RetryOptions,
  ask: () => Promise<T>,
  whyNot: (answer: T) => string | undefined,
  pauses: Iterable<number> = pausesOf(wait),
): Promise<T> {
  for (const pause of pauses) {
    const answer = await ask();
    const why = whyNot(answer);
    if (why === undefined) return answer;
    await sleep(pause, waitingFor(wait, why));
  }
  return ask();
}

/** Yields the pauses between attempts, in milliseconds. They grow to five seconds, and their sum is `whole`. */
export function* pausesOf(whole: number): Generator<number> {
  let pause = 1000;
  for (let left = whole; left > 0; left -= pause, pause = Math.min(2 * pause, 5000)) {
    pause = Math.min(pause, left);
    yield pause;
  }
}
