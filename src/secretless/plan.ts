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

/** Plans to create or update an object unless it has the wanted state already. */
function ensure(
  to: Ref,
  there: object | undefined,
  isWanted: boolean,
  how: Pick<Make, "because" | "object"> & Pick<Change, "needs">,
): Change {
  if (there && isWanted) return { act: "keep", to, because: how.because };
  return { act: there ? "update" : "create", to, ...how };
}

/** Plans to let the pods of ServiceAccounts pull without a Secret. The annotations come last: the kubelet uses the rest only with them. */
export function planSetUp(state: SecretlessState): Plan {
  const { identity, identityId, mode, assignments } = state;
  const needs = identityRef(identityId);
  const role = assignmentRef(state);
  const assigned = assignments.find(({ role: guid, condition }) => guid === pullRole[mode].id && condition === undefined);
  const accounts = state.accounts.flatMap((of) => planAccount(state, of, [needs, role]));
  if (accounts.every(({ act }) => act === "refuse")) return accounts;
  return [
    ensure(needs, identity, true, { because: "pods sign in to Azure as this identity" }),
    ensure(role, assigned, true, { because: `${pullRole[mode].name} allows only pulling`, needs }),
    ...accounts,
  ];
}

function planAccount({ identity, identityId, issuer, credentials }: SecretlessState, of: AccountState, azure: readonly Ref[]): Change[] {
  const { at, account, role, binding } = of;
  if (!account) return [{ act: "refuse", to: at, message: `Error from server (NotFound): serviceaccounts "${at.name}" not found` }];
  const { annotations = {} } = account.metadata;
  const { [annotationKeys.clientId]: client, [annotationKeys.tenant]: tenant } = annotations;
  if (client !== undefined && client !== identity?.clientId) return [refusal(at, client)];
  const wanted = credentialFor(at, issuer);
  const trusting = credentials.find((one) => trusts(one, wanted));
  const credential = credentialRef(identityId, (trusting ?? wanted).name);
  const object = annotated(account, identity ?? { clientId: generated, tenant: generated });
  const [wantedRole, wantedBinding] = [roleOf(at), bindingOf(at)];
  const isBound = isDeepStrictEqual([binding?.roleRef, binding?.subjects], [wantedBinding.roleRef, wantedBinding.subjects]);
  const because = "kubelets may request the token";
  return [
    ensure(credential, trusting, true, { because: "it trusts the ServiceAccount", needs: azure[0] }),
    ensure(roleRef(at), role, isDeepStrictEqual(role?.rules, wantedRole.rules), { because, object: wantedRole }),
    ensure(bindingRef(at), binding, isBound, { because, object: wantedBinding, needs: roleRef(at) }),
    ensure(at, account, client !== undefined && tenant === identity?.tenant, {
      because: "pods pull as the identity that it names",
      object,
      needs: [...azure, credential, roleRef(at), bindingRef(at)],
    }),
  ];
}

/** Refuses to replace another identity: its pods may need it. */
function refusal(to: Account, other: string): Refuse {
  const message = `serviceaccount "${to.name}" has the identity ${JSON.stringify(other)} in the annotation ${annotationKeys.clientId}`;
  const args = [`serviceaccount/${to.name}`, ...Object.values(annotationKeys).map((key) => `${key}-`)];
  return { act: "refuse", to, message, fix: { kubectl: "annotate", args } };
}

/**
 * Plans to delete what `planSetUp` creates: the annotations first, so that no new pod needs the rest, and the identity last. The identity
 * and its role stay while it has other credentials, or if another user created it.
 */
export function planTakeDown(state: SecretlessState): Plan {
  const { identity, identityId, mode, assignments } = state;
  const deleted = state.accounts.flatMap((of) => deleteAccount(state, of));
  if (!identity) return deleted;
  const others = state.credentials.length - deleted.filter(({ to }) => to.kind === kindsOf(identityId).credential).length;
  const isAssigned = assignments.some(({ role, ours }) => role === pullRole[mode].id && ours);
  const roles = isAssigned ? [assignmentRef(state)] : [];
  if (identity.ours && others === 0) {
    const plan = [...deleted, ...roles.map((to) => remove(to, deleted))];
    return [...plan, remove(identityRef(identityId), plan)];
  }
  const because = identity.ours ? `it has ${others} other federated credentials` : "another user created the identity";
  return [...deleted, ...[...roles, identityRef(identityId)].map((to): Change => ({ act: "keep", to, because }))];
}

/** Plans to delete an object after other changes. */
function remove(to: Ref, after: Plan): Change {
  return { act: "delete", to, because: "no ServiceAccount uses it anymore", needs: after.map((change) => change.to) };
}

function deleteAccount({ identity, identityId, credentials, issuer }: SecretlessState, of: AccountState): Change[] {
  const { at, account, role, binding } = of;
  const client = account?.metadata.annotations?.[annotationKeys.clientId];
  // Without the identity, the role shows that this plugin has written the annotations
  const isOurs = client !== undefined && (identity ? client === identity.clientId : role !== undefined || binding !== undefined);
  const wanted = credentialFor(at, issuer);
  // Another user may trust the same ServiceAccount by a credential of another name
  const trusting = credentials.find((one) => one.name === wanted.name && trusts(one, wanted));
  const first: Change[] =
    account && isOurs
      ? [{ act: "update", to: at, because: "new pods no longer pull as the identity", object: annotated(account, undefined) }]
      : [];
  const trust = trusting ? [remove(credentialRef(identityId, trusting.name), first)] : [];
  // The other identity needs the right too
  if (client !== undefined && !isOurs) return [{ act: "keep", to: at, because: `it has the identity ${JSON.stringify(client)}` }, ...trust];
  const bindings = binding ? [remove(bindingRef(at), first)] : [];
  const roles = role ? [remove(roleRef(at), [...first, ...bindings])] : [];
  return [...first, ...bindings, ...roles, ...trust];
}
