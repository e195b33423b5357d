import { CliError } from "../errors.ts";

/** A manifest as it was read: what it is called on the command line, and its text. */
export type ManifestText = { readonly name: string; readonly text: string };

/** The error for a place in a manifest that is left as it is: `deploy.yaml:12:5: WHY`. */
export function manifestError({ name, text }: ManifestText, at: number, why: string, hint?: string): CliError {
  return new CliError("invalid", `${name}:${positionOf(text, at)}: ${why}`, { hint });
}

/** Line and column, from 1, in characters as an editor counts them. */
function positionOf(text: string, at: number): string {
  const before = text.slice(0, at).replace(/^\ufeff/, "");
  const line = before.split("\n").length;
  return `${line}:${[...before.slice(before.lastIndexOf("\n") + 1)].length + 1}`;
}

/**
 * The text of a manifest's bytes, a byte order mark included.
 * @throws CliError invalid, with line and column, for what is not UTF-8: written again, such bytes would be others
 */
export function decoded(name: string, bytes: Uint8Array): ManifestText {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const again = new TextEncoder().encode(text);
  const at = bytes.findIndex((byte, index) => byte !== again[index]);
  if (at < 0) return { name, text };
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.slice(0, at));
  throw manifestError({ name, text: before }, before.length, "this is not UTF-8");
}

/** Where the line begins on which a character stands. */
export const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** Where the next line begins, or the text's end. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

/** How the line ends on which a character stands; the last one as the text's first. */
export function lineBreak(text: string, at: number): string {
  const end = text.indexOf("\n", at);
  const counts = end < 0 ? text.indexOf("\n") : end;
  return text[counts - 1] === "\r" ? "\r\n" : "\n";
}

/** What stands before a character on its line, where that is nothing but spaces and tabs. */
export function indentBefore(text: string, at: number): string | undefined {
  const before = text.slice(lineStart(text, at), at).replace(/^\ufeff/, "");
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** In which column of its line a character stands, from 0. */
export const columnOf = (text: string, at: number): number => text.slice(lineStart(text, at), at).replace(/^\ufeff/, "").length;

/** Characters that go, and what comes in their place. */
export type Splice = { readonly from: number; readonly to: number; readonly text: string };

export const insertText = (at: number, text: string): Splice => ({ from: at, to: at, text });

export const removeText = (from: number, to: number): Splice => ({ from, to, text: "" });

/** A text with all of these done at once; everything else stays as it is, also that the last line has no end. */
export function spliced(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((a, b) => a.from - b.from);
  const parts = ordered.map(({ from, text: added }, index) => text.slice(ordered[index - 1]?.to ?? 0, from) + added);
  const made = parts.join("") + text.slice(ordered.at(-1)?.to ?? 0);
  return text.endsWith("\n") ? made : made.replace(/\r?\n$/, "");
}

/** Whole lines at the beginning of a line, or behind a last line that has no end. */
export function insertLines(text: string, at: number, lines: readonly string[], eol: string): Splice {
  const open = at > 0 && text[at - 1] !== "\n";
  return insertText(at, open ? lines.map((line) => eol + line).join("") : lines.map((line) => line + eol).join(""));
}

/** Words that some YAML reader takes for something else than text (YAML 1.1, which kubectl's follows). */
const notText = /^(?:null|true|false|yes|no|on|off|y|n)$/;

/** A name as YAML writes it: in quotation marks unless it is plain text in each YAML version, with escapes for all but ASCII. */
export const yamlName = (name: string): string =>
  /^[a-z][a-z0-9.-]*$/.test(name) && !notText.test(name) ? name : JSON.stringify(name).replace(/[\u007f-\uffff]/g, escaped);

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
