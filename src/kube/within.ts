import { CliError, Interrupted } from "../errors.ts";

/** The limits of a wait: a signal, or a number of milliseconds (0 means no limit). */
type Limits = { readonly signal: AbortSignal; readonly requestTimeout: number };

/** The longest delay of Node's timers, about 24 days. A longer one would end at once. They count whole milliseconds. */
const longest = 2 ** 31 - 1;

/**
 * Waits for work that may never end. `work` gets the signal that ends it. If it ignores the signal, it continues without a caller.
 * @throws CliError cancelled or timeout, or what `work` throws
 */
export function within<T>({ signal, requestTimeout }: Limits, work: (ends: AbortSignal) => Promise<T>): Promise<T> {
  const limit = requestTimeout > 0 ? AbortSignal.timeout(Math.min(Math.ceil(requestTimeout), longest)) : undefined;
  const ends = limit ? AbortSignal.any([signal, limit]) : signal;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      if (signal.aborted) return reject(cancelled());
      reject(limit?.aborted ? timedOut(requestTimeout) : error);
    };
    if (ends.aborted) return fail(ends.reason);
    const stop = () => fail(ends.reason);
    ends.addEventListener("abort", stop, { once: true });
    work(ends)
      .then(resolve, fail)
      .then(() => ends.removeEventListener("abort", stop));
  });
}

export const cancelled = () => new Interrupted("cancelled");

const timedOut = (milliseconds: number) =>
  new CliError("timeout", `Unable to connect to the server: no response within ${milliseconds / 1000}s`, {
    hint: "increase --request-timeout",
  });
