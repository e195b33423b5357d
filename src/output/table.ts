import { printable } from "./printable.ts";

type TableOptions = {
  readonly headers?: boolean;
  /** Colors a cell, by the numbers of its row and its column. */
  readonly paint?: (cell: string, row: number, column: number) => string;
};

/**
 * A table as kubectl prints it: upper-case headers, columns three spaces apart, `<none>` for what is empty.
 * Control characters are shown escaped, so that no cell can move the cursor.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { headers = true, paint = (cell) => cell }: TableOptions = {},
): string {
  const cells = [...(headers ? [header] : []), ...rows].map((row) => row.map((cell) => printable(cell) || "<none>"));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const first = headers ? 1 : 0;
  return cells
    .map((row, index) => {
      const shown = row.map((cell, column) => {
        const gap = column < row.length - 1 ? " ".repeat((widths[column] ?? 0) - cell.length + 3) : "";
        return (index < first ? cell : paint(cell, index - first, column)) + gap;
      });
      return `${shown.join("")}\n`;
    })
    .join("");
}
