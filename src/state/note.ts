import type { Note } from "../check/facts.ts";
import type { Kind } from "../credential/kind.ts";
import { kindNamed } from "../credential/kinds.ts";
import type { Secret } from "../objects.ts";
import { isRegional } from "../secret/azure-words.ts";
import { type Entry, managedBy, readEntries } from "../secret/entry.ts";
import { tokenName } from "../secret/names.ts";
import { unlabeledEntries } from "./existing-secret.ts";

/** What a Secret notes of its first credential; undefined when it is not one of ours. */
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

/** A token's name that was made of a Secret's, in this namespace or in the one that the Secret was copied from. */
function isDerived(identity: string, { metadata: { name, namespace = "" } }: Secret): boolean {
  const [, readable] = /^(.+)-[0-9a-f]{10}$/.exec(identity) ?? [];
  const [, here] = /^(.+)-[0-9a-f]{10}$/.exec(tokenName("", namespace, name)) ?? [];
  return readable !== undefined && (readable === here || readable.endsWith(`-${name}`));
}

const units = [
  { letter: "d", milliseconds: 86_400_000 },
  { letter: "h", milliseconds: 3_600_000 },
] as const;

/** How much later than the end of a lifetime began a Secret may have been written, in milliseconds. */
const proving = 5 * 60_000;

/** The lifetime that was asked for: from when the password was made to its end. */
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

/** When somebody last wrote a field, by the records of field management (meta/v1 ManagedFieldsEntry), in order of time. */
export function timesOf(managedFields: unknown, field: string): string[] {
  const entries = Array.isArray(managedFields) ? (managedFields as { time?: unknown; fieldsV1?: unknown }[]) : [];
  return entries
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes(JSON.stringify(field)))
    .flatMap(({ time }) => (typeof time === "string" ? [time] : []))
    .sort();
}
