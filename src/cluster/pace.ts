export type Pace = {
  readonly width: number;
  /** Runs a request when its turn comes. `measured`: it is one of many similar requests, so its time shows the load of the server. */
  run<T extends { readonly status: number }>(request: () => Promise<T>, measured: boolean): Promise<T>;
};

const first = 8;
const most = 64;

/** More queued requests at the server than `long` shrink the width, fewer than `short` increase it (TCP Vegas: beta and alpha). */
const long = 24;
const short = 8;

/**
 * A width that follows the server: it grows while responses are as fast as the fastest, and shrinks when they queue. A 429 halves it. The
 * queue is estimated as in TCP Vegas: width × (1 - quickest / usual time).
 *
 * @param fixed a width that does not change
 */
export function openPace({ fixed, now }: { readonly fixed?: number | undefined; now(): number }): Pace {
  let width = fixed ?? first;
  let active = 0;
  const waiting: (() => void)[] = [];
  let quickest = Number.POSITIVE_INFINITY;
  let usual = 0;
  let seen = 0;

  /** Decides once per round: after as many responses as there are concurrent requests. */
  function learn(milliseconds: number): void {
    quickest = Math.min(quickest, milliseconds);
    usual = usual === 0 ? milliseconds : usual * 0.9 + milliseconds * 0.1;
    seen++;
    if (seen < width) return;
    seen = 0;
    const queued = width * (1 - quickest / usual);
    if (queued < short) width = Math.min(most, width + 2);
    else if (queued > long) width = Math.max(first, width - 1);
  }

  function slowDown(): void {
    width = Math.max(1, Math.floor(width / 2));
    seen = 0;
  }

  const turn = () => new Promise<void>((resolve) => waiting.push(resolve));

  /** A waiting request counts as active at once, although it starts a moment later. */
  function done(): void {
    active--;
    for (; active < width && waiting.length > 0; active++) waiting.shift()?.();
  }

  return {
    get width() {
      return width;
    },
    run: async (request, measured) => {
      if (active < width) active++;
      else await turn();
      const began = now();
      try {
        const answer = await request();
        if (fixed === undefined && answer.status === 429) slowDown();
        else if (fixed === undefined && measured) learn(now() - began);
        return answer;
      } finally {
        done();
      }
    },
  };
}
