import { isDeepStrictEqual } from "node:util";
import type { FederatedCredential, ManagedIdentity, RoleAssignment } from "../azure/port.ts";
import { type Mode, pullRole } from "../credential/granted-rights.ts";
import type { Ref } from "../kinds.ts";
import type { Role, RoleBinding, ServiceAccount } from "../objects.ts";
import type { Change, Make, Plan, Refuse } from "../plan/change.ts";
import { type Account, annotated, annotationKeys, bindingOf, bindingRef, credentialFor, roleOf, roleRef, trusts } from "./objects.ts";

/** One ServiceAccount as it is in the cluster, with its objects there. */
export type AccountState = {
  readonly at: Account;
  readonly account: ServiceAccount | undefined;
  readonly role: Role | undefined;
  readonly binding: RoleBinding | undefined;
};

/** The state that a plan starts from. */
export type SecretlessState = {
  readonly accounts: readonly AccountState[];
  /** The issuer of the cluster's ServiceAccount tokens. */
  readonly issuer: string;
  /** The registry's name. */
  readonly registry: string;
  readonly mode: Mode;
  /** The resource id of a managed identity, or the client id of an application. */
  readonly identityId: string;
  /** Absent if it doesn't exist. */
  readonly identity: ManagedIdentity | undefined;
  readonly credentials: readonly FederatedCredential[];
  readonly assignments: readonly RoleAssignment[];
};

/** The kinds of the identity and of its credentials. A resource id starts with a slash, the client id of an application doesn't. */
const kindsOf = (identityId: string) =>
  identityId.startsWith("/")
    ? ({ identity: "identity.managedidentity.azure.com", credential: "federatedcredential.managedidentity.azure.com" } as const)
    : ({ identity: "application.graph.microsoft.com", credential: "federatedcredential.graph.microsoft.com" } as const);

export const identityRef = (id: string) => ({ kind: kindsOf(id).identity, name: id.split("/").at(-1) ?? "" });

const credentialRef = (identityId: string, name: string) => ({ kind: kindsOf(identityId).credential, name });

const assignmentRef = ({ mode, registry }: Pick<SecretlessState, "mode" | "registry">) =>
  ({ kind: "roleassignment.management.azure.com", name: `${pullRole[mode].name.replaceAll(" ", "-")}-on-${registry}` }) as const;

/** The value of an annotation before Azure has generated it. */
const generated = "GENERATED-BY-AZURE";

const create = (to: Ref, because: string, more: Partial<Make> & Pick<Change, "needs"> = {}): Change => ({
  act: "create",
  to,
  because,
  ...more,
});

const keep = (to: Ref, because: string): Change => ({ act: "keep", to, because });

/** Plans to let the pods of ServiceAccounts pull without a Secret. The annotations come last: the kubelet uses the rest only with them. */
export function planSetUp(state: SecretlessState): Plan {
  const { identity, identityId, mode, assignments } = state;
  const needs = identityRef(identityId);
  const role = assignmentRef(state);
  const isAssigned = assignments.some(({ role: guid, condition }) => guid === pullRole[mode].id && condition === undefined);
  const accounts = state.accounts.flatMap((of) => planAccount(state, of, [needs, role]));
  if (accounts.every(({ act }) => act === "refuse")) return accounts;
  return [
    identity ? keep(needs, "it exists") : create(needs, "pods sign in to Azure as this identity"),
    isAssigned ? keep(role, "the identity may pull") : create(role, `${pullRole[mode].name} allows only pulling`, { needs }),
    ...accounts,
  ];
}

function planAccount(state: SecretlessState, of: AccountState, azure: readonly Ref[]): Change[] {
  const { at, account } = of;
  if (!account) return [{ act: "refuse", to: at, message: `Error from server (NotFound): serviceaccounts "${at.name}" not found` }];
  const refusal = refuse(state, at, account);
  if (refusal) return [refusal];
  const wanted = credentialFor(at, state.issuer);
  const there = state.credentials.find((one) => trusts(one, wanted));
  const credential = credentialRef(state.identityId, (there ?? wanted).name);
  const because = "it trusts the ServiceAccount";
  return [
    there ? keep(credential, because) : create(credential, because, { needs: azure[0] }),
    ensure(roleRef(at), of.role, roleOf(at), of.role?.rules, roleOf(at).rules),
    { ...ensure(bindingRef(at), of.binding, bindingOf(at), of.binding?.subjects, bindingOf(at).subjects), needs: roleRef(at) },
    annotate(state, at, account, [...azure, credential, roleRef(at), bindingRef(at)]),
  ];
}

