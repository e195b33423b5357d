import { type Row, time } from "./report.ts";

export type Way = "ours" | "theirs";

/** Two ways to the same end, and how much longer ours may take. */
export type Comparison = {
  readonly name: string;
  /** Who does it the other way: `kubectl`. */
  readonly beside: string;
  /** The most that ours may take, as a part of theirs. */
  readonly budget: number;
  readonly runs: number;
  /** Runs before those that count. */
  readonly warmUp: number;
  /** Makes ready what one way needs in run number `run`; not measured. */
  prepare?(run: number, way: Way): Promise<void>;
  ours(run: number): Promise<void>;
  theirs(run: number): Promise<void>;
  /** Looks at what one way has left, when its time has been taken. */
  after?(run: number, way: Way): Promise<void>;
};

/**
 * Runs both ways in turns, and the one that begins alternates too. The figure is the median of what each pair of runs gave, which a
 * change of load hits together.
 */
export async function compare(comparison: Comparison): Promise<Row> {
  const { name, beside, budget, runs, warmUp } = comparison;
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
  return { what: name, runs, ours: time(median(took.ours)), beside: `${time(median(took.theirs))} ${beside}`, figure, budget };
}

/** @throws RangeError for no numbers */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("there is no median of no numbers");
  return (low + high) / 2;
}
