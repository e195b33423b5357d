import { stripVTControlCharacters } from "node:util";
import type { Sink } from "../context.ts";

/** Spaces before a word, and the word with its colors. What stands in single quotes is one word of a shell: spaces in it count. */
const piece = /( *)((?:(?<![\p{L}\p{N}])'[^']*'|[^ ])+)/gu;

/** How far what is left of a line stands in, below its beginning. */
const hanging = 2;

/** Prints text for people: on a terminal no word is cut by its edge. */
export function say(sink: Sink, text: string): void {
  sink.write(sink.isTTY ? fitted(text, sink.columns) : text);
}

/**
 * Lines laid out for a terminal: a word that its edge would cut begins the next row. Between them are spaces and no line's end, so that
 * a command that was selected is still one line to paste. A word that is wider than a row stays, and is cut.
 *
 * @param columns 0 where the width is not known; then the text stays as it is
 */
export function fitted(text: string, columns: number): string {
  return columns === 0
    ? text
    : text
        .split("\n")
        .map((line) => (widthOf(line) <= columns || line.includes("\t") ? line : rowsOf(line, columns)))
        .join("\n");
}

function rowsOf(line: string, columns: number): string {
  const indent = Math.min((/^ */.exec(line)?.[0].length ?? 0) + hanging, columns >> 1);
  let rows = "";
  let column = 0;
  for (const [, gap = "", word = ""] of line.matchAll(piece)) {
    const width = widthOf(word);
    const stays = column + gap.length + width <= columns || indent + width > columns || column === 0;
    const before = stays ? gap.length : columns - column + indent;
    rows += " ".repeat(before) + word;
    column = (column + before + width) % columns || columns;
  }
  return rows;
}

/** In columns, as far as each character takes one. */
const widthOf = (text: string) => [...stripVTControlCharacters(text)].length;

/** Words in lines of a width; one that is wider has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The words of a text that a width has room for; what was left out is told by `…`. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const room = text.slice(0, Math.max(0, width - 1));
  const end = room.lastIndexOf(" ");
  return `${end > 0 ? room.slice(0, end) : room}…`.slice(0, Math.max(0, width));
}
