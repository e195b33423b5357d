import fc from "fast-check";
import { expect, test } from "vitest";
import { retryWithin } from "../../../src/kubelet/back-off.ts";

const start = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000);
const within = (seconds: number) => retryWithin(start, after(seconds)) / 1000;

test.for([
  { waits: -60, seconds: 26, why: "the clocks differ" },
  { waits: 0, seconds: 26, why: "the first back-off is 10 s" },
  { waits: 9.9, seconds: 26 },
  { waits: 10, seconds: 36, why: "the second back-off is 20 s" },
  { waits: 29.9, seconds: 36 },
  { waits: 30, seconds: 56 },
  { waits: 70, seconds: 96 },
  { waits: 149.9, seconds: 96 },
  { waits: 150, seconds: 176 },
  { waits: 309.9, seconds: 176 },
  { waits: 310, seconds: 316, why: "the maximum back-off is 300 s" },
  { waits: 86_400 * 365, seconds: 316 },
])("returns $seconds s after a wait of $waits s", ({ waits, seconds }) => {
  expect(within(waits)).toBe(seconds);
});

// Seconds until a pod's Secret was fixed, and until a real kubelet (1.34, containerd 1.7) then ran the pod.
test.for([
  { fixedAfter: 15, took: 1.1 },
  { fixedAfter: 45, took: 46.3 },
  { fixedAfter: 60, took: 31.3 },
  { fixedAfter: 100, took: 2.3 },
  { fixedAfter: 200, took: 144 },
  { fixedAfter: 205, took: 132.9 },
  { fixedAfter: 420, took: 236.8 },
])("returns at least the measured $took s when the Secret was fixed after $fixedAfter s", ({ fixedAfter, took }) => {
  expect(took).toBeLessThanOrEqual(within(fixedAfter));
});

/** Yields the times of a kubelet's pulls. `takes` are the durations of pulls, `delays` how much later than 10 s each check occurs. */
function* pulls(takes: readonly number[], delays: readonly number[]): Generator<{ from: number; to: number }> {
  let at = 0;
  let failed: { readonly at: number; readonly backOff: number } | undefined;
  for (let checks = 0; checks < 500; checks++) {
    if (!failed || at - failed.at >= failed.backOff) {
      const to = at + (takes[checks % takes.length] ?? 0);
      yield { from: at, to };
      failed = { at: to, backOff: Math.min(failed ? 2 * failed.backOff : 10, 300) };
      at = to;
    }
    at += 10 + (delays[checks % delays.length] ?? 0);
  }
}

test("returns at least the kubelet's wait for any duration of pulls and checks", () => {
  const some = (max: number) => fc.array(fc.double({ min: 0, max, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(some(30), some(6), (takes, delays) => {
      const all = [...pulls(takes, delays)];
      for (const [index, { to }] of all.entries()) {
        const next = all[index + 1];
        if (next) expect(next.from - to).toBeLessThanOrEqual(within(to) + 1e-6);
      }
      expect(all.length).toBeGreaterThan(8);
    }),
  );
});
