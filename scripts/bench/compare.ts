/** Two ways to the same end, and how much longer ours may take. */
export type Comparison = {
  readonly name: string;
  /** The most that ours may take, as a part of theirs. */
  readonly budget: number;
  readonly runs: number;
  /** Runs before those that count. */
  readonly warmUp: number;
  /** Makes ready what run number `run` needs; not measured. */
  prepare?(run: number): Promise<void>;
  ours(run: number): Promise<void>;
  theirs(run: number): Promise<void>;
};

/** Medians in milliseconds; `ratio` is the median of what each pair of runs gave, which a change of load hits together. */
export type Result = Pick<Comparison, "name" | "budget" | "runs"> & {
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
};

/** Runs both ways in turns, and the one that begins alternates too. */
export async function compare(comparison: Comparison): Promise<Result> {
  const { name, budget, runs, warmUp } = comparison;
  const took = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < warmUp + runs; run++) {
    await comparison.prepare?.(run);
    for (const way of run % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const)) {
      const began = performance.now();
      await comparison[way](run);
      if (run >= warmUp) took[way].push(performance.now() - began);
    }
  }
  const ratios = took.ours.map((time, run) => time / (took.theirs[run] ?? Number.NaN));
  return { name, budget, runs, ours: median(took.ours), theirs: median(took.theirs), ratio: median(ratios) };
}

/** @throws RangeError for no numbers */
function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("there is no median of no numbers");
  return (low + high) / 2;
}
