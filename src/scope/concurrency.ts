/** How many items may be started and not completely read, for each item that may run. A slow item delays those after it. */
const ahead = 4;

type Bounds = {
  /** Returns the maximum number of items that run concurrently. It is called before each item. */
  width(): number;
  /** Whether no further item may start. Running items finish. */
  halted(): boolean;
};

/** The results of one item that were not read yet. */
type Lane<Result> = { readonly results: Result[]; ended: boolean; failure?: { readonly error: unknown } };

type Signal = { wait(): Promise<void>; notify(): void };

/**
 * Processes several items concurrently, and yields their results in the order of the items: first those of the first item, then those of
 * the second. Each result is yielded as soon as it is known. An error of an item is thrown at its position and ends the iteration.
 */
export async function* over<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { width, halted }: Bounds,
  work: (item: Item) => AsyncIterable<Result>,
): AsyncGenerator<Result> {
  const lanes: Lane<Result>[] = [];
  const signal = newSignal();
  let isComplete = false;
  let isStopped = false;
  const isFull = () => lanes.filter(({ ended }) => !ended).length >= width() || lanes.length >= width() * ahead;

  async function runAll(): Promise<void> {
    for await (const item of items) {
      while (!isStopped && isFull()) await signal.wait();
      if (isStopped || halted()) return;
      const lane: Lane<Result> = { results: [], ended: false };
      lanes.push(lane);
      fill(lane, () => work(item), signal);
    }
  }

  runAll()
    .catch((error: unknown) => lanes.push({ results: [], ended: true, failure: { error } }))
    .finally(() => {
      isComplete = true;
      signal.notify();
    });
  try {
    yield* inOrder(lanes, () => isComplete, signal);
  } finally {
    isStopped = true;
    signal.notify();
  }
}

function newSignal(): Signal {
  let next = Promise.withResolvers<void>();
  return {
    wait: () => next.promise,
    notify: () => {
      next.resolve();
      next = Promise.withResolvers();
    },
  };
}

async function fill<Result>(lane: Lane<Result>, work: () => AsyncIterable<Result>, { notify }: Signal): Promise<void> {
  try {
    for await (const result of work()) {
      lane.results.push(result);
      notify();
    }
  } catch (error) {
    lane.failure = { error };
  }
  lane.ended = true;
  notify();
}

const isReady = <Result>(lane: Lane<Result> | undefined): lane is Lane<Result> =>
  lane !== undefined && (lane.ended || lane.results.length > 0);

async function* inOrder<Result>(lanes: Lane<Result>[], isComplete: () => boolean, { wait, notify }: Signal): AsyncGenerator<Result> {
  while (lanes.length > 0 || !isComplete()) {
    const [lane] = lanes;
    if (!isReady(lane)) await wait();
    else if (lane.results.length > 0) yield* lane.results.splice(0);
    else if (lane.failure) throw lane.failure.error;
    else {
      lanes.shift();
      notify();
    }
  }
}

/**
 * Returns the same items, and starts fetching the first one immediately. If the items are never read, the first item and its error are
 * discarded.
 */
export function prefetch<Item>(items: AsyncIterable<Item>): AsyncIterable<Item> {
  const source = items[Symbol.asyncIterator]();
  const first = source.next();
  first.catch(() => undefined);
  return rest(source, first);
}

async function* rest<Item>(source: AsyncIterator<Item>, first: Promise<IteratorResult<Item>>): AsyncGenerator<Item> {
  try {
    for (let next = await first; !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}

/**
 * Waits for concurrent reads. If several fail, throws the error of the first one in this order, not of the first one to fail. Therefore
 * every run reports the same error.
 */
export async function together<const Reads extends readonly unknown[]>(reads: Reads) {
  const ends = await Promise.allSettled(reads);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return Promise.all(reads);
}
