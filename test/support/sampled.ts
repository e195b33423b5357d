/** Whether this run uses every row: in the release gate (`npm run test:release`), or with `GATE=release npm test -- azure`. */
export const takesAll = process.env["GATE"] === "release";

/**
 * Returns all rows in the release gate, and a sample in the test gate: the rows that `some` selects, or `some` rows at even distances.
 * Every run of a gate uses the same rows.
 */
export function sampled<T>(rows: readonly T[], some: number | ((row: T) => boolean)): readonly T[] {
  if (takesAll) return rows;
  if (typeof some === "function") return rows.filter(some);
  const step = (index: number) => Math.floor((index * some) / rows.length);
  return rows.filter((_, index) => step(index) !== step(index - 1));
}
