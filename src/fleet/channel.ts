/** Results on their way from one worker to one reader, in order; an error is read in its place. */
export type Channel<T> = AsyncIterable<T> & { put(value: T): void; end(): void; fail(error: unknown): void };

export function openChannel<T>(): Channel<T> {
  const buffer: T[] = [];
  let ended: { readonly error?: unknown } | undefined;
  let wake = () => {};

  return {
    put: (value) => {
      buffer.push(value);
      wake();
    },
    end: () => {
      ended ??= {};
      wake();
    },
    fail: (error) => {
      ended ??= { error };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* buffer.splice(0);
        if (buffer.length > 0) continue;
        if (ended && "error" in ended) throw ended.error;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
