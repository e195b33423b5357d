import { limits } from "./limits.ts";

/** How many items may be started and not completely read, for each item that may run. A slow item delays those after it. */
const ahead = 4;

/**
 * Processes items concurrently and yields their results in the order of the items, each as soon as it is known. An error of an item is
 * thrown at its position and ends the iteration.
 * @param bounds `width`: the maximum number of items that run concurrently. `interrupted`: whether no further item may start. Running items
 * finish
 */
export async function* runConcurrently<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { width = limits.cluster, interrupted }: { readonly width?: number; interrupted(): boolean },
  work: (item: Item) => AsyncIterable<Result>,
): AsyncGenerator<Result> {
  /** The results of each started item that were not read yet. */
  const lanes: { readonly results: Result[]; ended: boolean; failure?: { readonly error: unknown } }[] = [];
  let isComplete = false;
  let isStopped = false;
  let change = Promise.withResolvers<void>();

  startAll()
    .catch((error: unknown) => lanes.push({ results: [], ended: true, failure: { error } }))
    .finally(() => {
      isComplete = true;
      notify();
    });
  try {
    while (lanes.length > 0 || !isComplete) yield* await readFirst();
  } finally {
    isStopped = true;
    notify();
  }

  async function startAll(): Promise<void> {
    const isFull = () => lanes.filter(({ ended }) => !ended).length >= width || lanes.length >= width * ahead;
    for await (const item of items) {
      while (!isStopped && isFull()) await change.promise;
      if (isStopped || interrupted()) return;
      run(item);
    }
  }

  async function run(item: Item): Promise<void> {
    const lane: (typeof lanes)[number] = { results: [], ended: false };
    lanes.push(lane);
    try {
      for await (const result of work(item)) {
        lane.results.push(result);
        notify();
      }
    } catch (error) {
      lane.failure = { error };
    }
    lane.ended = true;
    notify();
  }

  /** Returns the results of the first lane, or waits for a change if it has none. Removes the lane at its end. */
  async function readFirst(): Promise<readonly Result[]> {
    const [lane] = lanes;
    const results = lane?.results.splice(0) ?? [];
    if (results.length > 0) return results;
    if (lane?.failure) throw lane.failure.error;
    if (lane?.ended) {
      lanes.shift();
      notify();
    } else await change.promise;
    return [];
  }

  function notify(): void {
    change.resolve();
    change = Promise.withResolvers();
  }
}

/**
 * Maps items, at most `width` of them concurrently. Returns the results in the order of the items. After an error no further item starts,
 * and the error is thrown when the running items have ended.
 */
export async function mapConcurrently<Item, Result>(items: readonly Item[], width: number, work: (item: Item) => Promise<Result>) {
  const results: Result[] = [];
  const waiting = items.entries();
  const runWaiting = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  // After an error, the items that wait are dropped
  await awaitAll(Array.from({ length: Math.min(width, items.length) }, () => runWaiting().finally(() => waiting.toArray())));
  return results;
}

/** Yields the same items, and fetches the next one while the caller uses one. Its error is thrown when it is read. */
export async function* prefetch<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  const source = items[Symbol.asyncIterator]();
  const fetchNext = () => {
    const next = source.next();
    next.catch(() => undefined);
    return next;
  };
  try {
    for (let next = fetchNext(); ; ) {
      const { done, value } = await next;
      if (done) return;
      next = fetchNext();
      yield value;
    }
  } finally {
    await source.return?.();
  }
}

/**
 * Waits for concurrent reads. If several fail, throws the error of the first one in this order, not of the first one to fail. Therefore
 * every run reports the same error.
 */
export async function awaitAll<const Reads extends readonly unknown[]>(reads: Reads) {
  const ends = await Promise.allSettled(reads);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return Promise.all(reads);
}

/** Calls a function at the first use, and shares its result with every call. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function memoize<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}
