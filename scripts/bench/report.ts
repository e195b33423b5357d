import { table } from "../../src/output/table.ts";
import type { Result } from "./compare.ts";

/** The results as a table; times are medians in milliseconds. */
export function report(results: readonly Result[]): string {
  return table(
    ["WHAT", "RUNS", "OURS", "KUBECTL", "RATIO", "BUDGET", "VERDICT"],
    results.map(({ name, runs, ours, theirs, ratio, budget }) => [
      name,
      String(runs),
      `${ours.toFixed(1)} ms`,
      `${theirs.toFixed(1)} ms`,
      ratio.toFixed(2),
      `<= ${budget}`,
      ratio <= budget ? "met" : "missed",
    ]),
  );
}
