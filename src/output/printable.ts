/**
 * Characters that can move the cursor, hide or reorder text on a terminal. These are C0, DEL and C1 controls, directional marks, line
 * separators and the BOM.
 */
const forging = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The same for text that keeps its line feeds and tabs. */
const forgingInLines = new RegExp(`(?![\\n\\t])${forging.source}`, "g");

/** Most text has no such character. This check is four times as fast. */
const plain = /^[ -~]*$/;

/** Escapes text for a part of a line: characters that could imitate a line become `\x1b`, `\u202e`. */
export const printable = (text: string): string => (plain.test(text) ? text : text.replace(forging, shown));

/**
 * The same for an error, a warning or a hint, which is one line. Only kubectl's list of causes below an error has lines of its own. None of
 * these looks like a command.
 */
export const printableMessage = (text: string): string => text.replaceAll("\r\n", "\n").split("\n* ").map(printable).join("\n* ");

/** Escapes the output of another program in parts, with its layout: a prompt may have no line feed. */
export const printableFlow = (text: string): string => text.replaceAll("\r\n", "\n").replace(forgingInLines, shown);

export const isPrintable = (text: string): boolean => printable(text) === text;

/** Escapes characters in JSON text that JSON itself allows (RFC 8259 7). */
export const printableJson = (json: string): string => json.replace(forgingInLines, (char) => `\\u${hex(char, 4)}`);

const shown = (char: string) => (char <= "\u00ff" ? `\\x${hex(char, 2)}` : `\\u${hex(char, 4)}`);

const hex = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, "0");

/** A word of prose, or a command in double quotes, which stays on one line at any width. */
const word = /"kubectl [^"]*"\S*|\S+/g;

/** Splits a text into lines of whole words. A word that is wider has its own line. */
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

/** Returns the start of each of the last lines of a text, as many as the kubelet keeps: 4096 bytes. A tenant can cause long lines. */
export function lastLines(text: string): string {
  const lines = text
    .split("\n")
    .slice(-1000)
    .map((line) => shortened(line, 300));
  while (lines.length > 1 && Buffer.byteLength(lines.join("\n")) > 4096) lines.shift();
  return lines.join("\n");
}
