import type { Application, Custody, Key, RoleAssignment, ServicePrincipal } from "../../azure/principals.ts";
import type { Ref } from "../../kinds.ts";
import type { Change, Make, Mint, Tell } from "../../plan/change.ts";
import { mayDelete } from "../../plan/ownership.ts";
import { isOfOurs, readMadeFor } from "../../secret/azure-words.ts";
import type { Entry, Password } from "../../secret/entry.ts";

/** Another password of an application: what makes it, and what is noted of it. */
export type PrincipalRenewal = { readonly mint: Mint; readonly entry: Entry };

export type KeyOptions = {
  /** The login server. */
  readonly host: string;
  readonly held: Entry;
  /** What the password is called. */
  readonly key: string;
  /** RFC 3339. */
  readonly expiresAt: string | undefined;
};

const kind = "application.graph.microsoft.com";

/** An application has room for any number of passwords: one more is added. */
export function planPrincipalRenewal(
  { host, held, key, expiresAt }: KeyOptions,
  { appId, displayName, keys }: Application,
): PrincipalRenewal {
  const expires = expiresAt === undefined ? {} : { expiresAt };
  const because = "it takes the place of the other password";
  const mint: Mint = { act: "mint", to: { kind, name: displayName }, inNew: false, slot: key, ...expires, because };
  const replaced = keys.find(({ keyId }) => keyId === held.slot);
  const previous = replaced && { slot: replaced.keyId, ...(held.madeAt !== undefined && { madeAt: held.madeAt }) };
  return { mint, entry: { hosts: [host], kind: "service-principal", identity: appId, ...expires, ...(previous && { previous }) } };
}

/** The passwords of an application that are meant: a key's id is never given twice. */
export const keysShown = ({ keys }: Application, passwords: readonly Password[]): Key[] =>
  keys.filter(({ keyId }) => passwords.some(({ slot }) => slot === keyId));

/** Takes away exactly these passwords. */
export const planKeyRetirement = (
  { displayName: name }: Application,
  keys: readonly Key[],
  because = "another has taken its place",
): Make[] => keys.map(({ keyId, madeAt = "" }) => ({ act: "delete", to: { kind, name }, slot: keyId, madeAt, because }));

export type PrincipalStanding = {
  readonly application: Application;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
  readonly otherKeys: Custody["otherKeys"];
  /** The registry's id. */
  readonly scope: string;
};

/**
 * An application that this plugin made goes with these passwords, as long as it has no other password, certificate or federated credential, and
 * then its role, which else would stay
 * as one of nobody: where a run is killed in between, that shows on the registry. Of any other only these passwords go.
 */
export function planPrincipalRevocation(
  { application, principal, assignments, otherKeys, scope }: PrincipalStanding,
  passwords: readonly Password[],
): Change[] {
  const { displayName: name, keys, notes } = application;
  const shown = keysShown(application, passwords);
  const because = "it is revoked";
  const role = { kind: "roleassignment.management.azure.com", name } as const;
  const given = principal && assignments.some(({ ours, here }) => ours && here);
  const retired = planKeyRetirement(application, shown, because);
  if (!mayDelete({ described: isOfOurs(notes), otherKeys, shared: false }))
    return given && isLast(keys, shown) ? [...retired, roleStays(role, application, scope)] : retired;
  if (shown.length < keys.length) return retired;
  const going = shown.map(({ keyId: slot, madeAt }) => ({ slot, ...(madeAt !== undefined && { madeAt }) }));
  return [
    { act: "delete", to: { kind, name }, passwords: going, because },
    ...(given ? [{ act: "delete", to: role, passwords: going, because } as const] : []),
  ];
}

/** Whether these go, and no other password of the application is this plugin's. */
const isLast = (keys: readonly Key[], going: readonly Key[]): boolean =>
  going.length > 0 && !keys.some((key) => !going.includes(key) && readMadeFor(key.displayName));

/** An application that others sign in to, by passwords, certificates or federated credentials, may have come to pull by the role. */
const roleStays = (to: Ref, { displayName, appId }: Application, scope: string): Tell => ({
  act: "tell",
  to,
  says:
    `the role that this plugin gave to ${JSON.stringify(displayName)} stays, because other logins of that application may pull by it; ` +
    "if there are none, delete the role",
  fix: { do: "shell", argv: ["az", "role", "assignment", "delete", "--assignee", appId, "--scope", scope] },
});
