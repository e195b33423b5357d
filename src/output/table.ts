import { printable } from "./printable.ts";

type TableOptions = {
  readonly headers?: boolean;
  /** Colors the last cell of a row. */
  readonly last?: (cell: string, row: number) => string;
};

/**
 * A table as kubectl prints it: upper-case headers, columns three spaces apart, `<none>` for what is empty.
 * Control characters are shown escaped, so that no cell can move the cursor.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { headers = true, last = (cell: string, _row: number) => cell }: TableOptions = {},
): string {
  const cells = [...(headers ? [header] : []), ...rows].map((row) => row.map((cell) => printable(cell) || "<none>"));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const first = headers ? 1 : 0;
  return cells
    .map((row, index) => {
      const before = row.slice(0, -1).map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}   `);
      const end = row.at(-1) ?? "";
      return `${before.join("")}${index < first ? end : last(end, index - first)}\n`;
    })
    .join("");
}
