/** Whole groups, padded as they should be: nearly every text. */
const plain = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const newline = (byte: number | undefined) => byte === 0x0a || byte === 0x0d;

/**
 * Decodes base64 as the kubelet does (Go's encoding/base64, padded or not, newlines ignored), and no more leniently.
 * @returns the bytes, or the offset that Go's `illegal base64 data at input byte N` would name
 */
export function decodeGoBase64(text: string): Buffer | number {
  if (plain.test(text)) return Buffer.from(text, "base64");
  const padded = text.trim().endsWith("=");
  const bytes = Buffer.from(text);
  const skipNewlines = (at: number) => {
    while (newline(bytes[at])) at++;
    return at;
  };
  let digits = "";
  for (let at = skipNewlines(0); at < bytes.length; at = skipNewlines(at + 1)) {
    const char = String.fromCharCode(bytes[at] ?? 0);
    if (/[A-Za-z0-9+/]/.test(char)) digits += char;
    else if (char === "=" && padded && digits.length % 4 >= 2) return afterPadding(at);
    else return at;
  }
  const loose = digits.length % 4;
  return loose === 0 || (loose > 1 && !padded) ? Buffer.from(digits, "base64") : bytes.length - loose;

  function afterPadding(first: number): Buffer | number {
    let next = skipNewlines(first + 1);
    if (digits.length % 4 === 2) {
      if (next === bytes.length) return next;
      if (bytes[next] !== 0x3d) return next - 1;
      next = skipNewlines(next + 1);
    }
    return next < bytes.length ? next : Buffer.from(digits, "base64");
  }
}
