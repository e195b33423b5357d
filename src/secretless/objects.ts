import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { FederatedCredential, ManagedIdentity } from "../azure/port.ts";
import { absent, CliError } from "../errors.ts";
import { kubectl } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Decide, Decision } from "../kube/edit.ts";
import type { Right } from "../kube/port.ts";
import { type KubeObject, managedBy, type Role, type RoleBinding } from "../objects.ts";
import { inLine } from "../wording.ts";

// The objects that let pods pull without a Secret: KEP-4412 and the acr-credential-provider of cloud-provider-azure.

/** The audience of the tokens that Entra ID exchanges. */
export const tokenAudience = "api://AzureADTokenExchange";

/** The annotations that the acr-credential-provider reads. */
export const annotationKeys = { clientId: "kubernetes.azure.com/acr-client-id", tenant: "kubernetes.azure.com/acr-tenant-id" } as const;

/** The groups of the kubelets. The first has only them. */
export const kubeletGroups = ["system:nodes", "system:authenticated"] as const;

/** A ServiceAccount, by its namespace and name. */
export type AccountRef = Ref<"serviceaccount"> & { readonly namespace: string };

/** The right of the kubelets to request a token of the ServiceAccount for the audience (NodeRestriction admission). */
export const audienceRight = ({ namespace, name }: AccountRef): Right => ({
  group: "",
  resource: tokenAudience,
  verb: "request-serviceaccounts-token-audience",
  namespace,
  name,
});

const tokenSubject = ({ namespace, name }: AccountRef): string => `system:serviceaccount:${namespace}:${name}`;

const roleName = (name: string): string => `acr-secretless-${name}`;

export const roleRef = ({ namespace, name }: AccountRef) =>
  ({ kind: "role.rbac.authorization.k8s.io", namespace, name: roleName(name) }) as const;

export const bindingRef = (of: AccountRef) => ({ ...roleRef(of), kind: "rolebinding.rbac.authorization.k8s.io" }) as const;

/** The registries that the ServiceAccount was set up for. One identity can pull from several. */
export const registriesKey = "acr-secret/registries";

export const registriesOf = (role: KubeObject | undefined): readonly string[] =>
  (role?.metadata.annotations?.[registriesKey] ?? "").split(",").filter((host) => host !== "");

/** Whether the registries are known. A role without the annotation, which another tool may have removed, says nothing about them. */
export const recordsRegistries = (role: KubeObject | undefined): boolean => role?.metadata.annotations?.[registriesKey] !== undefined;

const metadataOf = ({ namespace, name }: AccountRef) => ({
  name: roleName(name),
  namespace,
  labels: { [managedBy.key]: managedBy.value },
});

const roleOf = (of: AccountRef, registries: readonly string[]): Role => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { ...metadataOf(of), annotations: { [registriesKey]: registries.join() } },
  rules: [{ apiGroups: [""], resources: [tokenAudience], resourceNames: [of.name], verbs: ["request-serviceaccounts-token-audience"] }],
});

/** Whether a role lets its holders request the token. Only a user with this right can write it, whatever its name and label say. */
export const allows = (of: AccountRef, role: Role | undefined): boolean => isDeepStrictEqual(role?.rules, roleOf(of, []).rules);

const bindingOf = (of: AccountRef): RoleBinding => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: metadataOf(of),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: roleName(of.name) },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: kubeletGroups[0] }],
});

/** Returns the id of the identity in a ServiceAccount's annotation. */
export const clientOf = (account: KubeObject | undefined): string | undefined => account?.metadata.annotations?.[annotationKeys.clientId];

/** Whether two ids name the same identity. Entra ID ignores their case. */
export const isSameClient = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && one.toLowerCase() === other?.toLowerCase();

/** The annotation of Azure Workload Identity with the id of the identity. */
export const workloadKey = "azure.workload.identity/client-id";

/** Whether Azure Workload Identity also signs the pods of a ServiceAccount in as the identity, by the same federated credential. */
export const signsInAs = (account: KubeObject | undefined, client: string | undefined): boolean =>
  isSameClient(account?.metadata.annotations?.[workloadKey], client);

/** The annotations before Azure has generated the identity, in a dry run. */
const generated = { clientId: "GENERATED-BY-AZURE", tenant: "GENERATED-BY-AZURE" };

/** Lets the pods of the ServiceAccount pull as the identity. Refuses to replace another identity: its pods may need it. */
export const annotating =
  (to: AccountRef, identity: ManagedIdentity | undefined): Decide<"serviceaccount"> =>
  (account) => {
    const { name, namespace } = to;
    if (!account) return { act: "refuse", error: absent("serviceaccounts", name, { ...kubectl("get", "serviceaccounts"), namespace }) };
    const client = clientOf(account);
    if (client !== undefined && !isSameClient(client, identity?.clientId)) return { act: "refuse", error: otherIdentity(to, client) };
    const { clientId, tenant } = identity ?? generated;
    const because = "pods pull as the identity that it names";
    if (isSameClient(client, clientId) && account.metadata.annotations?.[annotationKeys.tenant] === tenant) return { act: "keep", because };
    const annotations = { [annotationKeys.clientId]: clientId, [annotationKeys.tenant]: tenant };
    return { act: "patch", patch: { metadata: { annotations } }, because };
  };

function otherIdentity({ name }: AccountRef, client: string): CliError {
  const message = `serviceaccount "${name}" has the identity ${JSON.stringify(client)} in the annotation ${annotationKeys.clientId}`;
  const args = [`serviceaccount/${name}`, ...Object.values(annotationKeys).map((key) => `${key}-`)];
  const when = "repeat the --identity of its setup; or if no pod pulls as that identity, remove the annotations";
  return new CliError("invalid", message, { hint: { ...kubectl("annotate", args), when } });
}

