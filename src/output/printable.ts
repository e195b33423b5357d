/** What could move a cursor, hide or reorder text on a terminal: C0, DEL and C1 controls, marks of direction, line separators, the BOM. */
const forging = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The same for text that keeps its layout, a line feed and a tab. */
const forgingInLines = new RegExp(`(?![\\n\\t])${forging.source}`, "g");

/** Most text: nothing in it could, and to see that takes a quarter of the time. */
const plain = /^[ -~]*$/;

/** Text that others wrote, for a part of a line: what could forge a line is shown, `\x1b`, `\u202e`. */
export const printable = (text: string): string => (plain.test(text) ? text : text.replace(forging, shown));

/**
 * The same for an error, a warning or a hint, which is one line. Only kubectl's list of causes below an error has lines of its own: none
 * of them looks like a command.
 */
export const printableMessage = (text: string): string => text.replaceAll("\r\n", "\n").split("\n* ").map(printable).join("\n* ");

/** Text that another program prints for the terminal, as it comes and laid out as it is: a question may have no line's end. */
export const printableFlow = (text: string): string => text.replaceAll("\r\n", "\n").replace(forgingInLines, shown);

/** Whether a text has nothing to show otherwise. */
export const isPrintable = (text: string): boolean => printable(text) === text;

/** JSON text with what JSON itself leaves as it is, escaped (RFC 8259 7). */
export const printableJson = (json: string): string => json.replace(forgingInLines, (char) => `\\u${hex(char, 4)}`);

const shown = (char: string) => (char <= "\u00ff" ? `\\x${hex(char, 2)}` : `\\u${hex(char, 4)}`);

const hex = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, "0");

/** A word of prose, or a command in double quotes: that stays on one line, whatever the width. */
const word = /"kubectl [^"]*"\S*|\S+/g;

/** Returns a text as lines of whole words; a word that is wider has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const [part] of text.matchAll(word)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + part.length > width) lines.push(part);
    else lines[lines.length - 1] = `${last} ${part}`;
  }
  return lines;
}

/** Returns the words of a text that fit a width, and `…` for the rest. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const fitting = text.slice(0, Math.max(0, width - 1));
  const end = fitting.lastIndexOf(" ");
  return `${end > 0 ? fitting.slice(0, end) : fitting}…`.slice(0, Math.max(0, width));
}
