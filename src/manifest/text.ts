import { CliError } from "../errors.ts";

/** A manifest that was read: its name on the command line, and its text. */
export type ManifestText = { readonly name: string; readonly text: string };

/** Returns the error for a position in a manifest that can't be edited: `deploy.yaml:12:5: WHY`. */
export function manifestError({ name, text }: ManifestText, at: number, why: string): CliError {
  return new CliError("invalid", `${name}:${positionOf(text, at)}: ${why}`);
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
