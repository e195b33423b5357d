import type { ChalkInstance } from "chalk";
import { structuredPatch } from "diff";
import { printable, printableFlow } from "./printable.ts";

/**
 * Compares two texts in the format of `diff -u`: hunks with `@@ -1,2 +1,3 @@`, and below it removed (`-`), added (`+`) and unchanged (` `)
 * lines. A carriage return before a line feed counts as no difference.
 * @returns the lines; none if nothing differs
 */
export function unified(before: string, after: string): string[] {
  const { hunks } = structuredPatch("", "", before, after, undefined, undefined, { context: 3, stripTrailingCr: true });
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${placeOf(oldStart, oldLines)} +${placeOf(newStart, newLines)} @@`,
    ...lines,
  ]);
}

/**
 * `3,2`: two lines from the third on. For one line the number is omitted. For no lines, the position is that of the line before (GNU diff).
 */
function placeOf(start: number, lines: number): string {
  if (lines === 1) return String(start);
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

/** Formats differences like `diff -u`; on a terminal, removed lines are red and added lines green. @returns none if nothing differs */
export function diffLines(
  { name, before, after }: { readonly name: string; readonly before: string; readonly after: string },
  style: ChalkInstance,
): string[] {
  const hunks = unified(before, after).map((text) => colored(style, printableFlow(text)));
  const shown = printable(name);
  return hunks.length === 0 ? [] : [style.bold(`--- ${shown}`), style.bold(`+++ ${shown}`), ...hunks];
}

const colors: Readonly<Record<string, "dim" | "green" | "red">> = { "@": "dim", "+": "green", "-": "red" };

function colored(style: ChalkInstance, text: string): string {
  const color = colors[text[0] ?? ""];
  return color ? style[color](text) : text;
}
