import type { Secret } from "../objects.ts";
import { claimNote } from "./claim.ts";
import { sketchConfig, withoutLogin } from "./docker-config.ts";
import { type Entry, isOurs, loginsNote } from "./entry.ts";
import { aside, nothingAside } from "./pull-secret.ts";
import { asPullSecret, shapeNamed, shapeOf, shapes } from "./shapes.ts";

/** The logins to remove from a Secret, and whether their entries stay for now. */
type Withdrawal = { readonly entries: readonly Entry[]; readonly noted?: true };

const config = ".dockerconfigjson";

/** The merge patch that removes logins from a Secret, with the version that was read as the precondition. */
export function withdrawalPatch(secret: Secret, { entries, noted }: Withdrawal): object {
  const data = { ...loginsAfter(secret, entries), ...(noted ? keptLogins(secret, entries) : nothingAside(secret)) };
  const annotations = noted ? undefined : { [loginsNote]: null, [claimNote]: null };
  return { metadata: { resourceVersion: secret.metadata.resourceVersion, annotations }, data };
}

/** The text with the logins that are removed now. */
function keptLogins(secret: Secret, entries: readonly Entry[]): { readonly [aside]?: string } {
  const text = isWithdrawn(secret, { entries, noted: true }) ? undefined : asPullSecret(secret).data?.[config];
  return text === undefined ? {} : { [aside]: text };
}

/** Whether a Secret has none of these logins any more; without entries, not even under the key for withdrawn logins. */
export function isWithdrawn(secret: Secret, { entries, noted }: Withdrawal): boolean {
  const { data = {} } = secret;
  const left = Object.entries(loginsAfter(secret, entries)).every(([key, value]) => (value ?? undefined) === data[key]);
  return left && (noted === true || data[aside] === undefined || isOurs(secret));
}

/** Returns a Secret as it was before its logins were removed. */
export function asBefore(secret: Secret): Secret {
  const { [aside]: before } = secret.data ?? {};
  return before === undefined ? secret : { ...secret, type: shapes["pull-secret"].type, data: { [config]: before } };
}

/** Empties a Secret of this plugin. From another Secret, removes only the merged logins. `null` deletes the key. */
function loginsAfter(secret: Secret, entries: readonly Entry[]): Readonly<Record<string, string | null>> {
  const { [aside]: _, ...data } = secret.data ?? {};
  if (isOurs(secret)) {
    const gone = Object.fromEntries(Object.keys(data).map((key) => [key, null]));
    return { ...gone, ...shapeNamed(shapeOf(secret)).fill(sketchConfig) };
  }
  const { [config]: text } = data;
  if (text === undefined) return {};
  return { [config]: entries.flatMap(({ hosts }) => hosts).reduce(withoutLogin, text) };
}
