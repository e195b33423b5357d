import { CliError } from "../errors.ts";

/** A manifest that was read: its name on the command line, and its text. */
export type ManifestText = { readonly name: string; readonly text: string };

/** Returns the error for a position in a manifest that can't be edited: `deploy.yaml:12:5: WHY`. */
export function manifestError({ name, text }: ManifestText, at: number, why: string, hint?: string): CliError {
  return new CliError("invalid", `${name}:${positionOf(text, at)}: ${why}`, { hint });
}

/** Returns the line and the column, from 1, in characters as an editor counts them. */
function positionOf(text: string, at: number): string {
  const before = text.slice(0, at).replace(/^\ufeff/, "");
  const line = before.split("\n").length;
  return `${line}:${[...before.slice(before.lastIndexOf("\n") + 1)].length + 1}`;
}

/**
 * Decodes a manifest's bytes, and keeps a byte order mark.
 * @throws CliError invalid, with line and column, for text that is not UTF-8, because writing it would change other bytes
 */
export function decoded(name: string, bytes: Uint8Array): ManifestText {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const encoded = new TextEncoder().encode(text);
  const at = bytes.findIndex((byte, index) => byte !== encoded[index]);
  if (at < 0) return { name, text };
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.slice(0, at));
  throw manifestError({ name, text: before }, before.length, "not UTF-8");
}

/** Returns the start of the line of a position. */
export const lineStart = (text: string, at: number): number => (at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1);

/** Returns the start of the next line, or the end of the text. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

/** Returns the end of the last line above a position that is neither empty nor a comment. */
export function contentAbove(text: string, at: number): number {
  let end = lineStart(text, at);
  while (end > 0 && /^\s*(?:#|$)/.test(text.slice(lineStart(text, end - 1), end))) end = lineStart(text, end - 1);
  return end;
}

/** Returns the line end of a position's line. For a last line without one, returns that of the first line. */
export function lineBreak(text: string, at: number): string {
  const end = text.indexOf("\n", at);
  const lineEnd = end < 0 ? text.indexOf("\n") : end;
  return text[lineEnd - 1] === "\r" ? "\r\n" : "\n";
}

/** Returns the text before a position on its line, if it is only spaces and tabs. */
export function indentBefore(text: string, at: number): string | undefined {
  const before = text.slice(lineStart(text, at), at).replace(/^\ufeff/, "");
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** Returns the column of a position, from 0. */
export const columnOf = (text: string, at: number): number => text.slice(lineStart(text, at), at).replace(/^\ufeff/, "").length;

/** Characters to remove, and the text that replaces them. */
export type TextEdit = { readonly from: number; readonly to: number; readonly text: string };

export const insertText = (at: number, text: string): TextEdit => ({ from: at, to: at, text });

export const removeText = (from: number, to: number): TextEdit => ({ from, to, text: "" });

/** Applies edits to a text. Everything else stays unchanged, including a last line without a line end. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  // The last one first, so that the positions of the others stay valid
  const ordered = edits.toSorted((a, b) => b.from - a.from);
  const result = ordered.reduce((edited, { from, to, text: added }) => edited.slice(0, from) + added + edited.slice(to), text);
  return text.endsWith("\n") ? result : result.replace(/\r?\n$/, "");
}

/** Inserts whole lines at the start of a line, or after a last line without a line end. They end as the line above. */
export function insertLines(text: string, at: number, ...lines: readonly string[]): TextEdit {
  const eol = lineBreak(text, at - 1);
  const open = at > 0 && text[at - 1] !== "\n";
  return insertText(at, open ? lines.map((line) => eol + line).join("") : lines.map((line) => line + eol).join(""));
}

/** Words that a YAML reader reads as another type than text (YAML 1.1, which kubectl's library follows). */
const notText = /^(?:null|true|false|yes|no|on|off|y|n)$/;

/** Returns a name as YAML text. It has quotation marks and escapes unless it is plain text in each YAML version. */
export const yamlName = (name: string): string =>
  /^[a-z][a-z0-9.-]*$/.test(name) && !notText.test(name) ? name : JSON.stringify(name).replace(/[\u007f-\uffff]/g, escaped);

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
