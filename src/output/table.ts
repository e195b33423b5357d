import { printable } from "./printable.ts";

type TableOptions = {
  readonly headers?: boolean;
  /** Colors a cell, by its row and column. */
  readonly paint?: (cell: string, row: number, column: number) => string;
};

/**
 * The maximum width of a column. A pod's image and its owner can have a megabyte, and a column of that width would need it for every row.
 */
const maxWidth = 500;

/**
 * Formats a table like kubectl: upper-case headers, columns three spaces apart, `<none>` for empty cells. Control characters are escaped,
 * so that no cell can move the cursor.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { headers = true, paint = (cell) => cell }: TableOptions = {},
): string {
  const cells = [...(headers ? [header] : []), ...rows].map((row) => row.map((cell) => printable(cell) || "<none>"));
  const widthOf = (cell = "") => Math.min(cell.length, maxWidth);
  const widths = header.map((_, column) => cells.reduce((width, row) => Math.max(width, widthOf(row[column])), 0));
  const first = headers ? 1 : 0;
  return cells
    .map((row, index) => {
      const shown = row.map((cell, column) => {
        const gap = column < row.length - 1 ? " ".repeat((widths[column] ?? 0) - widthOf(cell) + 3) : "";
        return (index < first ? cell : paint(cell, index - first, column)) + gap;
      });
      return `${shown.join("")}\n`;
    })
    .join("");
}
