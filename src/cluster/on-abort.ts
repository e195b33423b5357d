/** Who waits for a signal, each in a slot of its own, and the slots that are free. */
type Waiting = { readonly stops: ((() => void) | undefined)[]; readonly free: number[] };

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `stop` when the signal aborts. One listener a signal, however many wait: what is taken out of Node's list of listeners, or of
 * a Set, goes on pointing at what came later, so that thousands of requests in a row would keep each other's garbage alive.
 * @returns what takes it back
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
