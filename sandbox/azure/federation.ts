/** Microsoft.ManagedIdentity/userAssignedIdentities. `objectId` is the id for role assignments. */
export type ManagedIdentity = {
  readonly clientId: string;
  readonly objectId: string;
  readonly tenantId: string;
  readonly resourceId: string;
};

/** The exact issuer, subject and audience of a token that Entra exchanges for its own. `name` is unique in its application or identity. */
export type FederatedCredential = {
  readonly id: string;
  readonly name: string;
  issuer: string;
  subject: string;
  audience: string;
  readonly description?: string | null;
  /** When Entra begins to learn of it; absent: long ago. */
  since?: number;
  /** A request before Entra knew it has started the delay again. */
  isDelayed?: boolean;
};

/** Microsoft.ManagedIdentity/userAssignedIdentities, which needs no machine. Its `objectId` has a service principal. */
export type UserAssignedIdentity = ManagedIdentity & {
  readonly location: string;
  tags: Record<string, string>;
  federated: FederatedCredential[];
  readonly since: number;
  /** Until when a write of a federated credential is under way, in epoch milliseconds. */
  writing?: number;
};

/** The maximum for one application or identity. */
export const maximumCredentials = 20;

export type CredentialFields = Pick<FederatedCredential, "issuer" | "subject"> & { readonly audiences: readonly string[] };

/** Returns the field or the limit for which Azure rejects a credential of an application or identity that has these ones. */
export function wrongCredential(
  there: readonly FederatedCredential[],
  name: string,
  { issuer, subject, audiences }: CredentialFields,
): "name" | "audiences" | "issuer" | "twin" | "full" | undefined {
  if (!/^[a-z0-9][a-z0-9_-]{2,119}$/i.test(name)) return "name";
  if (audiences.length !== 1) return "audiences";
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== "https:") return "issuer";
  const others = there.filter((one) => one.name !== name);
  if (others.some((one) => one.issuer === issuer && one.subject === subject)) return "twin";
  return others.length >= maximumCredentials ? "full" : undefined;
}
