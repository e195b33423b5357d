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
    const forget = onAbort(ends, () => fail(ends.reason));
    work(ends).then(resolve, fail).then(forget);
  });
}

export const cancelled = () => new Interrupted("cancelled");

const timedOut = (milliseconds: number) =>
  new CliError("timeout", `Unable to connect to the server: no response within ${milliseconds / 1000}s`, {
    hint: "increase --request-timeout",
  });

/** The callbacks that wait for a signal, each in its own slot, and the free slots. */
type Waiting = { readonly stops: ((() => void) | undefined)[]; readonly free: number[] };

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `stop` when the signal aborts. Uses one listener per signal, however many callers wait. An element that is removed from Node's list
 * of listeners, or from a Set, keeps a reference to later elements. So thousands of requests in a row would keep each other's garbage in
 * memory.
 * @returns a function that removes the callback
 */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  const { stops, free } = waiting.get(signal) ?? listenTo(signal);
  const slot = free.pop() ?? stops.length;
  stops[slot] = stop;
  return () => {
    if (stops[slot] !== stop) return;
    stops[slot] = undefined;
    free.push(slot);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const all: Waiting = { stops: [], free: [] };
  waiting.set(signal, all);
  signal.addEventListener("abort", () => all.stops.forEach((stop) => void stop?.()), { once: true });
  return all;
}
