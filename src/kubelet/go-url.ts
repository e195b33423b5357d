import { isIPv6 } from "node:net";

/** Host (with port, as written) and unescaped path of a URL. */
export type HostPath = { readonly host: string; readonly path: string };

/**
 * Splits a URL without its scheme as Go's net/url (1.26) splits `https://…`: query and fragment are dropped, the user part too.
 * @returns undefined where Go refuses it, and for escapes that no image name can ever equal
 */
export function splitUrl(schemeless: string): HostPath | undefined {
  const [beforeFragment = "", fragment = ""] = cut(schemeless, "#");
  if ([...beforeFragment].some(isControl)) return undefined;
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

/** A bracket is only good around an IPv6 address, which leaves `*` as the one wildcard that gets through. */
function isHost(host: string): boolean {
  const literal = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  if (literal) return isIPv6(literal[1] ?? "");
  return /^[\w.\-~!$&'()*+,;=\]<>"\u0080-\uffff]*(?::\d*)?$/.test(host);
}

const isControl = (char: string) => char < " " || char === "\x7f";

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
