import type { Secret } from "../objects.ts";
import { claimAnnotation } from "./claim.ts";
import { emptyConfig, withoutLogin } from "./docker-config.ts";
import { type Entry, isOurs, loginsAnnotation } from "./entry.ts";
import { noWithdrawnLogins, withdrawnKey } from "./pull-secret.ts";
import { asPullSecret, shapeNamed, shapeOf, shapes } from "./shapes.ts";

/** The logins to remove from a Secret, and whether their entries stay for now. */
type Withdrawal = { readonly entries: readonly Entry[]; readonly keepsAnnotation?: true };

const config = ".dockerconfigjson";

/** The merge patch that removes logins from a Secret, with the version that was read as the precondition. */
export function withdrawalPatch(secret: Secret, { entries, keepsAnnotation }: Withdrawal): object {
  const data = { ...loginsAfter(secret, entries), ...(keepsAnnotation ? keptLogins(secret, entries) : noWithdrawnLogins(secret)) };
  const annotations = keepsAnnotation ? undefined : { [loginsAnnotation]: null, [claimAnnotation]: null };
  return { metadata: { resourceVersion: secret.metadata.resourceVersion, annotations }, data };
}

/** The text with the logins that are removed now. */
function keptLogins(secret: Secret, entries: readonly Entry[]): { readonly [withdrawnKey]?: string } {
  const text = isWithdrawn(secret, { entries, keepsAnnotation: true }) ? undefined : asPullSecret(secret).data?.[config];
  return text === undefined ? {} : { [withdrawnKey]: text };
}

/** Whether a Secret has none of these logins any more; without entries, not even under the key for withdrawn logins. */
export function isWithdrawn(secret: Secret, { entries, keepsAnnotation }: Withdrawal): boolean {
  const { data = {} } = secret;
  const left = Object.entries(loginsAfter(secret, entries)).every(([key, value]) => (value ?? undefined) === data[key]);
  return left && (keepsAnnotation === true || data[withdrawnKey] === undefined || isOurs(secret));
}

/** Returns a Secret as it was before its logins were removed. */
export function asBefore(secret: Secret): Secret {
  const { [withdrawnKey]: before } = secret.data ?? {};
  return before === undefined ? secret : { ...secret, type: shapes["pull-secret"].type, data: { [config]: before } };
}

/** Empties a Secret of this plugin. From another Secret, removes only the merged logins. `null` deletes the key. */
function loginsAfter(secret: Secret, entries: readonly Entry[]): Readonly<Record<string, string | null>> {
  const { [withdrawnKey]: _, ...data } = secret.data ?? {};
  if (isOurs(secret)) {
    const gone = Object.fromEntries(Object.keys(data).map((key) => [key, null]));
    return { ...gone, ...shapeNamed(shapeOf(secret)).fill(emptyConfig) };
  }
  const { [config]: text } = data;
  if (text === undefined) return {};
  return { [config]: entries.flatMap(({ hosts }) => hosts).reduce(withoutLogin, text) };
}
