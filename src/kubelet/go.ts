/**
 * Decodes base64 exactly like the kubelet (Go's encoding/base64, padded or not, newlines ignored).
 * @returns the bytes, or the offset in Go's `illegal base64 data at input byte N`
 */
export function decodeGoBase64(text: string): Buffer | number {
  // One character per byte, because Go counts bytes
  const bytes = Buffer.from(text).toString("latin1");
  const [start = ""] = /^[A-Za-z0-9+/\r\n]*/.exec(bytes) ?? [];
  const digits = start.replace(/[\r\n]/g, "");
  const remainder = digits.length % 4;
  const padded = text.trim().endsWith("=");
  if (start === bytes) return remainder === 1 ? bytes.length - 1 : Buffer.from(digits, "base64");
  if (!padded || remainder < 2 || bytes[start.length] !== "=") return start.length;
  return paddingError(bytes, start.length, remainder) ?? Buffer.from(digits, "base64");
}

/**
 * @param first the position of the first `=`
 * @param remainder the number of digits in the last group of four: two require a second `=`
 * @returns the offset that Go would name; undefined if only the padding is left
 */
function paddingError(bytes: string, first: number, remainder: number): number | undefined {
  let next = skipNewlines(bytes, first + 1);
  if (remainder === 2) {
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
