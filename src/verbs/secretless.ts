import type { Azure, AzureRegistry, FederatedCredential, ManagedIdentity, RoleAssignment } from "../azure/port.ts";
import { type Mode, pullRole } from "../credential/granted-rights.ts";
import { isPublic } from "../doctor/ladder.ts";
import { minute } from "../duration.ts";
import { asCliError, type CliError, isForbidden } from "../errors.ts";
import { type ClusterKind, kinds, type Ref } from "../kinds.ts";
import { type Decide, edit, outcomeOf } from "../kube/edit.ts";
import type { Cluster } from "../kube/port.ts";
import type { KubeObjects, Role, RoleBinding, ServiceAccount } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { retryWhileReplicating } from "../retry.ts";
import { isGuid } from "../secret/azure-words.ts";
import {
  type AccountRef,
  allowing,
  annotating,
  binding,
  bindingRef,
  clientOf,
  credentialFor,
  deleting,
  managedIdentityId,
  noIssuer,
  roleRef,
  tokenAudience,
  trusts,
  unannotating,
  unused,
} from "../secretless/objects.ts";
import type { Tools } from "../tools.ts";

/** The ServiceAccounts of one namespace, and the identity in Azure that they pull as. */
export type SecretlessOrder = {
  readonly namespace: string;
  readonly serviceAccounts: readonly string[];
  /** A registry's name, login server or id. */
  readonly registry: string;
  /** A managed identity by its name or resource id, or an application by its client id. Default: the plugin's identity of the registry. */
  readonly identity: string | undefined;
};

type SecretlessTools = Omit<Tools, "registry" | "files" | "force" | "now" | "runId" | "inform">;

/**
 * Lets the pods of ServiceAccounts pull without a pull secret. Each object that exists already is `unchanged`. The annotations of a
 * ServiceAccount come last: the kubelet uses the other objects only with them.
 */
export async function* createSecretless(order: SecretlessOrder, azure: Azure, tools: SecretlessTools): AsyncGenerator<Outcome> {
  const state = await readState(order, azure, tools);
  const { registry, identityId } = state;
  const accounts = state.accounts.map((one) => ({ ...one, refusal: refusalOf(one, state) }));
  if (accounts.every(({ refusal }) => refusal)) return yield* accounts.map(({ at, refusal }): Outcome => ({ to: at, error: refusal }));

  const unreachable = `Microsoft Entra ID cannot reach the issuer of ServiceAccount tokens, ${state.issuer}`;
  if (!isPublic(state.issuer)) yield { to: identityRef(identityId), messages: [`${unreachable}, so pods cannot pull yet`] };

  const { inAzure, inCluster } = openSteps(tools);
  let { identity } = state;
  const known = yield* inAzure(identityRef(identityId), {
    because: "pods sign in to Azure as this identity",
    isDone: identity !== undefined,
    create: async () => {
      identity = await azure.createManagedIdentity(identityId, registry);
    },
  });
  // An application of another user existed before
  const mayBeNew = identityId.startsWith("/");
  const role = pullRole[state.mode];
  const assigned = yield* inAzure(assignmentRef(state), {
    because: `${role.name} allows only pulling`,
    after: [known],
    mayBeNew,
    isDone: state.assignments.some((one) => one.role === role.id && one.condition === undefined),
    create: () => azure.assignRole(registry, { principalId: identity?.principalId ?? "", role: role.id }),
  });

  for (const { at, refusal, ...there } of accounts) {
    if (refusal) {
      yield { to: at, error: refusal };
      continue;
    }
    const wanted = credentialFor(at, state.issuer);
    const trusting = state.credentials.find((one) => trusts(one, wanted));
    const trusted = yield* inAzure(credentialRef(identityId, (trusting ?? wanted).name), {
      because: "it trusts the ServiceAccount",
      after: [known],
      mayBeNew,
      isDone: trusting !== undefined,
      create: () => azure.putFederatedCredential(identityId, wanted),
    });
    const allowed = yield* inCluster(roleRef(at), allowing(at), there.role);
    const bound = yield* inCluster(bindingRef(at), binding(at), there.binding, [allowed]);
    const annotated = yield* inCluster(at, annotating(at, identity), there.account, [known, assigned, trusted, allowed, bound]);
    // Its pull secret may be for one repository
    const pullsAll = `pods of serviceaccount "${at.name}" can now pull every repository of ${registry.name}`;
    if (annotated.result === "configured") yield { to: at, messages: [pullsAll], isInfo: true };
  }

  // A pod can request the same token and sign in itself, so it can use every role of the identity
  if (!state.identity || state.identity.ours) return;
  const to = identityRef(identityId);
  yield { to, messages: [`another user created ${kinds[to.kind].called} ${to.name}; the pods can use all of its roles`] };
}

/**
 * Deletes what `createSecretless` creates: the annotations first, so that no new pod needs the rest, and the identity last. The identity
 * and its role stay while it has other credentials, or if another user created it.
 */
