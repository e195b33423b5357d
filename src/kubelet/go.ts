import { isIPv6 } from "node:net";

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

/**
 * Splits a URL without its scheme like Go's net/url (1.26) splits `https://…`: drops query, fragment and user info.
 * @returns the host with its port and the unescaped path. Undefined if Go rejects the text, or for escapes that no image name contains
 */
export function splitUrl(schemeless: string): { readonly host: string; readonly path: string } | undefined {
  const [beforeFragment = "", fragment = ""] = cut(schemeless, "#");
  if ([...beforeFragment].some((char) => char < " " || char === "\x7f")) return undefined;
  const [rest = ""] = cut(beforeFragment, "?");
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const at = authority.lastIndexOf("@");
  const user = authority.slice(0, Math.max(at, 0));
  const host = authority.slice(at + 1);
  const path = unescaped(slash < 0 ? "" : rest.slice(slash));
  if (!/^[\w.\-:~!$&'()*+,;=%@]*$/.test(user) || unescaped(user) === undefined || unescaped(fragment) === undefined) return undefined;
  return path !== undefined && isHost(host) ? { host, path } : undefined;
}

/** A bracket is only valid around an IPv6 address, so `*` is the only possible wildcard. */
function isHost(host: string): boolean {
  const literal = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  if (literal) return isIPv6(literal[1] ?? "");
  return /^[\w.\-~!$&'()*+,;=\]<>"\u0080-\uffff]*(?::\d*)?$/.test(host);
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function cut(text: string, at: string): string[] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
