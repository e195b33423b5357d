/** How many requests are under way at once. */
export type Pace = {
  readonly width: number;
  /** Runs a request when its turn comes. `measured`: it is one of many alike, so that its time tells how the server is doing. */
  run<T extends { readonly status: number }>(request: () => Promise<T>, measured: boolean): Promise<T>;
};

const first = 8;
const most = 64;

/** Requests that may queue at the server before the width shrinks, and below which it grows (TCP Vegas: beta and alpha). */
const long = 24;
const short = 8;

/**
 * A width that follows the server: it grows while answers come as quickly as the quickest did, and shrinks when they queue;
 * 429 halves it. What queues is estimated as TCP Vegas does: width × (1 - quickest / usual time).
 *
 * @param fixed a width that stays as it is
 */
export function openPace({ fixed, now }: { readonly fixed?: number | undefined; now(): number }): Pace {
  let width = fixed ?? first;
  let active = 0;
  const waiting: (() => void)[] = [];
  let quickest = Number.POSITIVE_INFINITY;
  let usual = 0;
  let seen = 0;

  /** Decides once a round: after as many answers as are under way at once. */
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

  /** Whose turn it is counts from now on: it runs a moment later. */
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
