/** The interruption of a run. */
export type Interruption = {
  /** Aborts a request or a wait that starts now. @param writes it changes something, so it gets some time to complete */
  signal(writes?: boolean): AbortSignal;
  /** Nothing more may be started. */
  readonly interrupted: boolean;
  /** Runs work that an interruption must not end, such as a rollback. The work has a time limit of its own. */
  uninterrupted<T>(work: () => Promise<T>): Promise<T>;
};

/** Milliseconds that a write in progress gets after an interruption. */
const grace = 5000;

/** Milliseconds for work that must not be interrupted. */
const maxUninterrupted = 60_000;

/** @returns with `interrupt`, which Ctrl-C calls */
export function openInterruption(): Interruption & { interrupt(): void } {
  const soft = new AbortController();
  const hard = new AbortController();
  let fresh: AbortSignal | undefined;
  let uses = 0;

  return {
    signal: (writes = false) => fresh ?? (writes ? hard : soft).signal,
    get interrupted() {
      return soft.signal.aborted;
    },
    interrupt: () => {
      soft.abort();
      setTimeout(() => hard.abort(), grace).unref();
    },
    uninterrupted: async (work) => {
      uses++;
      fresh ??= AbortSignal.timeout(maxUninterrupted);
      try {
        return await work();
      } finally {
        uses--;
        if (uses === 0) fresh = undefined;
      }
    },
  };
}
