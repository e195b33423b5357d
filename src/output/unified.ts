import type { ChalkInstance } from "chalk";
import { printable, printableFlow } from "./printable.ts";

/** Lines that stay around those which differ, as `diff -u` has them. */
const around = 3;

type Edit = { readonly sign: " " | "-" | "+"; readonly text: string };

/**
 * What makes of some lines others, in the hunks of `diff -u`: `@@ -1,2 +1,3 @@`, and below it the lines that go (`-`), come (`+`) and
 * stay (` `).
 * @returns the lines; none where nothing differs
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

/** How many lines the one side has: those that stay are on both. */
const count = (edits: readonly Edit[], side: Edit["sign"]) => edits.filter(({ sign }) => sign === " " || sign === side).length;

/** `3,2`: two lines from the third on. One line is not counted, and none stand behind the line before them (GNU diff). */
function placeOf(passed: number, lines: number): string {
  if (lines === 1) return String(passed + 1);
  return `${lines === 0 ? passed : passed + 1},${lines}`;
}

/** Where hunks begin and end; two that would touch are one. */
function rangesOf(edits: readonly Edit[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [at, { sign }] of edits.entries()) {
    if (sign === " ") continue;
    const from = Math.max(0, at - around);
    const to = Math.min(edits.length, at + 1 + around);
    const last = ranges.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
}

/** A way through both: how far it has come in the old lines, and its edits, the last one first. */
type Way = { readonly x: number; readonly last: Step | undefined };
type Step = Edit & { readonly before: Step | undefined };

/** Both, as they are gone through. */
type Both = { readonly before: readonly string[]; readonly after: readonly string[] };

/**
 * The fewest lines that go and come; of those in one place, what goes is first. Of the ways with no change, with one, and so on, only
 * that is kept which comes furthest, by how much further it has come in the old lines than in the new ones (Myers, An O(ND) Difference
 * Algorithm): long texts that differ little take little.
 */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  const both = { before, after };
  let ways = new Map<number, Way>([[0, alike({ x: 0, last: undefined }, 0, both)]]);
  for (let changes = 1; ; changes++) {
    const through = ways.get(before.length - after.length);
    if (through?.x === before.length) return inOrder(through.last);
    const next = new Map<number, Way>();
    for (let ahead = -changes; ahead <= changes; ahead += 2) {
      const way = changed(ways, ahead, both);
      if (way) next.set(ahead, alike(way, ahead, both));
    }
    ways = next;
  }
}

/** The furthest way with one change more: a line that goes, or one that comes. */
function changed(ways: ReadonlyMap<number, Way>, ahead: number, both: Both): Way | undefined {
  const goes = gone(ways.get(ahead - 1), both);
  const comes = come(ways.get(ahead + 1), ahead, both);
  return goes && (!comes || goes.x > comes.x) ? goes : comes;
}

function gone(way: Way | undefined, { before }: Both): Way | undefined {
  const text = way && before[way.x];
  return !way || text === undefined ? undefined : { x: way.x + 1, last: { sign: "-", text, before: way.last } };
}

function come(way: Way | undefined, ahead: number, { after }: Both): Way | undefined {
  const text = way && after[way.x - ahead - 1];
  return !way || text === undefined ? undefined : { x: way.x, last: { sign: "+", text, before: way.last } };
}

/** The same way, over the lines that stay. */
function alike({ x, last }: Way, ahead: number, { before, after }: Both): Way {
  let way: Way = { x, last };
  for (let text = before[x]; text !== undefined && text === after[way.x - ahead]; text = before[way.x])
    way = { x: way.x + 1, last: { sign: " ", text, before: way.last } };
  return way;
}

function inOrder(last: Step | undefined): Edit[] {
  const edits: Edit[] = [];
  for (let step = last; step; step = step.before) edits.push({ sign: step.sign, text: step.text });
  return edits.reverse();
}

/** Something that is compared, by its name and its lines. */
type Compared = { readonly name: string; readonly before: readonly string[]; readonly after: readonly string[] };

/** What differs, as `diff -u` prints it: on a terminal what goes in red, and what comes in green. @returns none where nothing does */
export function diffLines({ name, before, after }: Compared, style: ChalkInstance): string[] {
  const hunks = unified(before, after).map((text) => colored(style, printableFlow(text)));
  const shown = printable(name);
  return hunks.length === 0 ? [] : [style.bold(`--- ${shown}`), style.bold(`+++ ${shown}`), ...hunks];
}

/** The lines of a text; of one whose last line is not ended, what diff says of that stands below. */
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
