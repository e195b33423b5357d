import type { Login } from "../registry/port.ts";

/** A config without a login. Dry runs print it, and rehearsals send it, before the password is created. */
export const emptyConfig = '{"auths":{}}';

/**
 * Returns the text of a kubernetes.io/dockerconfigjson Secret with one login. It equals `kubectl create secret docker-registry` byte for
 * byte, so a rerun of either changes nothing.
 * @param servers the key under `auths`: a login server as images name it, `myregistry.azurecr.io`; or several with the same login
 */
export function encodeDockerConfig(servers: string | readonly string[], login: Login): string {
  return goJson({ auths: Object.fromEntries([servers].flat().map((server) => [server, auth(login)])) });
}

function auth({ username, password: sensitive }: Login): object {
  const password = sensitive.reveal();
  return { username, password, auth: Buffer.from(`${username}:${password}`).toString("base64") };
}

/**
 * Adds a login to a Secret's text, or replaces it. Every other byte stays. Later members override earlier ones (Go's encoding/json, which
 * accepts field names in any case).
 * @param data under `.dockerconfigjson`, as the API server accepted it: base64 of JSON
 * @param server the key under `auths`
 */
export function withLogin(data: string, server: string, login: Login): string {
  const text = Buffer.from(data, "base64").toString("latin1");
  return Buffer.from(inserted(text, server, login), "latin1").toString("base64");
}

function inserted(text: string, server: string, login: Login): string {
  const root = text.search(/\S/);
  if (text[root] !== "{") return bytes(encodeDockerConfig(server, login));
  const auths = authsIn(text).at(-1);
  if (auths === undefined || text[auths.from] !== "{") return appended(text, root, bytes(encodeDockerConfig(server, login).slice(1, -1)));
  const existing = membersAt(text, auths.from).findLast(isNamed(server));
  const value = bytes(goJson(auth(login)));
  if (existing) return `${text.slice(0, existing.from)}${value}${text.slice(existing.to)}`;
  return appended(text, auths.from, `${bytes(goJson(server))}:${value}`);
}

/**
 * Removes a login from a Secret's text. Every other byte stays, except for the comma next to the login.
 * @param data under `.dockerconfigjson`, as the API server accepted it: base64 of JSON
 * @param server the key under `auths`
 */
export function withoutLogin(data: string, server: string): string {
  const text = Buffer.from(data, "base64").toString("latin1");
  const cuts = authsIn(text).flatMap(({ from }) => cutsIn(text[from] === "{" ? membersAt(text, from) : [], server));
  // In one pass: anyone in the namespace can write the same key many thousand times
  const kept = cuts.map(([from], at) => text.slice(cuts[at - 1]?.[1] ?? 0, from));
  return Buffer.from(`${kept.join("")}${text.slice(cuts.at(-1)?.[1] ?? 0)}`, "latin1").toString("base64");
}

/** Returns the start and the end of each member with this name, with the comma next to it. */
function cutsIn(members: readonly JsonMember[], name: string): (readonly [from: number, to: number])[] {
  const isCut = isNamed(name);
  const firstKept = members.findIndex((member) => !isCut(member));
  return members.flatMap(({ key, start, to }, at) => {
    if (!isCut({ key })) return [];
    const isAfterKept = firstKept >= 0 && firstKept < at;
    return [isAfterKept ? [members[at - 1]?.to ?? start, to] : [start, members[at + 1]?.start ?? to]];
  });
}

/** The members with the logins. Go merges them, until one is null. */
function authsIn(text: string): readonly JsonMember[] {
  const root = text.search(/\S/);
  return text[root] === "{" ? membersAt(text, root).filter(({ key }) => key.toLowerCase() === "auths") : [];
}

/** Adds a member at the end of an object's text. @param at the position of the object's brace */
function appended(text: string, at: number, member: string): string {
  const last = membersAt(text, at).at(-1);
  const to = last?.to ?? at + 1;
  return `${text.slice(0, to)}${last ? "," : ""}${member}${text.slice(to)}`;
}

/** The bytes of a text (UTF-8), one character each. */
const bytes = (text: string): string => Buffer.from(text).toString("latin1");

/** Finds a name in a text of bytes, as UTF-8 or with escapes. */
const isNamed =
  (name: string) =>
  ({ key }: { readonly key: string }) =>
    key === name || key === bytes(name);

/** The text of a config as a value of a Secret's `data`. */
export const configData = (config: string): string => Buffer.from(config).toString("base64");

/** Formats JSON like Go's encoding/json: compact, with escaped HTML characters. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A member of an object in a JSON text (RFC 8259): the position of its name, and those of its value. */
type JsonMember = { readonly key: string; readonly start: number; readonly from: number; readonly to: number };

/**
 * Returns the members of an object, for a change that leaves every other character of the text unchanged.
 * @param text valid JSON
 * @param at the position of the object's brace
 */
export function membersAt(text: string, at: number): JsonMember[] {
  const members: JsonMember[] = [];
  for (let name = next(text, at + 1); text[name] !== "}"; ) {
    const named = endOf(text, name);
    const from = next(text, named);
    const to = endOf(text, from);
    members.push({ key: JSON.parse(text.slice(name, named)) as string, start: name, from, to });
    name = next(text, to);
  }
  return members;
}

const between = /[\s:,]*/y;
const scalar = /"(?:[^"\\]|\\.)*"|[^\s,:{}[\]"]+/y;

/** The position of the next name, value or bracket. */
const next = (text: string, at: number): number => after(between, text, at);

/** The end of the value that starts at a position. Not recursive, because anyone can write deeply nested values. */
function endOf(text: string, at: number): number {
  let depth = 0;
  let end = at;
  do {
    const from = next(text, end);
    const open = "{[".includes(text[from] as string);
    const close = "}]".includes(text[from] as string);
    if (open) depth++;
    if (close) depth--;
    end = open || close ? from + 1 : after(scalar, text, from);
  } while (depth > 0);
  return end;
}

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.exec(text);
  return pattern.lastIndex;
}
