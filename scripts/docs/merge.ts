import { promiseOf, shows } from "../../sandbox/transcript.ts";
import { align, type Move } from "./align.ts";
import { mergeLine } from "./merge-line.ts";

type Lines = Move & { readonly text: readonly string[] };

/** Scores of a line that still matches, by its type. A line that matches nothing is removed or replaced. */
const fits = { literal: 1, empty: 0.5, onlyDots: 0.5, dotsInsideOverLines: 0.65 };
const changed = { alike: 0.9, other: 0.001, least: 0.5 };
const inserted = -0.01;

/**
 * Returns the new text of a command's output on a page: the page's own text where it still matches, the new output elsewhere. `...` stays
 * if the text around it is unchanged. A text of dots alone is replaced, because it says nothing. The result always matches the output, and
 * a text that matches already stays unchanged.
 *
 * @param promised the page's text, where `...` stands for any text, also across lines
 */
export function merge(promised: string, printed: string): string {
  if (shows(promised, printed)) return promised;
  const old = promised.split("\n");
  const fresh = printed.trim().split("\n");
  const way = align([old.length, fresh.length], (i, j) => linesAt(old[i], fresh.slice(j)));
  const lines = way.flatMap(({ text }) => text);
  const merged = (lines.every((line) => line === "...") ? fresh : lines).join("\n");
  // Adds the indentation of the first line, unless dots cover it.
  return merged.startsWith("...") ? merged : `${/^\s*?([ \t]*)\S/.exec(printed)?.[1] ?? ""}${merged}`;
}

function linesAt(old: string | undefined, fresh: readonly string[]): Lines[] {
  const [next] = fresh;
  const lines = old === undefined ? [] : keeps(old, fresh);
  if (old !== undefined && next !== undefined && lines[0]?.fresh !== 1) lines.push(replaces(old, next));
  if (old !== undefined) lines.push({ old: 1, fresh: 0, score: 0, text: [] });
  if (next !== undefined) lines.push({ old: 0, fresh: 1, score: inserted, text: [next] });
  return lines;
}

/** Returns the ways to keep a line that still matches: for one line of the output, or for several if the line has dots. */
function keeps(old: string, fresh: readonly string[]): Lines[] {
  const most = old.includes("...") ? fresh.length : 1;
  const promise = promiseOf(old);
  return fresh.slice(0, most).flatMap((_, at) => {
    if (!promise.test(fresh.slice(0, at + 1).join("\n"))) return [];
    return [{ old: 1, fresh: at + 1, score: scoreOf(old, at + 1), text: [old] }];
  });
}

/** Dots at the end of a line usually cover several lines, unlike dots inside a line. */
function scoreOf(old: string, lines: number): number {
  if (old === "...") return fits.onlyDots;
  if (old === "") return fits.empty;
  return lines === 1 || old.startsWith("...") || old.endsWith("...") ? fits.literal : fits.dotsInsideOverLines;
}

function replaces(old: string, next: string): Lines {
  const { text, alike } = mergeLine(old, next);
  const isSame = alike >= changed.least;
  return { old: 1, fresh: 1, score: isSame ? changed.alike * alike : changed.other, text: [isSame ? text : next] };
}
