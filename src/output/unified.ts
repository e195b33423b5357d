import type { ChalkInstance } from "chalk";
import { printable, printableFlow } from "./printable.ts";

/** The number of unchanged lines around a difference, as in `diff -u`. */
const contextLines = 3;

type Edit = { readonly sign: " " | "-" | "+"; readonly text: string };

/**
 * Compares lines in the format of `diff -u`: hunks with `@@ -1,2 +1,3 @@`, and below it removed (`-`), added (`+`) and unchanged (` `)
 * lines.
 * @returns the lines; none if nothing differs
 */
export function unified(before: readonly string[], after: readonly string[]): string[] {
  const edits = editsOf(before, after);
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

/** A path through both texts: its position in the old lines, and its edits, the last one first. */
type Path = { readonly x: number; readonly last: Step | undefined };
type Step = Edit & { readonly before: Step | undefined };

/**
 * The shortest list of edits. Removed lines come before added ones. A diagonal is how much further a path is in the old lines than in the
 * new ones. For each number of changes and each diagonal, only the path that reaches furthest is kept (Myers, An O(ND) Difference
 * Algorithm). So long texts with few differences are fast.
 */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let paths = new Map<number, Path>([[0, pastUnchanged({ x: 0, last: undefined }, 0)]]);
  for (let changes = 1; ; changes++) {
    const end = paths.get(before.length - after.length);
    if (end?.x === before.length) return inOrder(end.last);
    const next = new Map<number, Path>();
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      const path = changed(diagonal);
      if (path) next.set(diagonal, pastUnchanged(path, diagonal));
    }
    paths = next;
  }

  /** The furthest path with one more change: a removed or an added line. */
  function changed(diagonal: number): Path | undefined {
    const [left, right] = [paths.get(diagonal - 1), paths.get(diagonal + 1)];
    const removed = left && edited(left, "-", before[left.x]);
    const added = right && edited(right, "+", after[right.x - diagonal - 1]);
    return removed && (!added || removed.x > added.x) ? removed : added;
  }

  /** The same path, extended by unchanged lines. */
  function pastUnchanged({ x: from, last: edits }: Path, diagonal: number): Path {
    let [x, last] = [from, edits];
    for (let text = before[x]; text !== undefined && text === after[x - diagonal]; text = before[x]) {
      last = { sign: " ", text, before: last };
      x++;
    }
    return { x, last };
  }
}

/** The path with one more change; undefined if there is no such line. */
function edited({ x, last }: Path, sign: "-" | "+", text: string | undefined): Path | undefined {
  return text === undefined ? undefined : { x: sign === "-" ? x + 1 : x, last: { sign, text, before: last } };
}

function inOrder(last: Step | undefined): Edit[] {
  const edits: Edit[] = [];
  for (let step = last; step; step = step.before) edits.push({ sign: step.sign, text: step.text });
  return edits.reverse();
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
