import { Busy, NotYet } from "../errors.ts";

/** How long Azure is given, in milliseconds, to hear everywhere of what was made a moment ago. */
export type Patience = { readonly wait: number; sleep(milliseconds: number): Promise<void> };

/** How long `delete` and `prune`, which have no --wait, retry a refused deletion. Milliseconds. */
export const deletionWait = 60_000;

/**
 * Retries while Azure has not heard of what the work is about, if this run made that, and while Azure refuses a write because of
 * another one. A retry that Azure asks to delay beyond the wait is not made.
 */
export async function patiently<T>(isNew: boolean, { wait, sleep }: Patience, work: () => Promise<T>): Promise<T> {
  let left = wait;
  for (const step of pausesOf(wait)) {
    try {
      return await work();
    } catch (error) {
      const pause = pauseAfter(error, isNew, Math.min(step, left));
      if (pause === undefined || pause > left || left <= 0) throw error;
      left -= pause;
      await sleep(pause);
    }
  }
  return work();
}

/** Milliseconds until a retry; undefined for an error that a retry does not change. */
function pauseAfter(error: unknown, isNew: boolean, step: number): number | undefined {
  if (error instanceof Busy) return Math.max(step, error.retryAfter ?? 0);
  return isNew && error instanceof NotYet ? step : undefined;
}

/** Looks until something is seen, or for as long as that. */
export async function seen<T>({ wait, sleep }: Patience, look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const pause of pausesOf(wait)) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(pause);
  }
  return look();
}

/** Pauses between tries, which grow to five seconds and come to a whole of so many milliseconds. */
export function* pausesOf(whole: number): Generator<number> {
  let pause = 1000;
  for (let left = whole; left > 0; left -= pause, pause = Math.min(2 * pause, 5000)) {
    pause = Math.min(pause, left);
    yield pause;
  }
}
