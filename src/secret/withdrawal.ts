import type { Secret } from "../objects.ts";
import { claimNote } from "./claim.ts";
import { sketchConfig, withoutLogin } from "./docker-config.ts";
import { type Entry, isOurs, loginsNote } from "./entry.ts";
import { aside } from "./pull-secret.ts";
import { asPullSecret, shapeNamed, shapeOf, shapes } from "./shapes.ts";

/** The logins to remove from a Secret, and whether their entries stay for now. */
export type Withdrawal = { readonly entries: readonly Entry[]; readonly noted?: true };

const config = ".dockerconfigjson";

/** The merge patch that removes logins from a Secret, with the version that was read as the precondition. */
export function withdrawalPatch(secret: Secret, withdrawal: Withdrawal): object {
  const { resourceVersion } = secret.metadata;
  const notes = withdrawal.noted ? {} : { annotations: { [loginsNote]: null, [claimNote]: null } };
  return { metadata: { resourceVersion, ...notes }, data: dataAfter(secret, withdrawal) };
}

/** Returns the Secret after that patch. */
export function withdrawnSecret(secret: Secret, withdrawal: Withdrawal): Secret {
  const { [loginsNote]: note, [claimNote]: claim, ...annotations } = secret.metadata.annotations ?? {};
  const notes = { ...(note !== undefined && { [loginsNote]: note }), ...(claim !== undefined && { [claimNote]: claim }) };
  const left = Object.entries({ ...secret.data, ...dataAfter(secret, withdrawal) }).filter(([, value]) => value !== null);
  return {
    ...secret,
    metadata: { ...secret.metadata, annotations: { ...annotations, ...(withdrawal.noted && notes) } },
    data: Object.fromEntries(left) as Readonly<Record<string, string>>,
  };
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

type Data = Readonly<Record<string, string | null>>;

function dataAfter(secret: Secret, { entries, noted }: Withdrawal): Data {
  const after = loginsAfter(secret, entries);
  if (!noted) return { ...after, ...(secret.data?.[aside] !== undefined && { [aside]: null }) };
  const before = isWithdrawn(secret, { entries, noted }) ? undefined : asPullSecret(secret).data?.[config];
  return { ...after, ...(before !== undefined && { [aside]: before }) };
}

/** Empties a Secret of this plugin. From another Secret, removes only the merged logins. `null` deletes the key. */
function loginsAfter(secret: Secret, entries: readonly Entry[]): Data {
  const { [aside]: _, ...data } = secret.data ?? {};
  if (isOurs(secret)) {
    const gone = Object.fromEntries(Object.keys(data).map((key) => [key, null]));
    return { ...gone, ...shapeNamed(shapeOf(secret)).fill(sketchConfig) };
  }
  const { [config]: text } = data;
  if (text === undefined) return {};
  return { [config]: entries.flatMap(({ hosts }) => hosts).reduce(withoutLogin, text) };
}
