/** Results on their way from one worker to one reader, in order; an error is read in its place. */
export type Channel<T> = AsyncIterable<T> & { put(value: T): void; end(): void; fail(error: unknown): void };

type End = { readonly error?: unknown };

export function openChannel<T>(): Channel<T> {
  const buffer: T[] = [];
  let ended: End | undefined;
  let wake = () => {};
  const end = (how: End) => {
    ended ??= how;
    wake();
  };
  /** Waits until there is something to read, or nothing more will come. @throws what the worker failed with */
  const more = async (): Promise<boolean> => {
    while (buffer.length === 0 && !ended) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (buffer.length === 0 && ended && "error" in ended) throw ended.error;
    return buffer.length > 0;
  };

  return {
    put: (value) => {
      buffer.push(value);
      wake();
    },
    end: () => end({}),
    fail: (error) => end({ error }),
    async *[Symbol.asyncIterator]() {
      while (await more()) yield* buffer.splice(0);
    },
  };
}
