import type { Note } from "../check/facts.ts";
import type { Kind } from "../credential/kind.ts";
import { kindNamed } from "../credential/kinds.ts";
import type { Secret } from "../objects.ts";
import { isRegional } from "../secret/azure-words.ts";
import { type Entry, managedBy, readEntries } from "../secret/entry.ts";
import { tokenName } from "../secret/names.ts";
import { unlabeledEntries } from "./existing-secret.ts";

/** Returns what a Secret records of its first credential; undefined if this plugin did not write the Secret. */
export function noteOf(secret: Secret): Note | undefined {
  const unlabeled = unlabeledEntries(secret);
  const entries = readEntries(secret) ?? (unlabeled.length > 0 ? unlabeled : undefined);
  if (!entries) return undefined;
  const { hosts, kind, identity, madeAt, expiresAt }: Entry = entries[0] ?? { hosts: [], kind: "", identity: "" };
  const known = kindNamed(kind);
  return {
    renewal: renewalOf(known),
    hosts: hosts.filter((host, index) => index === 0 || isRegional(hosts[0] ?? "", host)),
    identity,
    widens: known?.creation?.isExtensible ?? false,
    again: known?.again({ identity }, isDerived(identity, secret)) ?? { flags: {} },
    unlabeled: entries === unlabeled ? managedBy.key : undefined,
    expiresAt,
    expiresIn: expiresAt && !known?.renewal?.isShortLived ? lifetime(secret, madeAt, expiresAt) : undefined,
  };
}

const renewalOf = (kind: Kind | undefined): Note["renewal"] => {
  if (!kind) return "unknown";
  return kind.creation ? "made" : "given";
};

/** Whether a token's name was derived from a Secret: from one in this namespace, or from one that this Secret is a copy of. */
function isDerived(identity: string, { metadata: { name, namespace = "" } }: Secret): boolean {
  const [, readable] = /^(.+)-[0-9a-f]{10}$/.exec(identity) ?? [];
  const [, here] = /^(.+)-[0-9a-f]{10}$/.exec(tokenName("", namespace, name)) ?? [];
  return readable !== undefined && (readable === here || readable.endsWith(`-${name}`));
}

const units = [
  { letter: "d", milliseconds: 86_400_000 },
  { letter: "h", milliseconds: 3_600_000 },
] as const;

/** By how much a recorded lifetime may be shorter than the requested one, in milliseconds: proving a new password delays the write. */
const proving = 5 * 60_000;

/** Returns the requested lifetime: the time between the creation of the password and its expiry. */
function lifetime({ metadata }: Secret, madeAt: string | undefined, expiresAt: string): string | undefined {
  const written = madeAt ?? metadata.creationTimestamp;
  const left = written ? new Date(expiresAt).getTime() - new Date(written).getTime() : Number.NaN;
  if (!(left > 0)) return undefined;
  for (const { letter, milliseconds } of units) {
    const whole = Math.ceil(left / milliseconds);
    if (whole * milliseconds - left <= proving) return `${whole}${letter}`;
  }
  return `${Math.ceil(left / 60_000)}m`;
}

/** Returns when a field was written, from the records of field management (meta/v1 ManagedFieldsEntry), in order of time. */
export function timesOf(managedFields: unknown, field: string): string[] {
  const entries = Array.isArray(managedFields) ? (managedFields as { time?: unknown; fieldsV1?: unknown }[]) : [];
  return entries
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes(JSON.stringify(field)))
    .flatMap(({ time }) => (typeof time === "string" ? [time] : []))
    .sort();
}
