import { parseJson } from "../json.ts";
import { managedBy, type Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { isSameTime } from "../timestamp.ts";

/**
 * The record of one login in a Secret. With it, a later run knows what the Secret holds, and can renew it or revoke exactly what was
 * created. Never contains a secret's text.
 */
export type Entry = {
  /** The keys under `auths` that have this login. */
  readonly hosts: readonly string[];
  /** The kind of credential, as written: a kind of a newer version is kept unchanged. */
  readonly kind: string;
  /** The identity: an ACR token's name, a user name. */
  readonly identity: string;
  /** The slot of the password: `password1`, `password2`. */
  readonly slot?: string;
  /**
   * The creation time of the password, by Azure's clock (RFC 3339). The slot belongs to this Secret only while Azure shows the same time.
   */
  readonly madeAt?: string;
  /** RFC 3339; absent if the credential does not expire. */
  readonly expiresAt?: string;
  /** The identity that created it, as Azure names it. */
  readonly by?: string;
  /** The password before the last rotation. It works until it is retired. */
  readonly previous?: Previous;
};

/** One password of a credential: exactly the one that was created then, and no later one in the same slot. */
export type Password = Pick<Entry, "slot" | "madeAt">;

/** A password that was replaced. `until`: when to retire it (RFC 3339); absent: at the next rotation. */
export type Previous = Password & { readonly until?: string };

/** The annotation for the entries: a JSON list. */
export const loginsAnnotation = "acr-secret/logins";

/** The labels and annotations for the logins of a Secret. */
export function entryMetadata(entries: readonly Entry[]): { labels: Record<string, string>; annotations: Record<string, string> } {
  return { labels: { [managedBy.key]: managedBy.value }, annotations: { [loginsAnnotation]: JSON.stringify(entries) } };
}

/** Returns the entries of a Secret of this plugin, none if they cannot be parsed; undefined for any other Secret. */
export const readEntries = (secret: Pick<Secret, "metadata">): readonly Entry[] | undefined =>
  isOurs(secret) ? (readAnnotation(secret) ?? []) : undefined;

/**
 * Returns the logins that the annotation names, whatever tool the label names: other tools overwrite the label and leave the annotation.
 * @returns none without an annotation; undefined if it is not the list that this plugin writes
 */
export const readAnnotation = ({ metadata }: Pick<Secret, "metadata">): readonly Entry[] | undefined => {
  const text = metadata.annotations?.[loginsAnnotation];
  return text === undefined ? [] : parseAnnotation(text);
};

/** Whether a Secret has this plugin's label. */
export const isOurs = ({ metadata }: Pick<Secret, "metadata">): boolean => metadata.labels?.[managedBy.key] === managedBy.value;

function parseAnnotation(text: string): Entry[] | undefined {
  const list = parseJson(text);
  return Array.isArray(list) ? list.filter(isEntry) : undefined;
}

/** Anyone in the namespace can write the annotation, so every field is checked. Unknown fields are kept. */
function isEntry(value: unknown): value is Entry {
  if (!hasTexts(value, "slot", "madeAt", "expiresAt", "by")) return false;
  const { hosts, kind, identity, previous = {} } = value;
  return (
    Array.isArray(hosts) &&
    [...hosts, kind, identity].every((it) => typeof it === "string") &&
    hasTexts(previous, "slot", "madeAt", "until")
  );
}

/** Whether a value is an object in which each of these members is a text or absent. */
const hasTexts = (value: unknown, ...names: readonly string[]): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  names.every((name) => ["string", "undefined"].includes(typeof (value as Record<string, unknown>)[name]));

/** Whether two entries are of the same password. */
export const sameLogin = (a: Entry, b: Entry): boolean =>
  a.kind === b.kind && a.identity === b.identity && a.slot === b.slot && (a.madeAt === b.madeAt || isSameTime(a.madeAt, b.madeAt));

/** Whether two entries are equal; the order of their fields does not matter. */
export const sameEntry = (a: Entry, b: Entry): boolean =>
  sameLogin(a, b) && a.expiresAt === b.expiresAt && String(a.hosts) === String(b.hosts);

/** The entry of a registry, among those of a Secret. */
export const entryFor = (entries: readonly Entry[] | undefined, host: string): Entry | undefined =>
  entries?.find(({ hosts }) => hosts.includes(host));

/** Identifies a user name with its password, without their text. */
export const fingerprint = ({ username, password }: Login): string => password.hash(username);
