import { buildKeyring } from "../kubelet/keyring.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Secret } from "../objects.ts";
import type { ExistingSecret } from "../plan/existing-secret.ts";
import type { Login } from "../registry/port.ts";
import { isPathKeyOf } from "../registry/server-key.ts";
import { readClaim } from "../secret/claim.ts";
import { readEntries } from "../secret/entry.ts";
import { othersOf } from "../secret/owners.ts";
import { asPullSecret, shapeNamed, shapeOf } from "../secret/shapes.ts";

/** Returns the facts of a Secret for a plan, and the login inside for a registry. Does not test whether the login pulls. */
export function readExisting(secret: Secret, host: string, fieldManager: string): { existing: ExistingSecret; login: Login | undefined } {
  const { uid = "", resourceVersion: version = "", managedFields, finalizers = [], deletionTimestamp } = secret.metadata;
  const inside = entriesIn(asPullSecret(secret));
  const login = loginFor(secret, host);
  const shape = shapeOf(secret);
  const existing: ExistingSecret = {
    uid,
    version,
    claim: readClaim(secret),
    type: secret.type ?? "Opaque",
    shape,
    immutable: secret.immutable ?? false,
    finalizers,
    deleting: deletionTimestamp !== undefined,
    entries: readEntries(secret),
    hosts: inside.map(({ server }) => server),
    others: othersOf(managedFields, fieldManager, shapeNamed(shape).keys).map(({ words }) => words),
    pulls: "unknown",
  };
  return { existing, login };
}

/** Returns the logins of a Secret's docker config with their keys; none if the kubelet can't read it. */
export function entriesIn(secret: Secret) {
  const reading = readPullSecret({ ...secret, name: secret.metadata.name });
  return "entries" in reading ? reading.entries : [];
}

/** Whether two logins have the same text. False if one of them is missing. */
export const isAlike = (a: Login | undefined, b: Login | undefined): boolean =>
  a !== undefined && b !== undefined && a.username === b.username && a.password.equals(b.password);

/**
 * Returns a Secret's login for a registry as the kubelet selects it, or as another reader does. A key with a path (`host/team`) counts if
 * no other key matches.
 */
export function loginFor(secret: Secret, host: string): Login | undefined {
  const read = asPullSecret(secret);
  const [match] = buildKeyring([{ ...read, name: read.metadata.name }]).lookup({ host, repository: "any", reference: "latest" });
  if (match) return match.login;
  return entriesIn(read).find(({ server }) => isPathKeyOf(host, server))?.login;
}
