import { diff } from "node:util";
import type { ChalkInstance } from "chalk";
import { printable, printableFlow } from "./printable.ts";

/** The number of unchanged lines around a difference, as in `diff -u`. */
const contextLines = 3;

type Edit = { readonly sign: " " | "-" | "+"; readonly text: string };

/** The signs of the operations of `util.diff`. */
const signs = { 1: "-", 0: " ", [-1]: "+" } as const;

/**
 * Compares lines in the format of `diff -u`: hunks with `@@ -1,2 +1,3 @@`, and below it removed (`-`), added (`+`) and unchanged (` `)
 * lines.
 * @returns the lines; none if nothing differs
 */
export function unified(before: readonly string[], after: readonly string[]): string[] {
  // Node's diff fails on two empty lists
  if (before.length + after.length === 0) return [];
  const edits = diff(before, after).map(([operation, text]): Edit => ({ sign: signs[operation], text }));
  return rangesOf(edits).flatMap(([from, to]) => {
    const inside = edits.slice(from, to);
    const outside = edits.slice(0, from);
    const place = (sign: Edit["sign"]) => placeOf(count(outside, sign), count(inside, sign));
    return [`@@ -${place("-")} +${place("+")} @@`, ...inside.map(({ sign, text }) => `${sign}${text}`)];
  });
}

/** Counts the lines on one side. Unchanged lines are on both sides. */
const count = (edits: readonly Edit[], side: Edit["sign"]) => edits.filter(({ sign }) => sign === " " || sign === side).length;

/**
 * `3,2`: two lines from the third on. For one line the number is omitted. For no lines, the position is that of the line before (GNU diff).
 */
function placeOf(passed: number, lines: number): string {
  if (lines === 1) return String(passed + 1);
  return `${lines === 0 ? passed : passed + 1},${lines}`;
}

/** The start and end of each hunk. Adjacent hunks are merged. */
function rangesOf(edits: readonly Edit[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [at, { sign }] of edits.entries()) {
    if (sign === " ") continue;
    const from = Math.max(0, at - contextLines);
    const to = Math.min(edits.length, at + 1 + contextLines);
    const last = ranges.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
}

/** Formats differences like `diff -u`; on a terminal, removed lines are red and added lines green. @returns none if nothing differs */
export function diffLines(
  { name, before, after }: { readonly name: string; readonly before: readonly string[]; readonly after: readonly string[] },
  style: ChalkInstance,
): string[] {
  const hunks = unified(before, after).map((text) => colored(style, printableFlow(text)));
  const shown = printable(name);
  return hunks.length === 0 ? [] : [style.bold(`--- ${shown}`), style.bold(`+++ ${shown}`), ...hunks];
}

/** The lines of a text. If its last line has no line feed, diff's remark follows. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

const colors: Readonly<Record<string, "dim" | "green" | "red">> = { "@": "dim", "+": "green", "-": "red" };

function colored(style: ChalkInstance, text: string): string {
  const color = colors[text[0] ?? ""];
  return color ? style[color](text) : text;
}
