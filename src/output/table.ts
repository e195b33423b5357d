import { printable } from "./printable.ts";

/**
 * A table as kubectl prints it: upper-case headers, columns three spaces apart, `<none>` for what is empty.
 * Control characters are shown escaped, so that no cell can move the cursor.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[], { headers = true } = {}): string {
  const cells = [...(headers ? [header] : []), ...rows].map((row) => row.map((cell) => printable(cell) || "<none>"));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("   ")
          .trimEnd()}\n`,
    )
    .join("");
}
