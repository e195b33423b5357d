import { type Row, time } from "./report.ts";

export type Way = "ours" | "theirs";

/** Two ways to reach the same result, and the budget for the plugin's time. */
export type Comparison = {
  readonly name: string;
  /** The other way: `kubectl`. */
  readonly other: string;
  /** The maximum ratio of the plugin's time to the other way's time. */
  readonly budget: number;
  readonly runs: number;
  /** Runs before the measured ones. */
  readonly warmUp: number;
  /** Prepares one way in run number `run`. Not measured. */
  prepare?(run: number, way: Way): Promise<void>;
  ours(run: number): Promise<void>;
  theirs(run: number): Promise<void>;
  /** Runs after the time of one way is measured. */
  after?(run: number, way: Way): Promise<void>;
};

/**
 * Runs both ways in turns, and alternates which one starts. The figure is the median of the ratios of all pairs of runs, because a change
 * of load affects both runs of a pair.
 */
export async function compare(comparison: Comparison): Promise<Row> {
  const { name, other, budget, runs, warmUp } = comparison;
  const took = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < warmUp + runs; run++) {
    for (const way of run % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const)) {
      await comparison.prepare?.(run, way);
      const began = performance.now();
      await comparison[way](run);
      if (run >= warmUp) took[way].push(performance.now() - began);
      await comparison.after?.(run, way);
    }
  }
  const figure = median(took.ours.map((milliseconds, run) => milliseconds / (took.theirs[run] ?? Number.NaN)));
  return { what: name, runs, ours: time(median(took.ours)), other: `${time(median(took.theirs))} ${other}`, figure, budget };
}

/** Returns the median. @throws RangeError for an empty list */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("there is no median of no numbers");
  return (low + high) / 2;
}
