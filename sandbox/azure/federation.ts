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
