import { pullSecretKey } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { decodeGoBase64 } from "./go.ts";

/** A Secret as far as the kubelet looks at it. `data` values are base64, as the API gives them. */
export type PullSecret = { readonly name: string; readonly type?: string; readonly data?: Readonly<Record<string, string>> };

/** One login of a pull secret; `server` is the key under `auths` as it is written. */
export type Entry = { readonly server: string; readonly login: Login };

/** What the kubelet makes of one Secret: its logins, or no use of it and why, or an error that ends the whole lookup. */
export type Reading = { readonly entries: readonly Entry[] } | { readonly skipped: string } | { readonly malformed: string };

/**
 * Reads a Secret by the kubelet's rules (k8s.io/kubernetes 1.37, pkg/credentialprovider): Go's JSON decoding, which takes field
 * names in any case, wins over our own taste here, and its error texts are the ones that a pod shows.
 */
export function readPullSecret(secret: PullSecret): Reading {
  const type = secret.type ?? "Opaque";
  const key = pullSecretKey[type];
  if (key === undefined) return { skipped: `is of type ${type}, not kubernetes.io/dockerconfigjson` };
  const text = Buffer.from(secret.data?.[key] ?? "", "base64").toString();
  if (text === "") return { skipped: `has nothing under ${key}` };
  try {
    const document: unknown = JSON.parse(text);
    return { entries: key === ".dockercfg" ? readDockerConfig(document, "") : readDockerConfigJson(document) };
  } catch (error) {
    // The API server refuses a Secret whose text is no JSON, so V8's own words, which quote that text, are never needed.
    return { malformed: error instanceof Malformed ? error.message : `the text under ${key} is not JSON` };
  }
}

/** An error whose message is the kubelet's own. */
class Malformed extends Error {}

const outer = "DockerConfigJSON";

function readDockerConfigJson(document: unknown): Entry[] {
  const root = asObject(document, `value of type credentialprovider.${outer}`);
  const entries = fields(root, "auths").map((auths) => readDockerConfig(auths, `${outer}.auths`));
  for (const headers of fields(root, "httpheaders")) {
    const map = asObject(headers, `struct field ${outer}.HttpHeaders of type map[string]string`);
    for (const value of Object.values(map)) asString(value, `struct field ${outer}.HttpHeaders of type string`);
  }
  return entries.flat();
}

/** @param field where the map stands in its Go struct, for messages; empty at the top */
function readDockerConfig(auths: unknown, field: string): Entry[] {
  const at = field === "" ? "value" : `struct field ${field}`;
  const map = asObject(auths, `${at} of type credentialprovider.DockerConfig`);
  return Object.entries(map).map(([server, value]) => {
    const entry = asObject(value, `${at} of type credentialprovider.dockerConfigEntryWithAuth`);
    const text = (name: string) =>
      fields(entry, name).reduce<string>(
        (before, it) =>
          it === null ? before : asString(it, `struct field ${field || "dockerConfigEntryWithAuth"}.${name} of type string`),
        "",
      );
    const [username = "", password = "", , auth = ""] = ["username", "password", "email", "auth"].map(text);
    return { server, login: auth === "" ? { username, password: new Sensitive(password) } : readAuth(auth) };
  });
}

/** `auth` wins over username and password, and a bad one spoils every Secret of the pod. */
function readAuth(auth: string): Login {
  const bytes = decodeGoBase64(auth);
  if (typeof bytes === "number") throw new Malformed(`illegal base64 data at input byte ${bytes}`);
  const [, username, password] = /^([^:]*):(.*)$/s.exec(bytes.toString()) ?? [];
  if (username === undefined || password === undefined)
    throw new Malformed("unable to parse auth field, must be formatted as base64(username:password)");
  return { username, password: new Sensitive(password) };
}

/** Every value of a field, whatever the case of its name: later ones win in Go. */
const fields = (of: Record<string, unknown>, name: string): unknown[] =>
  Object.entries(of).flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw unmarshal(value, where);
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

/**
 * The servers that a pull secret has logins for, as written, also where one of the logins spoils it for the kubelet.
 * @returns undefined for what is no pull secret, or holds no document that could have any
 */
export function serversOf({ type = "Opaque", data }: PullSecret): string[] | undefined {
  const key = pullSecretKey[type];
  if (key === undefined) return undefined;
  try {
    const document: unknown = JSON.parse(Buffer.from(data?.[key] ?? "", "base64").toString());
    if (!isObject(document)) return undefined;
    if (key === ".dockercfg") return Object.keys(document);
    const auths = Object.entries(document).flatMap(([name, value]) => (name.toLowerCase() === "auths" && isObject(value) ? [value] : []));
    return auths.flatMap((each) => Object.keys(each));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