export async function* deleteSecretless(order: SecretlessOrder, azure: Azure, tools: SecretlessTools): AsyncGenerator<Outcome> {
  const state = await readState(order, azure, tools);
  const { registry, identityId, identity } = state;
  const steps = openSteps(tools);
  const done: Outcome[] = [];
  for (const account of state.accounts) done.push(...(yield* deleteAccount(account, state, azure, steps)));
  if (!identity) return;

  const kept = await whyKept(identity, { state, done, azure, tools });
  const how = kept === undefined ? { because: unused, after: done, isDone: false } : { because: kept, isDone: true };
  const assignment = { principalId: identity.principalId, role: pullRole[state.mode].id };
  if (state.assignments.some(({ role, ours }) => role === assignment.role && ours))
    done.push(yield* steps.inAzure(assignmentRef(state), { ...how, remove: () => azure.unassignRole(registry, assignment) }));
  yield* steps.inAzure(identityRef(identityId), { ...how, remove: () => azure.deleteManagedIdentity(identityId) });
  const message = "nodes keep the logins that they have for up to 60 minutes, or until the kubelet restarts";
  yield { to: identityRef(identityId), messages: [message], isInfo: true };
}

async function* deleteAccount(
  { at, account, role, binding: bound }: AccountState,
  { identityId, identity, issuer, credentials }: SecretlessState,
  azure: Azure,
  { inAzure, inCluster }: ReturnType<typeof openSteps>,
): AsyncGenerator<Outcome, Outcome[]> {
  const client = clientOf(account);
  const done = client === undefined ? [] : [yield* inCluster(at, unannotating(identity?.clientId), account)];
  const first = [...done];
  // Another identity needs the right too
  const isOther = done.some(({ result, object }) => result === "unchanged" && clientOf(object) !== undefined);
  const kept = `serviceaccount "${at.name}" is kept, because it has the identity ${JSON.stringify(client)} and not ${identityRef(identityId).name}`;
  if (isOther) yield { to: at, messages: [`${kept}. Repeat the --registry and --identity of its setup`] };
  if (bound && !isOther) done.push(yield* inCluster(bindingRef(at), deleting, bound, first));
  if (role && !isOther) done.push(yield* inCluster(roleRef(at), deleting, role, [...done]));
  // Another user may trust the same ServiceAccount by a credential of another name
  const wanted = credentialFor(at, issuer);
  if (!credentials.some((one) => one.name === wanted.name && trusts(one, wanted))) return done;
  const remove = () => azure.deleteFederatedCredential(identityId, wanted.name);
  return [...done, yield* inAzure(credentialRef(identityId, wanted.name), { because: unused, after: first, isDone: false, remove })];
}

type Deleting = {
  readonly state: SecretlessState;
  /** What the run did so far. */
  readonly done: readonly Outcome[];
  readonly azure: Azure;
  readonly tools: SecretlessTools;
};

/** Returns why an identity stays; undefined if nothing needs it. */
async function whyKept(identity: ManagedIdentity, { state, done, azure, tools }: Deleting): Promise<string | undefined> {
  if (!identity.ours) return "another user created the identity";
  const { identityId } = state;
  const { credential: kind } = kindsOf(identityId);
  // Another run may have added a ServiceAccount since the state was read
  const isCurrent = tools.dryRun !== "none" || tools.interrupted();
  const credentials = isCurrent ? state.credentials : await azure.federatedCredentials(identityId);
  const others = credentials.filter(({ name }) => !done.some(({ to }) => to.kind === kind && to.name === name));
  return others.length > 0 ? `it has ${others.length} other federated credentials` : undefined;
}

/** How long to wait until Azure knows a new identity everywhere. Milliseconds. */
const replicationWait = 4 * minute;

type InAzure = {
  readonly because: string;
  /** The steps that must succeed first. */
  readonly after?: readonly Outcome[];
  /** Azure may not know the identity yet: this run or an earlier one has just created it. */
  readonly mayBeNew?: boolean;
  /** The object stays unchanged. */
  readonly isDone: boolean;
} & (
  | { readonly create: () => Promise<void>; readonly remove?: undefined }
  | { readonly remove: () => Promise<void>; readonly create?: undefined }
);

/**
 * Returns the steps of a run, one for each object. Each yields its outcome and returns it. A failed step prevents only the steps that come
 * `after` it. An interruption prevents all that follow.
 */
