import { isIPv6 } from "node:net";
import { isRegional } from "./login-server.ts";

/**
 * The keys under `auths` of a docker config: `myregistry.azurecr.io`, `https://myregistry.azurecr.io/v1/`, `myregistry.azurecr.io/team`,
 * `*.azurecr.io`.
 */

const withoutScheme = (server: string): string => server.replace(/^https?:\/\//, "");

/** Returns the host of a key, with its port. */
export const hostOf = (server: string): string => withoutScheme(server).split("/", 1)[0] ?? "";

/** Whether a key names a registry: as a host, as a URL, or with a path. */
export const isKeyOf = (host: string, server: string): boolean => hostOf(server) === host;

/**
 * Whether a login under a key pulls from a registry. The key can contain a port, `*` in place of a label, or a regional host of the
 * registry.
 */
export function servesHost(server: string, host: string): boolean {
  const key = hostOf(server).toLowerCase().replace(/:\d+$/, "");
  const [name = ""] = host.split(".");
  const sample = key.split(".").map((part, at) => (part.includes("*") ? (at === 0 ? name : "any") : part));
  return key === host.toLowerCase() || isRegional(host, sample.join(".")) || matchesHost(key, host);
}

function matchesHost(server: string, host: string): boolean {
  const key = kubeletKey(server);
  return key !== undefined && (matchesKey(key, `${host}/`) || (isDockerHub(host) && key === "index.docker.io"));
}

/** The kubelet also treats a host without dot and port, such as `localhost`, as Docker Hub here. */
export const isDockerHub = (host: string) => host === "docker.io" || !/[.:]/.test(host);

/** The kubelet's key of an `auths` entry: host and path, without scheme and without a leading /v1/ or /v2/. */
export function kubeletKey(server: string): string | undefined {
  const url = splitUrl(withoutScheme(server));
  if (url === undefined) return undefined;
  const path = /^\/v[12]\//.test(url.path) ? url.path.slice(3) : url.path;
  return path === "/" ? url.host : url.host + path;
}

/**
 * Whether the kubelet's key matches an image (`host/repository`; k8s.io/kubernetes 1.37, pkg/credentialprovider/keyring.go). Compares the
 * port, and each label of the host with wildcards. The path is a plain prefix, so `host/team` matches `host/team2/app`.
 */
export function matchesKey(key: string, image: string): boolean {
  const [glob, target] = [splitUrl(key), splitUrl(image)];
  if (glob === undefined || target === undefined || !target.path.startsWith(glob.path)) return false;
  const [pattern, host] = [splitPort(glob.host), splitPort(target.host)];
  return (
    pattern.port === host.port &&
    pattern.labels.length === host.labels.length &&
    pattern.labels.every((label, index) => matchesLabel(label, host.labels[index] ?? ""))
  );
}

function splitPort(host: string): { labels: string[]; port: string } {
  const [, bracketed, name, port = ""] = /^(?:\[([^\]]*)\]|([^[\]]*)):(\d*)$/.exec(host) ?? [];
  return { labels: (bracketed ?? name ?? host).split("."), port };
}

/** `*` matches any text within a label. Go reads an IPv6 address without a port as a character class, so it matches nothing. */
function matchesLabel(glob: string, label: string): boolean {
  if (glob.startsWith("[")) return false;
  const [first = "", ...rest] = glob.split("*");
  const last = rest.pop();
  if (last === undefined) return glob === label;
  if (!label.startsWith(first) || !label.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = label.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  // The start and the end of the label must not overlap
  return at <= label.length - last.length;
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
