import { refusal, type Source } from "./source.ts";

/**
 * The text of a manifest's bytes, a byte order mark included.
 * @throws CliError invalid, with line and column, for what is not UTF-8: written again, such bytes would be others
 */
export function decoded(name: string, bytes: Uint8Array): Source {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const again = new TextEncoder().encode(text);
  const at = bytes.findIndex((byte, index) => byte !== again[index]);
  if (at < 0) return { name, text };
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.slice(0, at));
  throw refusal({ name, text: before }, before.length, "this is not UTF-8");
}
