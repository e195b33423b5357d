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

/**
 * Formats the time since a timestamp, like kubectl's column AGE: `5s`, `3m12s`, `5h`, `12d` (apimachinery duration.HumanDuration,
 * shortened); `<unknown>` for an invalid date.
 */
export function age(from: string | null | undefined, now: Date): string {
  return from ? span(now.getTime() - Date.parse(from)) : "<unknown>";
}

/** Formats the time until a timestamp; `expired` if it has passed, `never` if there is none, `<unknown>` for an invalid date. */
export function until(to: string | undefined, now: Date): string {
  if (to === undefined) return "never";
  const left = Date.parse(to) - now.getTime();
  return left <= 0 ? "expired" : span(left);
}

/** In seconds. */
const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

type Form = { readonly below: number; readonly unit: keyof typeof units; readonly rest?: keyof typeof units };

/** Shorter times are more precise: below this number of seconds, in this unit, with the remainder in that one. */
const forms: readonly Form[] = [
  { below: 2 * units.m, unit: "s" },
  { below: 10 * units.m, unit: "m", rest: "s" },
  { below: 3 * units.h, unit: "m" },
  { below: 8 * units.h, unit: "h", rest: "m" },
  { below: 2 * units.d, unit: "h" },
  { below: 8 * units.d, unit: "d", rest: "h" },
];
const longest: Form = { below: Number.POSITIVE_INFINITY, unit: "d" };

function span(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return "<unknown>";
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const { unit, rest } = forms.find(({ below }) => seconds < below) ?? longest;
  const whole = `${Math.floor(seconds / units[unit])}${unit}`;
  const left = rest === undefined ? 0 : Math.floor((seconds % units[unit]) / units[rest]);
  return left === 0 ? whole : `${whole}${left}${rest}`;
}
