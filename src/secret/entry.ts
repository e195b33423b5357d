import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { isSameTime } from "../timestamp.ts";

/**
 * What is noted of one login in a Secret: enough for a later run to know what it holds, to renew it, or to take back exactly
 * what was made. Never a secret's text.
 */
export type Entry = {
  /** The keys under `auths` that have this login. */
  readonly hosts: readonly string[];
  /** The kind of credential, as written: what a newer version wrote is kept as it is. */
  readonly kind: string;
  /** What authenticates: an ACR token's name, a user name. */
  readonly identity: string;
  /** Which of its passwords is inside: `password1`, `password2`. */
  readonly slot?: string;
  /** When that password was made, by Azure's clock (RFC 3339): the slot is only ours while Azure shows the same. */
  readonly madeAt?: string;
  /** RFC 3339; absent when the credential does not expire. */
  readonly expiresAt?: string;
  /** By whom it was made, as Azure calls the identity. */
  readonly by?: string;
  /** The password that was inside before the last rotation; it works until it is retired. */
  readonly previous?: Previous;
  /** It was added to a Secret that somebody else made. */
  readonly beside?: true;
};

/** One password of a credential: exactly the one that was made then, and no later one in the same slot. */
export type Password = Pick<Entry, "slot" | "madeAt">;

/** A password that another has taken the place of. `until`: when it is to be retired (RFC 3339); absent: at the next rotation. */
export type Previous = Password & { readonly until?: string };

export const managedBy = { key: "app.kubernetes.io/managed-by", value: "kubectl-acr-secret" };

/** The annotation that holds the entries: a JSON list. */
export const loginsNote = "acr-secret/logins";

/** The labels and annotations that say what a Secret holds. */
export function noteEntries(entries: readonly Entry[]): { labels: Record<string, string>; annotations: Record<string, string> } {
  return { labels: { [managedBy.key]: managedBy.value }, annotations: { [loginsNote]: JSON.stringify(entries) } };
}

/**
 * What a Secret says of its logins; none when that cannot be read, undefined when we neither made it nor added a login to it, which
 * leaves the label to its owner.
 */
export function readEntries(secret: Pick<Secret, "metadata">): readonly Entry[] | undefined {
  const noted = readAnnotation(secret) ?? [];
  if (isOurs(secret)) return noted;
  const added = noted.filter(({ beside }) => beside === true);
  return added.length === 0 ? undefined : added;
}

/**
 * Returns the logins that the annotation names, whatever tool the label names: other tools overwrite the label and leave the annotation.
 * @returns none without an annotation; undefined if it is not the list that this plugin writes
 */
export const readAnnotation = ({ metadata }: Pick<Secret, "metadata">): readonly Entry[] | undefined => {
  const text = metadata.annotations?.[loginsNote];
  return text === undefined ? [] : parseNote(text);
};

/** Whether a Secret has the label of those that this plugin made. */
export const isOurs = ({ metadata }: Pick<Secret, "metadata">): boolean => metadata.labels?.[managedBy.key] === managedBy.value;

function parseNote(text: string): Entry[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.flatMap(readEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** Anybody in the namespace can write the note, so every field is looked at. Fields that we do not know stay on it. */
function readEntry(value: unknown): Entry[] {
  if (typeof value !== "object" || value === null) return [];
  const { hosts, kind, identity, slot, madeAt, expiresAt, by, previous } = value as Record<string, unknown>;
  const whole = Array.isArray(hosts) && hosts.every(isText) && isText(kind) && isText(identity);
  return whole && areTexts([slot, madeAt, expiresAt, by]) && isPrevious(previous) ? [value as Entry] : [];
}

const isText = (it: unknown): it is string => typeof it === "string";

const areTexts = (all: readonly unknown[]) => all.every((it) => it === undefined || isText(it));

function isPrevious(it: unknown): boolean {
  if (it === undefined) return true;
  if (typeof it !== "object" || it === null) return false;
  const { slot, madeAt, until } = it as Record<string, unknown>;
  return areTexts([slot, madeAt, until]);
}

/** Whether two notes are of the same password. */
export const sameLogin = (a: Entry, b: Entry): boolean =>
  a.kind === b.kind && a.identity === b.identity && a.slot === b.slot && (a.madeAt === b.madeAt || isSameTime(a.madeAt, b.madeAt));

/** Whether two notes say the same, in whatever order. */
export const sameEntry = (a: Entry, b: Entry): boolean =>
  sameLogin(a, b) && a.expiresAt === b.expiresAt && String(a.hosts) === String(b.hosts);

/** The entry of a registry, among those of a Secret. */
export const entryFor = (entries: readonly Entry[] | undefined, host: string): Entry | undefined =>
  entries?.find(({ hosts }) => hosts.includes(host));

/** Identifies a user name with its password, without their text. */
export const fingerprint = ({ username, password }: Login): string => password.hash(username);
