import type { Secret } from "../objects.ts";
import { claimNote } from "./claim.ts";
import { sketchConfig, withoutLogin } from "./docker-config.ts";
import { type Entry, isOurs, loginsNote } from "./entry.ts";
import { shapeNamed, shapeOf } from "./shapes.ts";

/** Which logins are taken out of a Secret, and whether what is noted of them stays for now. */
export type Withdrawal = { readonly entries: readonly Entry[]; readonly noted?: true };

/** The merge patch that takes logins out of a Secret, on the version that it was looked at. */
export function withdrawalPatch(secret: Secret, withdrawal: Withdrawal): object {
  const { resourceVersion } = secret.metadata;
  const notes = withdrawal.noted ? {} : { annotations: { [loginsNote]: null, [claimNote]: null } };
  return { metadata: { resourceVersion, ...notes }, data: dataAfter(secret, withdrawal) };
}

/** A Secret as that patch leaves it. */
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

/** Whether a Secret has none of these logins any more. */
export function isWithdrawn(secret: Secret, { entries }: Withdrawal): boolean {
  const { data = {} } = secret;
  const after = Object.entries(dataAfter(secret, { entries }));
  return after.every(([key, value]) => (value ?? undefined) === data[key]);
}

/** One of ours is emptied; out of anybody else's goes what was added. `null`: the key goes. */
function dataAfter(secret: Secret, { entries }: Withdrawal): Readonly<Record<string, string | null>> {
  const { data = {} } = secret;
  if (isOurs(secret)) {
    const gone = Object.fromEntries(Object.keys(data).map((key) => [key, null]));
    return { ...gone, ...shapeNamed(shapeOf(secret)).fill(sketchConfig) };
  }
  const { ".dockerconfigjson": text } = data;
  if (text === undefined) return {};
  return { ".dockerconfigjson": entries.flatMap(({ hosts }) => hosts).reduce(withoutLogin, text) };
}