/** Removes the annotations, unless they name another identity than this plugin wrote. */
export const unannotating =
  (own: string | undefined): Decide<"serviceaccount"> =>
  (account) => {
    const client = clientOf(account);
    if (client === undefined) return { act: "keep", because: "it has no identity" };
    if (!isSameClient(client, own)) return { act: "keep", because: `it has the identity ${JSON.stringify(client)}` };
    const annotations = { [annotationKeys.clientId]: null, [annotationKeys.tenant]: null };
    return { act: "patch", patch: { metadata: { annotations } }, because: "new pods no longer pull as the identity" };
  };

const mayRequest = "kubelets may request the token";

/** Lets the holders of the role request the token, and records the registry. */
export const allowing =
  (of: AccountRef, host: string): Decide<"role.rbac.authorization.k8s.io"> =>
  (role) => {
    const object = roleOf(of, [...new Set([...registriesOf(role), host])]);
    if (!role) return { act: "create", object };
    const { rules, metadata } = object;
    if (allows(of, role) && registriesOf(role).includes(host)) return { act: "keep", because: mayRequest };
    const patch = { rules, metadata: { annotations: metadata.annotations } };
    return isOurs(role) ? { act: "patch", patch, because: mayRequest } : { act: "refuse", error: notOurs("role", role) };
  };

/** Gives the role to the kubelets. The API server never changes the role of a binding. */
export const binding =
  (of: AccountRef): Decide<"rolebinding.rbac.authorization.k8s.io"> =>
  (there) => {
    const object = bindingOf(of);
    if (!there) return { act: "create", object };
    const { name } = object.metadata;
    const hint = kubectl("delete", `rolebinding/${name}`);
    if (!isDeepStrictEqual(there.roleRef, object.roleRef))
      return { act: "refuse", error: new CliError("conflict", `rolebinding "${name}" binds another role`, { hint }) };
    if (isDeepStrictEqual(there.subjects, object.subjects)) return { act: "keep", because: mayRequest };
    if (!isOurs(there)) return { act: "refuse", error: notOurs("rolebinding", there) };
    return { act: "patch", patch: { subjects: object.subjects }, because: mayRequest };
  };

const isOurs = ({ metadata }: KubeObject): boolean => metadata.labels?.[managedBy.key] === managedBy.value;

const notOurs = (kind: string, { metadata: { name } }: KubeObject) =>
  new CliError("conflict", `${kind} "${name}" was not created by kubectl acr-secret`, { hint: kubectl("delete", `${kind}/${name}`) });

/** Deletes a role or a binding. */
export const deleting = (there: KubeObject | undefined): Decision =>
  there && isOurs(there) ? { act: "delete", because: unused } : { act: "keep", because: "it was not created by kubectl acr-secret" };

/** Deletes a role, unless another run has recorded a registry since this run removed the records. */
export function deletingUnrecorded(role: Role | undefined): Decision {
  const since = registriesOf(role);
  if (!role || !isOurs(role) || since.length === 0) return deleting(role);
  return { act: "refuse", error: setUpSince(role.metadata.name, since) };
}

/** The error for registries that another run has set up while this one deleted. */
export const setUpSince = (role: string, registries: readonly string[]): CliError =>
  new CliError("conflict", `another run has set up the ServiceAccount of role "${role}" for ${inLine(registries)}`, {
    hint: "run secretless create for it again",
  });

/** Leaves only these registries in the record of a role. */
export function recordingOnly(registries: readonly string[], role: Role | undefined): Decision {
  const isDone = !role || !isOurs(role) || registries.length === registriesOf(role).length;
  if (isDone) return { act: "keep", because: "it is for other registries" };
  const patch = { metadata: { annotations: { [registriesKey]: registries.join() } } };
  return { act: "patch", patch, because: "pods no longer pull from the registry" };
}

export const unused = "no ServiceAccount uses it anymore";

/** The issuer of a cluster's tokens, which several clusters can have, and the id of the cluster. */
export type Origin = { readonly issuer: string; readonly cluster: string };

/** The credential that trusts a ServiceAccount of a cluster. Its name is the same in each run, and no other cluster's has it. */
export function credentialFor(account: AccountRef, { issuer, cluster }: Origin): FederatedCredential {
  const subject = tokenSubject(account);
  const hash = createHash("sha256").update(`${cluster}\n${issuer}\n${subject}`).digest("hex").slice(0, 10);
  // Azure allows 120 characters, and no dots
  const words = `${account.namespace}-${account.name}`.replaceAll(/[^a-z0-9-]/g, "-").slice(0, 100);
  return { name: `${words}-${hash}`, issuer, subject, audiences: [tokenAudience] };
}

/** Returns the ServiceAccount of a credential that {@link credentialFor} names for a cluster; undefined for any other credential. */
export function accountOfCredential({ name, issuer, subject }: FederatedCredential, cluster: string): AccountRef | undefined {
  const [, namespace = "", account = ""] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? [];
  const at = { kind: "serviceaccount", namespace, name: account } as const;
  return credentialFor(at, { issuer, cluster }).name === name ? at : undefined;
}

/** Whether Entra ID exchanges the same tokens for a credential of any name. */
export const trusts = ({ issuer, subject, audiences }: FederatedCredential, wanted: FederatedCredential): boolean =>
  issuer === wanted.issuer && subject === wanted.subject && audiences.includes(tokenAudience);
