import { buildKeyring } from "../kubelet/keyring.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { type Credential, isOurs, recordIn, sourceOf } from "./record.ts";
import { asPullSecret } from "./shapes.ts";

/** Returns the logins of a Secret with their keys under `auths`, as its reader finds them; none if no reader can read it. */
export function loginsIn(secret: Secret): readonly { readonly server: string; readonly login: Login }[] {
  const reading = readPullSecret({ ...asPullSecret(secret), name: secret.metadata.name });
  return "entries" in reading ? reading.entries : [];
}

/**
 * Returns a Secret's login for a registry as the kubelet selects it, or as another reader does. A key with a path (`host/team`) counts if
 * no other key matches.
 */
export function loginOf(secret: Secret | undefined, host: string): Login | undefined {
  if (!secret) return undefined;
  const read = asPullSecret(secret);
  const [match] = buildKeyring([{ ...read, name: read.metadata.name }]).lookup({ host, repository: "any", reference: "latest" });
  if (match) return match.login;
  return loginsIn(secret).find(({ server }) => server.replace(/^https?:\/\//, "").startsWith(`${host}/`))?.login;
}

/** Whether two logins have the same text. False if one of them is missing. */
export const sameLogin = (a: Login | undefined, b: Login | undefined): boolean =>
  a !== undefined && b !== undefined && a.username === b.username && a.password.equals(b.password);

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
