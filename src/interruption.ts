/** How a run is stopped, and what it may still do then. */
export type Interruption = {
  /** What ends a request or a wait that begins now. @param writes it changes something, so it gets some time to come to its end */
  signal(writes?: boolean): AbortSignal;
  /** Nothing more is to be begun. */
  readonly halted: boolean;
  /** Runs what an interruption must not end, such as taking back what was made; it has a bound of its own. */
  unhalted<T>(work: () => Promise<T>): Promise<T>;
};

/** Milliseconds that a write under way gets. */
const grace = 5000;

/** Milliseconds for what must not be interrupted. */
const bound = 60_000;

/** @returns with `interrupt`, what Ctrl-C calls */
export function openInterruption(): Interruption & { interrupt(): void } {
  const soft = new AbortController();
  const hard = new AbortController();
  let fresh: AbortSignal | undefined;
  let uses = 0;

  return {
    signal: (writes = false) => fresh ?? (writes ? hard : soft).signal,
    get halted() {
      return soft.signal.aborted;
    },
    interrupt: () => {
      soft.abort();
      setTimeout(() => hard.abort(), grace).unref();
    },
    unhalted: async (work) => {
      uses++;
      fresh ??= AbortSignal.timeout(bound);
      try {
        return await work();
      } finally {
        uses--;
        if (uses === 0) fresh = undefined;
      }
    },
  };
}
