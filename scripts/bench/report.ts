import { table } from "../../src/output/table.ts";

/** One figure and its maximum. */
export type Row = {
  readonly what: string;
  readonly runs: number;
  readonly ours: string;
  /** The measurement that it is compared with. Empty if the figure stands alone. */
  readonly other: string;
  readonly figure: number;
  readonly budget: number;
};

/** NaN does not meet a budget: a figure that could not be measured fails. */
export const isMet = ({ figure, budget }: Row): boolean => figure <= budget;

/** Formats the figures as a table. Several runs show their median. */
export function report(rows: readonly Row[]): string {
  return table(
    ["WHAT", "RUNS", "OURS", "BESIDE", "FIGURE", "BUDGET", "VERDICT"],
    rows.map((row) => {
      const { what, runs, ours, other, figure, budget } = row;
      return [what, String(runs), ours, other || "-", rounded(figure), `<= ${budget}`, isMet(row) ? "met" : "missed"];
    }),
  );
}

const rounded = (figure: number) => String(Number(figure.toFixed(figure < 10 ? 3 : 0)));

/** `38.2 ms`, `3.41 s`. */
export const time = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
