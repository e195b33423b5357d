import { parseJson } from "../json.ts";
import { pullSecretKey } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { Sensitive } from "../sensitive.ts";
import { decodeGoBase64 } from "./go.ts";

/** A Secret with the fields that the kubelet reads. `data` values are base64, as in the API. */
export type PullSecret = { readonly name: string; readonly type?: string; readonly data?: Readonly<Record<string, string>> };

/** `server` is the key under `auths`, as written. */
type PullSecretEntry = { readonly server: string; readonly login: Login };

/** The logins of a Secret, or why the kubelet ignores it (`skipped`) or all Secrets of the pod (`malformed`). */
type Reading = { readonly entries: readonly PullSecretEntry[] } | { readonly skipped: string } | { readonly malformed: string };

/**
 * Parses a Secret by the kubelet's rules (k8s.io/kubernetes 1.37, pkg/credentialprovider). These follow Go's JSON decoding, which accepts
 * field names in any case. The error texts are those that a pod shows.
 */
export function readPullSecret(secret: PullSecret): Reading {
  const type = secret.type ?? "Opaque";
  const key = pullSecretKey[type];
  if (key === undefined) return { skipped: `is of type ${type}, not kubernetes.io/dockerconfigjson` };
  const text = Buffer.from(secret.data?.[key] ?? "", "base64").toString();
  if (text === "") return { skipped: `has nothing under ${key}` };
  const document = parseNumbered(text);
  if (document === undefined) return { malformed: `the text under ${key} is not JSON` };
  try {
    return { entries: [...(key === ".dockercfg" ? readDockerConfig(document, "") : readDockerConfigJson(document)).values()] };
  } catch (error) {
    if (error instanceof Malformed) return { malformed: error.message };
    throw error;
  }
}

/** An error with the kubelet's own message. */
class Malformed extends Error {}

const outer = "DockerConfigJSON";

/** By server. A later entry replaces an earlier one. */
type Entries = Map<string, PullSecretEntry>;

function readDockerConfigJson(document: unknown): Entries {
  const root = membersOf(document, `value of type credentialprovider.${outer}`);
  const entries: Entries = new Map();
  for (const auths of named(root, "auths")) {
    if (auths === null) entries.clear();
    for (const [server, entry] of readDockerConfig(auths, `${outer}.auths`)) entries.set(server, entry);
  }
  for (const headers of named(root, "httpheaders")) {
    const members = membersOf(headers, `struct field ${outer}.HttpHeaders of type map[string]string`);
    for (const [, value] of members) asString(value, `struct field ${outer}.HttpHeaders of type string`);
  }
  return entries;
}

/** @param field the path of the map in its Go struct, for messages; empty for the document itself */
function readDockerConfig(auths: unknown, field: string): Entries {
  const at = field === "" ? "value" : `struct field ${field}`;
  const members = membersOf(auths, `${at} of type credentialprovider.DockerConfig`);
  return new Map(
    members.map(([server, value]) => {
      const entry = membersOf(value, `${at} of type credentialprovider.dockerConfigEntryWithAuth`);
      const text = (name: string) =>
        named(entry, name).reduce<string>(
          (before, it) =>
            it === null ? before : asString(it, `struct field ${field || "dockerConfigEntryWithAuth"}.${name} of type string`),
          "",
        );
      const [username = "", password = "", , auth = ""] = ["username", "password", "email", "auth"].map(text);
      return [server, { server, login: auth === "" ? { username, password: new Sensitive(password) } : readAuth(auth) }];
    }),
  );
}

/** `auth` overrides username and password. */
function readAuth(auth: string): Login {
  const bytes = decodeGoBase64(auth);
  if (typeof bytes === "number") throw new Malformed(`illegal base64 data at input byte ${bytes}`);
  const [, username, password] = /^([^:]*):(.*)$/s.exec(bytes.toString()) ?? [];
  if (username === undefined || password === undefined)
    throw new Malformed("unable to parse auth field, must be formatted as base64(username:password)");
  return { username, password: new Sensitive(password) };
}

type Member = readonly [name: string, value: unknown];

/** Returns the values of a field in any case. In Go, the last one applies. */
const named = (members: readonly Member[], name: string): unknown[] =>
  members.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));

/** Parses JSON, or returns undefined. Numbers each name, because JSON.parse keeps only the last of several members of one name. */
function parseNumbered(text: string): unknown {
  let count = 0;
  const number = (string: string, colon?: string) => (colon === undefined ? string : `"${count++}:${string.slice(1)}`);
  return parseJson(text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"(?=(\s*:)?)/g, number));
}

/** Returns the members of a numbered object, in the order of the text. */
function membersOf(value: unknown, where: string): readonly Member[] {
  if (value === null) return [];
  if (!isObject(value)) throw unmarshal(value, where);
  return Object.entries(value).map(([name, member]) => [name.slice(name.indexOf(":") + 1), member]);
}

function asString(value: unknown, where: string): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw unmarshal(value, where);
}

function unmarshal(value: unknown, where: string): Malformed {
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return new Malformed(`json: cannot unmarshal ${kind} into Go ${where}`);
}

/** A key under `auths` for output. A key that is a URL can contain a password: `https://user:password@host`. */
export const printableServer = (server: string): string => server.replace(/^((?:\w+:)?\/\/)?[^/]*@/, "$1***@");

/**
 * Returns the servers for which a pull secret has logins, as written. Includes malformed logins.
 * @returns undefined if it is not a pull secret, or if its text can't hold logins
 */
export function serversOf({ type = "Opaque", data }: PullSecret): string[] | undefined {
  const key = pullSecretKey[type];
  const text = Buffer.from((key && data?.[key]) ?? "", "base64").toString();
  const document = parseNumbered(text);
  if (!isObject(document)) return undefined;
  const auths = key === ".dockercfg" ? [document] : named(membersOf(document, ""), "auths").filter(isObject);
  return [...new Set(auths.flatMap((each) => membersOf(each, "").map(([server]) => server)))];
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
