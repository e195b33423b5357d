/** What one worker has given and the reader may not have yet, and how it ended. */
export type Lane<T> = { readonly results: T[]; end?: End };

export type End = { readonly error?: unknown };

/**
 * Results of several workers for one reader: those of the first worker as they come, then those of the second, and so on. There are
 * thousands of lanes in a run, so a lane is plain data.
 */
export type Lanes<T> = {
  /** Opens the lane of the next worker. */
  open(): Lane<T>;
  put(lane: Lane<T>, result: T): void;
  /** @param how with the error that is read in this place and ends it all, if there is one */
  end(lane: Lane<T>, how?: End): void;
  /** No further lane is opened. */
  close(): void;
  /** Waits for results. @returns false where none will come any more @throws the error whose turn it is */
  more(): Promise<boolean>;
  /** What may be read now: who reads it takes it out. */
  readonly due: T[];
  /** Lanes and results that are not read to the end yet. */
  unread(): number;
};

export function openLanes<T>(): Lanes<T> {
  const due: T[] = [];
  const lanes: Lane<T>[] = [];
  let closed: End | undefined;
  let ring = () => {};

  /** Lets through what is due. */
  function settle(): void {
    for (let first = lanes[0]; first; first = lanes[0]) {
      due.push(...first.results.splice(0));
      if (!first.end || "error" in first.end) break;
      lanes.shift();
    }
    ring();
  }

  const last = (): End | undefined => (lanes.length === 0 ? closed : lanes[0]?.end);

  return {
    due,
    open: () => {
      const lane: Lane<T> = { results: [] };
      lanes.push(lane);
      return lane;
    },
    put: (lane, result) => {
      lane.results.push(result);
      if (lanes[0] === lane) settle();
    },
    end: (lane, how = {}) => {
      lane.end = how;
      if (lanes[0] === lane) settle();
    },
    close: () => {
      closed = {};
      settle();
    },
    more: async () => {
      while (due.length === 0 && !last()) {
        await new Promise<void>((resolve) => {
          ring = resolve;
        });
      }
      return due.length > 0 || hasEnded(last());
    },
    // No getter: an object with one has a shape of its own, which keeps all of it alive until the next full collection
    unread: () => lanes.length + due.length,
  };
}

/** @returns false: nothing more will come @throws the error that it ended with */
function hasEnded(end: End | undefined): false {
  if (end && "error" in end) throw end.error;
  return false;
}
