import { type Json, objectOf, textOf, textsOf } from "../json.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { Azure, FederatedCredential, ManagedIdentity } from "./port.ts";

const version = apiVersion.managedIdentity;

/** The tag of identities that this plugin created. */
const creator = { key: "created-by", value: "kubectl-acr-secret" };

const nameOf = (id: string): string => id.split("/").at(-1) ?? "";

const credentialWrite = (does: string, id: string, name: string) => ({
  path: `${id}/federatedIdentityCredentials/${name}`,
  version,
  doing: `${does} federated credential ${name} of managed identity ${nameOf(id)}`,
});

/** Managed identities and their federated credentials (Microsoft.ManagedIdentity 2023-01-31). */
export const openManagedIdentities = (arm: Arm) =>
  ({
    managedIdentity: (id) => arm.find({ path: id, version, doing: `read managed identity ${nameOf(id)}` }, asIdentity),
    async createManagedIdentity(id, registry) {
      const doing = `create managed identity ${nameOf(id)}`;
      const location = await arm.send({ method: "GET", path: registry.id, version: apiVersion.registry, doing }, (body) =>
        textOf(body.location),
      );
      const body = { location, tags: { [creator.key]: creator.value } };
      return arm.send({ method: "PUT", path: id, version, body, doing }, asIdentity);
    },
    deleteManagedIdentity: (id) => arm.run({ method: "DELETE", path: id, version, doing: `delete managed identity ${nameOf(id)}` }),
    federatedCredentials(id) {
      const doing = `list the federated credentials of managed identity ${nameOf(id)}`;
      return arm.list({ path: `${id}/federatedIdentityCredentials`, version, doing }, asCredential);
    },
    putFederatedCredential: (id, { name, ...properties }) =>
      arm.run({ method: "PUT", body: { properties }, ...credentialWrite("create", id, name) }),
    deleteFederatedCredential: (id, name) => arm.run({ method: "DELETE", ...credentialWrite("delete", id, name) }),
  }) satisfies Partial<Azure>;

function asIdentity({ id, tags, properties }: Json): ManagedIdentity | undefined {
  const { clientId, principalId, tenantId: tenant } = objectOf(properties);
  if (typeof id !== "string" || typeof clientId !== "string" || typeof principalId !== "string" || typeof tenant !== "string")
    return undefined;
  return { id, clientId, principalId, tenant, ours: objectOf(tags)[creator.key] === creator.value };
}

function asCredential({ name, properties }: Json): FederatedCredential | undefined {
  const { issuer, subject, audiences } = objectOf(properties);
  if (typeof name !== "string" || typeof issuer !== "string" || typeof subject !== "string") return undefined;
  return { name, issuer, subject, audiences: textsOf(audiences) };
}
