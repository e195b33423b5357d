/**
 * Decodes base64 as the kubelet does (Go's encoding/base64, padded or not, newlines ignored), and no more leniently.
 * @returns the bytes, or the offset that Go's `illegal base64 data at input byte N` would name
 */
export function decodeGoBase64(text: string): Buffer | number {
  // A character for each byte, since Go counts bytes
  const bytes = Buffer.from(text).toString("latin1");
  const [start = ""] = /^[A-Za-z0-9+/\r\n]*/.exec(bytes) ?? [];
  const digits = start.replace(/[\r\n]/g, "");
  const loose = digits.length % 4;
  const padded = text.trim().endsWith("=");
  if (start === bytes) return loose === 1 ? bytes.length - 1 : Buffer.from(digits, "base64");
  if (!padded || loose < 2 || bytes[start.length] !== "=") return start.length;
  return faultInPadding(bytes, start.length, loose) ?? Buffer.from(digits, "base64");
}

/**
 * @param first where the first `=` stands
 * @param loose how many digits the last group of four has: two need another `=`
 * @returns the offset that Go would name; undefined where nothing but the padding is left
 */
function faultInPadding(bytes: string, first: number, loose: number): number | undefined {
  let next = skipNewlines(bytes, first + 1);
  if (loose === 2) {
    if (next === bytes.length) return next;
    if (bytes[next] !== "=") return next - 1;
    next = skipNewlines(bytes, next + 1);
  }
  return next < bytes.length ? next : undefined;
}

function skipNewlines(bytes: string, at: number): number {
  while (bytes[at] === "\n" || bytes[at] === "\r") at++;
  return at;
}
