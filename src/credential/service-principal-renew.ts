import type { Application, Key, RoleAssignment, ServicePrincipal } from "../azure/principals.ts";
import type { Change, Make, Mint } from "../plan/change.ts";
import { isOfOurs } from "../secret/azure-words.ts";
import type { Entry, Password } from "../secret/entry.ts";

/** Another password of an application: what makes it, and what is noted of it. */
export type PrincipalRenewal = { readonly mint: Mint; readonly entry: Entry };

export type KeyWish = {
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
export function planPrincipalRenewal({ host, held, key, expiresAt }: KeyWish, { appId, displayName, keys }: Application): PrincipalRenewal {
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
};

/**
 * An application that this plugin made goes with these passwords, as long as it has no others, and then its role, which else would stay
 * as one of nobody: where a run is killed in between, that shows on the registry. Of any other only these passwords go.
 */
export function planPrincipalRevocation(
  { application, principal, assignments }: PrincipalStanding,
  passwords: readonly Password[],
): Change[] {
  const { displayName: name, keys, notes } = application;
  const shown = keysShown(application, passwords);
  const because = "it is revoked";
  if (!isOfOurs(notes) || shown.length < keys.length) return planKeyRetirement(application, shown, because);
  const going = shown.map(({ keyId: slot, madeAt }) => ({ slot, ...(madeAt !== undefined && { madeAt }) }));
  const role = { kind: "roleassignment.management.azure.com", name } as const;
  const given = principal && assignments.some(({ ours, here }) => ours && here);
  return [
    { act: "delete", to: { kind, name }, passwords: going, because },
    ...(given ? [{ act: "delete", to: role, passwords: going, because } as const] : []),
  ];
}
