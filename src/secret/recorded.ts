import type { Secret } from "../objects.ts";
import { loginOf } from "./login.ts";
import { type Credential, isOurs, recordIn, sourceOf } from "./record.ts";

/** What a source says about its credential. */
export type Recorded = {
  readonly credential: Credential;
  /** Whether it has this plugin's label. Other tools overwrite the label and leave the record. */
  readonly isLabeled: boolean;
};

/** Returns the record of a Secret. Without the label, only if the Secret holds that login: other tools copy annotations. */
export function recordedIn(secret: Secret): Recorded | undefined {
  const credential = sourceOf(secret) ? undefined : recordIn(secret);
  if (!credential) return undefined;
  const isLabeled = isOurs(secret);
  return isLabeled || loginOf(secret, credential.host)?.username === credential.identity ? { credential, isLabeled } : undefined;
}
