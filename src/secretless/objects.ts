import { createHash } from "node:crypto";
import type { AzureRegistry, FederatedCredential, ManagedIdentity } from "../azure/port.ts";
import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Right } from "../kube/port.ts";
import { managedBy, type Role, type RoleBinding, type ServiceAccount } from "../objects.ts";

// The objects that let the pods of a ServiceAccount pull without a Secret: KEP-4412 and the acr-credential-provider of cloud-provider-azure.

/** The audience of the tokens that Entra ID exchanges. */
export const tokenAudience = "api://AzureADTokenExchange";

/** The annotations that the acr-credential-provider reads. */
export const annotationKeys = { clientId: "kubernetes.azure.com/acr-client-id", tenant: "kubernetes.azure.com/acr-tenant-id" } as const;

/** The group of the kubelets. */
export const kubeletGroup = "system:nodes";

/** A ServiceAccount, by its namespace and name. */
export type Account = Ref<"serviceaccount"> & { readonly namespace: string };

/** The right of the kubelets to request a token of the ServiceAccount for the audience (NodeRestriction admission). */
export const audienceRight = ({ namespace, name }: Account): Right => ({
  group: "",
  resource: tokenAudience,
  verb: "request-serviceaccounts-token-audience",
  namespace,
  name,
});

/** Returns the resource id of a managed identity in the resource group of the registry. */
export const managedIdentityId = ({ id }: AzureRegistry, name: string): string =>
  `${id.replace(/\/providers\/.*$/i, "")}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;

export const noIssuer = () => new CliError("notFound", "the cluster does not name the issuer of its ServiceAccount tokens");

export const tokenSubject = ({ namespace, name }: Account): string => `system:serviceaccount:${namespace}:${name}`;

const roleName = (name: string): string => `acr-secretless-${name}`;

export const roleRef = ({ namespace, name }: Account) =>
  ({ kind: "role.rbac.authorization.k8s.io", namespace, name: roleName(name) }) as const;

export const bindingRef = (of: Account) => ({ ...roleRef(of), kind: "rolebinding.rbac.authorization.k8s.io" }) as const;

export const roleOf = ({ namespace, name }: Account): Role => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: roleName(name), namespace, labels: { [managedBy.key]: managedBy.value } },
  rules: [{ apiGroups: [""], resources: [tokenAudience], resourceNames: [name], verbs: ["request-serviceaccounts-token-audience"] }],
});

export const bindingOf = (of: Account): RoleBinding => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: roleOf(of).metadata,
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: roleName(of.name) },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: kubeletGroup }],
});

/** The ServiceAccount with its annotations; without an identity, without them. */
export function annotated(account: ServiceAccount, identity: Pick<ManagedIdentity, "clientId" | "tenant"> | undefined): ServiceAccount {
  const { [annotationKeys.clientId]: _, [annotationKeys.tenant]: __, ...others } = account.metadata.annotations ?? {};
  const own: Readonly<Record<string, string>> = identity
    ? { [annotationKeys.clientId]: identity.clientId, [annotationKeys.tenant]: identity.tenant }
    : {};
  return { ...account, metadata: { ...account.metadata, annotations: { ...others, ...own } } };
}

/** The credential that trusts a ServiceAccount of a cluster. Its name is the same in each run, and no other cluster's has it. */
export function credentialFor(account: Account, issuer: string): FederatedCredential {
  const subject = tokenSubject(account);
  const hash = createHash("sha256").update(`${issuer}\n${subject}`).digest("hex").slice(0, 10);
  // Azure allows 120 characters, and no dots
  const words = `${account.namespace}-${account.name}`.replaceAll(/[^a-z0-9-]/g, "-").slice(0, 100);
  return { name: `${words}-${hash}`, issuer, subject, audiences: [tokenAudience] };
}

/** Whether Entra ID exchanges the same tokens for a credential of any name. */
export const trusts = ({ issuer, subject, audiences }: FederatedCredential, wanted: FederatedCredential): boolean =>
  issuer === wanted.issuer && subject === wanted.subject && audiences.includes(tokenAudience);
