import type { Secret } from "../objects.ts";
import { emptyConfig } from "./docker-config.ts";
import { withdrawnKey } from "./pull-secret.ts";
import { asPullSecret, shapeNamed, shapeOf, shapes } from "./shapes.ts";

const config = ".dockerconfigjson";

/**
 * The merge patch that removes the logins from a Secret of this plugin and keeps them under another key until they are revoked. The
 * version that was read is the precondition.
 */
export function withdrawalPatch(secret: Secret): object {
  const text = isWithdrawn(secret) ? undefined : asPullSecret(secret).data?.[config];
  const kept = text === undefined ? {} : { [withdrawnKey]: text };
  return { metadata: { resourceVersion: secret.metadata.resourceVersion }, data: { ...loginsAfter(secret), ...kept } };
}

/** Whether a Secret has no login any more, except under the key for withdrawn logins. */
export const isWithdrawn = (secret: Secret): boolean =>
  Object.entries(loginsAfter(secret)).every(([key, value]) => (value ?? undefined) === secret.data?.[key]);

/** Returns a Secret as it was before its logins were removed. */
export function asBefore(secret: Secret): Secret {
  const { [withdrawnKey]: before } = secret.data ?? {};
  return before === undefined ? secret : { ...secret, type: shapes["pull-secret"].type, data: { [config]: before } };
}

/** The data of an empty Secret. `null` deletes the key. */
function loginsAfter(secret: Secret): Readonly<Record<string, string | null>> {
  const { [withdrawnKey]: _, ...data } = secret.data ?? {};
  const gone = Object.fromEntries(Object.keys(data).map((key) => [key, null]));
  return { ...gone, ...shapeNamed(shapeOf(secret)).fill(emptyConfig) };
}