/** Refuses to replace another identity: its pods may need it. */
function refuse({ identity }: SecretlessState, to: Account, { metadata }: ServiceAccount): Refuse | undefined {
  const other = metadata.annotations?.[annotationKeys.clientId];
  if (other === undefined || other === identity?.clientId) return undefined;
  const message = `serviceaccount "${to.name}" has the identity ${JSON.stringify(other)} in the annotation ${annotationKeys.clientId}`;
  const args = [`serviceaccount/${to.name}`, ...Object.values(annotationKeys).map((key) => `${key}-`)];
  return { act: "refuse", to, message, fix: { kubectl: "annotate", args } };
}

function ensure(to: Ref, there: object | undefined, object: Role | RoleBinding, is: unknown, wanted: unknown): Change {
  if (!there) return create(to, "kubelets may request the token", { object });
  if (isDeepStrictEqual(is, wanted)) return keep(to, "kubelets may request the token");
  return { act: "update", to, because: "kubelets may request the token", object };
}

function annotate({ identity }: SecretlessState, to: Account, account: ServiceAccount, needs: readonly Ref[]): Change {
  const { clientId, tenant } = identity ?? { clientId: generated, tenant: generated };
  const { annotations = {} } = account.metadata;
  if (annotations[annotationKeys.clientId] === clientId && annotations[annotationKeys.tenant] === tenant)
    return keep(to, "its annotations name the identity");
  return { act: "update", to, because: "pods pull as the identity that it names", needs, object: annotated(account, { clientId, tenant }) };
}

/**
 * Plans to delete what `planSetUp` creates: the annotations first, so that no new pod needs the rest, and the identity last. The identity
 * and its role stay while it has other credentials, or if another user created it.
 */
export function planTakeDown(state: SecretlessState): Plan {
  const { identity, identityId, mode, assignments } = state;
  const accounts = state.accounts.map((of) => deleteAccount(state, of));
  const deleted = accounts.flat();
  const credentials = deleted.filter(({ to }) => to.kind === kindsOf(identityId).credential);
  if (!identity) return deleted;
  const role = assignmentRef(state);
  const isOurs = assignments.some(({ role: guid, ours }) => guid === pullRole[mode].id && ours);
  const others = state.credentials.length - credentials.length;
  if (!identity.ours || others > 0) {
    const because = identity.ours ? `it has ${others} other federated credentials` : "another user created the identity";
    return [...deleted, ...(isOurs ? [keep(role, because)] : []), keep(identityRef(identityId), because)];
  }
  const needs = deleted.map(({ to }) => to);
  return [...deleted, ...(isOurs ? [remove(role, needs)] : []), remove(identityRef(identityId), isOurs ? [...needs, role] : needs)];
}

const remove = (to: Ref, needs: readonly Ref[] = []): Make & { readonly needs: readonly Ref[] } => ({
  act: "delete",
  to,
  needs,
  because: "no ServiceAccount uses it anymore",
});

function deleteAccount(
  { identity, identityId, credentials, issuer }: SecretlessState,
  { at, account, role, binding }: AccountState,
): Change[] {
  const client = account?.metadata.annotations?.[annotationKeys.clientId];
  // Without the identity, the role shows that this plugin has written the annotations
  const isOurs = client !== undefined && (identity ? client === identity.clientId : role !== undefined || binding !== undefined);
  const wanted = credentialFor(at, issuer);
  // Another user may trust the same ServiceAccount by a credential of another name
  const there = credentials.find((one) => one.name === wanted.name && trusts(one, wanted));
  const annotations: Change[] =
    account && isOurs
      ? [{ act: "update", to: at, because: "new pods no longer pull as the identity", object: annotated(account, undefined) }]
      : [];
  const needs = annotations.map(({ to }) => to);
  return [
    ...annotations,
    ...(binding ? [remove(bindingRef(at), needs)] : []),
    ...(role ? [remove(roleRef(at), [...needs, bindingRef(at)])] : []),
    ...(there ? [remove(credentialRef(identityId, there.name), needs)] : []),
  ];
}
