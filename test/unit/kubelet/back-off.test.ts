import fc from "fast-check";
import { expect, test } from "vitest";
import { retryWithin } from "../../../src/kubelet/back-off.ts";

const began = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(began.getTime() + seconds * 1000);
const within = (seconds: number) => retryWithin(began, after(seconds)) / 1000;

test.for([
  { waits: -60, seconds: 26, why: "clocks that differ" },
  { waits: 0, seconds: 26, why: "the first failure is followed by 10 s" },
  { waits: 9.9, seconds: 26 },
  { waits: 10, seconds: 36, why: "the second by 20 s" },
  { waits: 29.9, seconds: 36 },
  { waits: 30, seconds: 56 },
  { waits: 70, seconds: 96 },
  { waits: 149.9, seconds: 96 },
  { waits: 150, seconds: 176 },
  { waits: 309.9, seconds: 176 },
  { waits: 310, seconds: 316, why: "never more than 300 s" },
  { waits: 86_400 * 365, seconds: 316 },
])("who waits for $waits s has at most $seconds s to wait", ({ waits, seconds }) => {
  expect(within(waits)).toBe(seconds);
});

// Seconds until a pod's Secret was fixed, and until a real kubelet (1.34, containerd 1.7) then ran the pod.
test.for([
  { mended: 15, took: 1.1 },
  { mended: 45, took: 46.3 },
  { mended: 60, took: 31.3 },
  { mended: 100, took: 2.3 },
  { mended: 200, took: 144 },
  { mended: 205, took: 132.9 },
  { mended: 420, took: 236.8 },
])("a pod that was mended after $mended s did run after $took s", ({ mended, took }) => {
  expect(took).toBeLessThanOrEqual(within(mended));
});

/** Yields the times of a kubelet's pulls. `takes` are the durations of pulls, `late` how much later than 10 s each check occurs. */
function* pulls(takes: readonly number[], late: readonly number[]): Generator<{ from: number; to: number }> {
  let at = 0;
  let failed: { readonly at: number; readonly backOff: number } | undefined;
  for (let looks = 0; looks < 500; looks++) {
    if (!failed || at - failed.at >= failed.backOff) {
      const to = at + (takes[looks % takes.length] ?? 0);
      yield { from: at, to };
      failed = { at: to, backOff: Math.min(failed ? 2 * failed.backOff : 10, 300) };
      at = to;
    }
    at += 10 + (late[looks % late.length] ?? 0);
  }
}

test("no kubelet takes longer, whatever a pull takes and however its looks come", () => {
  const some = (max: number) => fc.array(fc.double({ min: 0, max, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(some(30), some(6), (takes, late) => {
      const all = [...pulls(takes, late)];
      for (const [index, { to }] of all.entries()) {
        const next = all[index + 1];
        if (next) expect(next.from - to).toBeLessThanOrEqual(within(to) + 1e-6);
      }
      expect(all.length).toBeGreaterThan(8);
    }),
  );
});
