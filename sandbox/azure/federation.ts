import { randomUUID } from "node:crypto";
import type { ManagedIdentity, World } from "./world.ts";

/** The exact issuer, subject and audience of a token that Entra exchanges for its own. `name` is unique in its application or identity. */
export type FederatedCredential = {
  readonly id: string;
  readonly name: string;
  issuer: string;
  subject: string;
  audience: string;
};

/** Microsoft.ManagedIdentity/userAssignedIdentities, which needs no machine. Its `objectId` has a service principal. */
export type UserAssignedIdentity = ManagedIdentity & {
  readonly location: string;
  tags: Record<string, string>;
  federated: FederatedCredential[];
  readonly since: number;
};

/** The maximum for one application or identity. */
export const maximumCredentials = 20;

/** Creates an identity with its service principal. */
export function createIdentity(
  world: World,
  resourceId: string,
  { location, tags }: Pick<UserAssignedIdentity, "location" | "tags">,
): UserAssignedIdentity {
  const { tenantId } = world;
  const since = Date.now();
  const identity = { clientId: randomUUID(), objectId: randomUUID(), tenantId, resourceId, location, tags, federated: [], since };
  const displayName = resourceId.split("/").at(-1) ?? "";
  const principal = { id: identity.objectId, appId: identity.clientId, tenantId, displayName, type: "ManagedIdentity" } as const;
  world.userAssignedIdentities.push(identity);
  world.servicePrincipals.push({ ...principal, accountEnabled: true, secrets: [], graphRoles: [], since });
  return identity;
}

/** Deletes an identity with its service principal. Its role assignments stay, as in Azure. */
export function deleteIdentity(world: World, identity: UserAssignedIdentity): void {
  world.userAssignedIdentities = world.userAssignedIdentities.filter((one) => one !== identity);
  world.servicePrincipals = world.servicePrincipals.filter(({ id }) => id !== identity.objectId);
}

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