function openSteps(tools: SecretlessTools) {
  async function* step(of: Outcome, after: readonly Outcome[], work: () => Promise<Outcome>): AsyncGenerator<Outcome, Outcome> {
    const outcome = await attempt(of, after, work);
    yield outcome;
    return outcome;
  }

  async function attempt(of: Outcome, after: readonly Outcome[], work: () => Promise<Outcome>): Promise<Outcome> {
    if (tools.interrupted()) return { ...of, left: "interrupted" };
    if (after.some(isFailed)) return { ...of, left: "failed" };
    return work().catch((error: unknown) => ({ ...of, error: asCliError(error) }));
  }

  const during = <T>({ kind, name }: Ref, work: () => Promise<T>) => tools.during(`Writing ${kind.split(".")[0]} ${name}`, work);

  return {
    inAzure: (to: Ref, { because, after = [], mayBeNew = false, isDone, create, remove }: InAzure) =>
      step({ to, because }, after, async () => {
        if (isDone) return { to, because, result: "unchanged" };
        const write = () => retryWhileReplicating(mayBeNew, { wait: replicationWait, sleep: tools.sleep }, create ?? remove);
        if (tools.dryRun === "none") await during(to, write);
        return { to, because, result: create ? "created" : "deleted" };
      }),
    /** @param object the object as it was read before */
    inCluster: <K extends ClusterKind>(to: Ref<K>, decide: Decide<K>, object: KubeObjects[K] | undefined, after: readonly Outcome[] = []) =>
      step({ to }, after, async () => outcomeOf(to, await during(to, () => edit(to, decide, tools, { object })))),
  };
}

/** One ServiceAccount as it is in the cluster, with its objects there. */
type AccountState = {
  readonly at: AccountRef;
  readonly account: ServiceAccount | undefined;
  readonly role: Role | undefined;
  readonly binding: RoleBinding | undefined;
};

/** The state that a run starts from. */
type SecretlessState = {
  readonly accounts: readonly AccountState[];
  /** The issuer of the cluster's ServiceAccount tokens. */
  readonly issuer: string;
  readonly registry: AzureRegistry;
  readonly mode: Mode;
  /** The resource id of a managed identity, or the client id of an application. */
  readonly identityId: string;
  /** Absent if it doesn't exist. */
  readonly identity: ManagedIdentity | undefined;
  readonly credentials: readonly FederatedCredential[];
  readonly assignments: readonly RoleAssignment[];
};

function readState(order: SecretlessOrder, azure: Azure, { cluster, during }: SecretlessTools): Promise<SecretlessState> {
  const { namespace, serviceAccounts } = order;
  return during(`Reading ${order.registry} and the ServiceAccounts`, async () => {
    const [registry, issuer, accounts] = await Promise.all([
      azure.findRegistry(order.registry),
      issuerOf(order, cluster()),
      Promise.all(serviceAccounts.map((name) => readAccount(cluster(), { kind: "serviceaccount", name, namespace }))),
    ]);
    const identityId = identityIdOf(order.identity, registry);
    const [identity, { mode }] = await Promise.all([azure.managedIdentity(identityId), azure.registryFacts(registry)]);
    const [credentials, assignments] = identity
      ? await Promise.all([azure.federatedCredentials(identityId), azure.roleAssignments(registry, identity.principalId)])
      : [[], []];
    return { accounts, issuer, registry, mode, identityId, identity, credentials, assignments };
  });
}

/** Returns the issuer of the cluster's tokens. A user who may not read its document may be allowed to request a token, which names it. */
async function issuerOf({ namespace, serviceAccounts: [name = ""] }: SecretlessOrder, cluster: Cluster): Promise<string> {
  const request = async () => (await cluster.requestToken({ kind: "serviceaccount", name, namespace }, tokenAudience)).claims?.issuer;
  const issuer = await cluster.issuer().catch((error: unknown) => {
    if (isForbidden(error)) return request();
    throw error;
  });
  if (issuer !== undefined) return issuer;
  throw noIssuer();
}

async function readAccount(cluster: Cluster, at: AccountRef): Promise<AccountState> {
  const [account, role, bound] = await Promise.all([cluster.get(at), cluster.get(roleRef(at)), cluster.get(bindingRef(at))]);
  return { at, account, role, binding: bound };
}

/** Returns the id of the identity. By default the name contains the registry's, so that each registry has its own identity. */
function identityIdOf(named: string | undefined, registry: AzureRegistry): string {
  if (named?.startsWith("/")) return named;
  if (named !== undefined && isGuid(named)) return named.toLowerCase();
  return managedIdentityId(registry, named ?? `acr-secretless-${registry.name.toLowerCase()}`);
}

/** Returns why a ServiceAccount can't be annotated, so that nothing is created for it. */
function refusalOf({ at, account }: AccountState, { identity }: SecretlessState): CliError | undefined {
  const decision = annotating(at, identity)(account);
  return decision.act === "refuse" ? decision.error : undefined;
}

/** The kinds of the identity and of its credentials. A resource id starts with a slash, the client id of an application doesn't. */
const kindsOf = (identityId: string) =>
  identityId.startsWith("/")
    ? ({ identity: "identity.managedidentity.azure.com", credential: "federatedcredential.managedidentity.azure.com" } as const)
    : ({ identity: "application.graph.microsoft.com", credential: "federatedcredential.graph.microsoft.com" } as const);

const identityRef = (id: string) => ({ kind: kindsOf(id).identity, name: id.split("/").at(-1) ?? "" });

const credentialRef = (identityId: string, name: string): Ref => ({ kind: kindsOf(identityId).credential, name });

const assignmentRef = ({ mode, registry }: SecretlessState): Ref => ({
  kind: "roleassignment.management.azure.com",
  name: `${pullRole[mode].name.replaceAll(" ", "-")}-on-${registry.name}`,
});
