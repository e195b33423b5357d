import { membersAt, parseObject } from "../json.ts";
import { pullSecretKey } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { Sensitive } from "../secret/sensitive.ts";
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
  try {
    JSON.parse(text);
    return { entries: entriesOf(key === ".dockercfg" ? readDockerConfig(text, "") : readDockerConfigJson(text)) };
  } catch (error) {
    // V8's message would quote the secret text. The API server rejects such a Secret anyway
    return { malformed: error instanceof Malformed ? error.message : `the text under ${key} is not JSON` };
  }
}

/** An error with the kubelet's own message. */
class Malformed extends Error {}

const outer = "DockerConfigJSON";

/** The logins by their server. A later one replaces an earlier one. */
type Logins = Map<string, Login>;

const entriesOf = (logins: Logins) => [...logins].map(([server, login]) => ({ server, login }));

function readDockerConfigJson(text: string): Logins {
  let logins: Logins = new Map();
  for (const [name, value] of membersOf(text, `value of type credentialprovider.${outer}`)) {
    if (name.toLowerCase() === "auths") {
      const more = readDockerConfig(value, `${outer}.auths`);
      logins = value === "null" ? more : new Map([...logins, ...more]);
    }
    if (name.toLowerCase() !== "httpheaders") continue;
    for (const [, header] of membersOf(value, `struct field ${outer}.HttpHeaders of type map[string]string`))
      readString(header, `struct field ${outer}.HttpHeaders of type string`);
  }
  return logins;
}

/** @param field the path of the map in its Go struct, for messages; empty for the document itself */
function readDockerConfig(auths: string, field: string): Logins {
  const at = field === "" ? "value" : `struct field ${field}`;
  const entries = membersOf(auths, `${at} of type credentialprovider.DockerConfig`);
  return new Map(
    entries.map(([server, entry]) => {
      const texts: Record<string, string> = {};
      for (const [member, value] of membersOf(entry, `${at} of type credentialprovider.dockerConfigEntryWithAuth`)) {
        const name = member.toLowerCase();
        if (!["username", "password", "email", "auth"].includes(name)) continue;
        texts[name] = readString(value, `struct field ${field || "dockerConfigEntryWithAuth"}.${name} of type string`) ?? texts[name] ?? "";
      }
      const { username = "", password = "", auth = "" } = texts;
      return [server, auth === "" ? { username, password: new Sensitive(password) } : readAuth(auth)];
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

/** Returns the members of an object, or of null, with their JSON. */
function membersOf(json: string, where: string): (readonly [name: string, json: string])[] {
  if (isObject(json)) return membersAt(json, json.indexOf("{")).map(({ key, from, to }) => [key, json.slice(from, to)]);
  if (json.trim() === "null") return [];
  throw unmarshal(JSON.parse(json), where);
}

const isObject = (json: string) => /^\s*\{/.test(json);

/** @returns undefined for null */
function readString(json: string, where: string): string | undefined {
  if (json === "null") return undefined;
  if (json.startsWith('"')) return JSON.parse(json) as string;
  throw unmarshal(JSON.parse(json), where);
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
  if (key === undefined) return undefined;
  const text = Buffer.from(data?.[key] ?? "", "base64").toString();
  if (!isObject(text) || !parseObject(text)) return undefined;
  const auths = membersOf(text, "").flatMap(([name, value]) => (name.toLowerCase() === "auths" && isObject(value) ? [value] : []));
  return [...new Set((key === ".dockercfg" ? [text] : auths).flatMap((each) => membersOf(each, "").map(([server]) => server)))];
}
