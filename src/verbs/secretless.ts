import type { Azure, AzureRegistry, FederatedCredential, ManagedIdentity, RoleAssignment } from "../azure/port.ts";
import { builtInRole, type Mode, pullRole } from "../credential/granted-rights.ts";
import { isPublic } from "../doctor/ladder.ts";
import { minute } from "../duration.ts";
import { absent, asCliError, asRefusal, CliError, isForbidden, unlessRefused, withLines } from "../errors.ts";
import { kubectl, plugin, shell } from "../hint.ts";
import { type ClusterKind, nameOf, type Ref } from "../kinds.ts";
import { type Decide, type Decision, edit, outcomeOf } from "../kube/edit.ts";
import type { Cluster } from "../kube/port.ts";
import type { KubeObjects, Role, RoleBinding, ServiceAccount } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { registryName, withoutProvider } from "../registry/login-server.ts";
import { isYoung, retryWhileReplicating } from "../retry.ts";
import { mapConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { clusterId } from "../secret/azure-words.ts";
import { lastWrittenAt } from "../secret/owners.ts";
import { credentialOf, sourceOf } from "../secret/record.ts";
import {
  type AccountRef,
  allowing,
  annotating,
  binding,
  bindingRef,
  clientOf,
  credentialFor,
  deleting,
  deletingUnrecorded,
  isSameClient,
  type Origin,
  recordingOnly,
  recordsRegistries,
  registriesKey,
  registriesOf,
  roleRef,
  setUpSince,
  signsInAs,
  tokenAudience,
  trusts,
  unannotating,
  unused,
  workloadKey,
} from "../secretless/objects.ts";
import type { Tools } from "../tools.ts";
import { uidOf } from "../usage/namespace.ts";
import { namesIn } from "../usage/references.ts";
import { inLine } from "../wording.ts";

/** The ServiceAccounts of one namespace, and the identity in Azure that they pull as. */
type SecretlessOrder = {
  readonly namespace: string;
  readonly serviceAccounts: readonly string[];
  /** A registry's name, login server or id. */
  readonly registry: string;
  /** A managed identity by its name or resource id. Default: the plugin's identity of the registry. */
  readonly identity: string | undefined;
  /** The objects that a deletion may change. Default: all. */
  readonly confirmed?: Confirmed | undefined;
};

type SecretlessTools = Omit<Tools, "registry" | "files" | "force" | "now" | "runId" | "inform">;

/**
 * Lets the pods of ServiceAccounts pull without a pull secret. Each object that exists already is `unchanged`. The annotations of a
 * ServiceAccount come last: the kubelet uses the other objects only with them.
 */
export async function* createSecretless(order: SecretlessOrder, azure: Azure, tools: SecretlessTools): AsyncGenerator<Outcome> {
  const state = await readState(order, azure, tools);
  const { registry, identityId } = state;
  requireProvider(registry);
  const accounts = state.accounts.map((one) => ({ ...one, refusal: refusalOf(one, state) }));
  if (accounts.every(({ refusal }) => refusal)) return yield* accounts.map(({ at, refusal }): Outcome => ({ to: at, error: refusal }));

  const counted = accounts.filter(({ refusal }) => !refusal).map(({ at }) => at);
  checkCount(order, state, counted);
  const unreachable = `Microsoft Entra ID cannot reach the issuer of ServiceAccount tokens, ${state.origin.issuer}`;
  if (!isPublic(state.origin.issuer)) yield { to: identityRef(identityId), messages: [`${unreachable}, so pods cannot pull yet`] };

  const { inAzure } = openSteps(tools);
  let { identity } = state;
  const known = await inAzure(identityRef(identityId), {
    because: "pods sign in to Azure as this identity",
    isDone: identity !== undefined,
    create: async () => {
      // Azure may be busy for minutes, and would change the tags of an identity that another user creates by then
      const there = await azure.managedIdentity(identityId);
      if (there && !there.ours) throw changedSince(identityRef(identityId));
      identity = there ?? (await azure.createManagedIdentity(identityId, registry));
    },
  });
  yield known;
  const role = pullRole[state.mode];
  let { assignments } = state;
  const assigned = await inAzure(assignmentRef(state), {
    because: `${role.name} allows only pulling`,
    after: [known],
    mayBeNew: true,
    isDone: givenRole(state) !== undefined,
    create: async () => {
      assignments = await assign(state, identity?.principalId ?? "", azure);
    },
  });
  yield assigned;
  if (assigned.result === "created") yield* othersGaining(state);
  if (givenRole({ ...state, assignments }) === "limited") yield limited(state);

  const done: Outcome[] = [];
  for (const account of accounts) {
    for await (const outcome of setUp(account, { ...state, identity, assignments }, azure, tools, [known, assigned])) {
      done.push(outcome);
      yield outcome;
    }
  }
  const resultOf = (at: AccountRef) => done.find(({ to, result }) => result && to.kind === at.kind && to.name === at.name)?.result;
  const isGiven = done.some(({ result }) => result === "configured" || result === "created");
  if (state.identity) yield* otherRights(state.identity, isGiven, state, azure);
  const isChanged = [known, assigned, ...done].some(({ result = "unchanged" }) => result !== "unchanged");
  const isSetUp = (at: AccountRef) => resultOf(at) !== undefined;
  if (identity && isChanged && tools.dryRun === "none")
    yield* repair(counted.filter(isSetUp), { ...state, identity, assignments }, azure, tools);
}

/** Creates again what another run, which did not see the new setup yet, may have deleted since this run read it. */
async function* repair(
  accounts: readonly AccountRef[],
  state: SecretlessState & { readonly identity: ManagedIdentity },
  azure: Azure,
  tools: SecretlessTools,
): AsyncGenerator<Outcome> {
  const { registry, identityId, identity, origin } = state;
  if (accounts.length === 0 || tools.interrupted()) return;
  const reads = [
    azure.federatedCredentials(identityId),
    azure.roleAssignments(registry, identity.principalId),
    requireSame(state, azure),
  ] as const;
  const now = await Promise.all(reads).catch(asRefusal);
  if (now instanceof CliError) return yield { to: identityRef(identityId), error: now };
  const [credentials, assignments] = now;
  const { inAzure } = openSteps(tools);
  const again = { because: "another run has deleted it", mayBeNew: true, isDone: false };
  const create = async () => void (await assign(state, identity.principalId, azure));
  if (!givenRole({ ...state, assignments })) yield await inAzure(assignmentRef(state), { ...again, create });
  const wanted = accounts.map((at) => credentialFor(at, origin));
  for (const one of wanted.filter((each) => !credentials.some((there) => trusts(there, each))))
    yield await inAzure(credentialRef(one.name), { ...again, create: () => trust(state, one, azure) });
  for (const at of accounts) {
    const there = await readAccount(tools.cluster(), at).catch(asCliError);
    if (there instanceof CliError) yield { to: at, error: there };
    else if (decisionsFor(there, state).some(({ act }) => act !== "keep")) yield { to: at, error: changedSince(at) };
  }
}

/**
 * Assigns the role with the condition that another user gave it. Looks before each try, because Azure may be busy for minutes.
 * @returns the assignments before
 */
async function assign(state: SecretlessState, principalId: string, azure: Azure): Promise<readonly RoleAssignment[]> {
  const { registry, identity, mode } = state;
  // Azure may not know the principal of a new identity yet
  const assignments = identity ? await azure.roleAssignments(registry, identity.principalId) : [];
  const { condition } = ownAssignment({ ...state, assignments }) ?? ownAssignment(state) ?? {};
  await azure.assignRole(registry, { principalId, role: pullRole[mode].id, condition });
  return assignments;
}

/** Looks before each try, like {@link assign}. */
async function trust(state: SecretlessState, credential: FederatedCredential, azure: Azure): Promise<void> {
  await requireSame(state, azure);
  await azure.putFederatedCredential(state.identityId, credential);
}

/** @throws CliError conflict if the identity that was read, or its tag, has changed. Azure may not show a new identity yet */
async function requireSame({ identityId, identity }: SecretlessState, azure: Azure): Promise<void> {
  const now = await azure.managedIdentity(identityId);
  if (now && identity && (now.clientId !== identity.clientId || now.ours !== identity.ours)) throw changedSince(identityRef(identityId));
}

/** @param before the steps for the identity and its role */
async function* setUp(
  { at, refusal, ...there }: SettingUp,
  state: SecretlessState,
  azure: Azure,
  tools: SecretlessTools,
  [known, assigned]: readonly [Outcome, Outcome],
): AsyncGenerator<Outcome> {
  if (refusal) return yield { to: at, error: refusal };
  const { registry, identity } = state;
  const { inAzure, inCluster } = openSteps(tools);
  const wanted = credentialFor(at, state.origin);
  const trusting = state.credentials.find((one) => trusts(one, wanted));
  const trusted = await inAzure(credentialRef((trusting ?? wanted).name), {
    because: "it trusts the ServiceAccount",
    after: [known],
    mayBeNew: true,
    isDone: trusting !== undefined,
    create: () => trust(state, wanted, azure),
  });
  yield trusted;
  // Its creation time tells secretless check since when Azure has the rest
  const allowed = await inCluster(roleRef(at), allowing(at, registry.loginServer), there.role, [known, assigned, trusted]);
  yield allowed;
  const bound = await inCluster(bindingRef(at), binding(at), there.binding, [allowed]);
  yield bound;
  const annotated = await inCluster(at, annotating(at, identity), there.account, [bound], () => requireSame(state, azure));
  yield annotated;
  if (annotated.result === "configured" && givenRole(state) !== "limited")
    yield await describePulls({ at, ...there }, registry, tools.cluster());
}

/** @throws CliError invalid if the credential provider gives no login for a registry */
function requireProvider({ name, loginServer }: AzureRegistry): void {
  const reason = withoutProvider(loginServer);
  if (reason !== undefined) throw new CliError("invalid", reason, { hint: plugin("create", "--registry", name) });
}

/** Whether the identity may pull from the registry: all of it, or only what the condition of another user allows. */
function givenRole(state: SecretlessState): "whole" | "limited" | undefined {
  const { assignments, mode } = state;
  if (assignments.some(({ role, condition }) => role === pullRole[mode].id && condition === undefined)) return "whole";
  return ownAssignment(state) ? "limited" : undefined;
}

/** The role's assignment to the identity on the registry. Azure allows one, so another assignment would replace its condition. */
const ownAssignment = ({ assignments, mode, identity }: SecretlessState): RoleAssignment | undefined =>
  assignments.find(({ role, here, principalId }) => role === pullRole[mode].id && here && principalId === identity?.principalId);

/** Warns that a condition of another user limits what pods can pull. */
const limited = ({ mode, registry, identityId }: SecretlessState): Outcome => ({
  to: identityRef(identityId),
  messages: [`role "${pullRole[mode].name}" on ${registry.name} has a condition, so pods pull only what it allows`],
});

/** Warns that other ServiceAccounts with the identity gain a registry. */
function* othersGaining({ accounts, credentials, origin, registry, identityId }: SecretlessState): Generator<Outcome> {
  const others = credentials.filter((one) => !accounts.some(({ at }) => trusts(one, credentialFor(at, origin))));
  if (others.length === 0) return;
  const gaining = inLine(others.map(({ subject }) => subject));
  yield { to: identityRef(identityId), messages: [`the identity also belongs to ${gaining}, which can now pull from ${registry.name}`] };
}

/** Warns about roles that come with the identity. A pod can request the same token and sign in itself, so it can use every role. */
async function* otherRights(
  identity: ManagedIdentity,
  isGiven: boolean,
  { registry, identityId }: SecretlessState,
  azure: Azure,
): AsyncGenerator<Outcome> {
  const to = identityRef(identityId);
  if (!identity.ours)
    return yield { to, messages: [`another user created managed identity ${to.name}; the pods can use all of its roles`] };
  const unread = (error: unknown) => ({ ...none, forbidden: asRefusal(error) });
  const { roles, forbidden } = isGiven ? await azure.otherRoles(registry, identity.principalId).catch(unread) : none;
  const unknown = "the other roles of the identity, which the pods can use too, could not be read";
  if (forbidden) yield { to, messages: [withLines(unknown, forbidden.message)] };
  const elsewhere = namesOf(roles.filter((one) => !one.here && onlyPulls(one)));
  if (elsewhere !== "") yield { to, messages: [`the pods can also pull from ${elsewhere}, because the identity can`] };
  const more = roles.filter((one) => !onlyPulls(one));
  const named = more.map(async ({ role, on }) => `${await roleName(role, registry, azure)} on ${on}`);
  const all = inLine([...new Set(await Promise.all(named))]);
  if (all !== "") yield { to, messages: [`the pods can also use other roles of the identity: ${all}`] };
}

const onlyPulls = ({ role }: { readonly role: string }) => Object.values(pullRole).some(({ id }) => id === role);

const none = { roles: [], forbidden: undefined } as const;

/** Returns the name of a role, or its GUID if Azure doesn't show it. */
async function roleName(guid: string, registry: AzureRegistry, azure: Azure): Promise<string> {
  const name = builtInRole(guid)?.name ?? (await azure.roleDefinition(registry, guid).catch(unlessRefused(undefined)))?.name;
  return name === undefined ? guid : JSON.stringify(name);
}

/** Returns the scopes of roles, each once. */
const namesOf = (roles: readonly { readonly on: string }[]): string => inLine([...new Set(roles.map(({ on }) => on))]);

/** Says what pods can pull, as a warning if a pull secret of their ServiceAccount allows less. One that can't be read says nothing. */
async function describePulls(
  { at, account }: AccountState,
  { name: registry, loginServer }: AzureRegistry,
  cluster: Cluster,
): Promise<Outcome> {
  const read = (name: string, namespace = at.namespace) => cluster.get({ kind: "secret", name, namespace }).catch(unlessRefused(undefined));
  const allowed = namesIn(account?.imagePullSecrets).map(async (name) => {
    const secret = await read(name);
    const source = secret && sourceOf(secret);
    const { host, repositories = ["*"] } = credentialOf(source ? await read(source.name, source.namespace) : secret) ?? {};
    return host !== loginServer || repositories.includes("*") ? [] : [`${inLine(repositories)} as by secret "${name}"`];
  });
  const narrower = (await Promise.all(allowed)).flat();
  const pullsAll = `the role lets pods of serviceaccount "${at.name}" pull every repository of ${registry}`;
  return { to: at, messages: [[pullsAll, ...narrower].join(", not only ")], isInfo: narrower.length === 0 || undefined };
}

/** The most federated credentials of an identity (learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations). */
const mostCredentials = 20;

/** @throws CliError invalid if the identity can't have a federated credential for each ServiceAccount */
function checkCount(
  { registry }: SecretlessOrder,
  { credentials, origin, identityId }: SecretlessState,
  accounts: readonly AccountRef[],
): void {
  const missing = accounts.filter((at) => !credentials.some((one) => trusts(one, credentialFor(at, origin))));
  if (missing.length === 0 || credentials.length + missing.length <= mostCredentials) return;
  const { name } = identityRef(identityId);
  const counts = `has ${credentials.length} federated credentials, and needs ${missing.length} more. Azure allows ${mostCredentials}`;
  const other = name.replace(/(?:-(\d+))?$/, (_, number = "1") => `-${Number(number) + 1}`);
  const names = missing.slice(0, mostCredentials).map((at) => at.name);
  const create = plugin("secretless create", ...names, "--registry", registry, "--identity", other);
  throw new CliError("invalid", `managed identity ${name} ${counts}`, {
    hint: { ...create, when: "use another identity for these ServiceAccounts" },
  });
}

/**
 * Deletes what `createSecretless` creates for a registry: the annotations first, so that no new pod needs the rest, and the identity last.
 * A ServiceAccount that also pulls from another registry keeps all but the role on this one. The identity and its role stay while other
 * ServiceAccounts use them, or if another user created the identity. It also stays while it has another role. A named identity that does
 * not exist is an error if there was nothing to delete.
 */
export async function* deleteSecretless(order: SecretlessOrder, azure: Azure, tools: SecretlessTools): AsyncGenerator<Outcome> {
  const state = await readState(order, azure, tools);
  const { registry, identityId, identity } = state;
  const otherRoles = async () => (identity ? await azure.otherRoles(registry, identity.principalId) : none);
  const reads = () => Promise.all([rolesOnRecorded(state, azure), otherRoles().catch(asRefusal)]);
  const [recorded, before] = await tools.during("Reading the roles of the identity", reads);
  const steps = openSteps(tools, order.confirmed ?? "all");
  const done: Outcome[] = [];
  for (const account of state.accounts) {
    const { kept, outcomes } = await deleteAccount(
      account,
      { ...state, recorded, others: before, now: tools.cluster().now() },
      azure,
      steps,
    );
    done.push(...outcomes);
    yield* [...kept, ...outcomes];
  }
  if (!identity) return yield* missingIdentity(order, identityId, done);

  const left = await leftCredentials(state, done, azure, tools);
  // Pods that Azure Workload Identity signs in may pull too
  const signedOut = state.accounts.filter(({ account }) => !signsInAs(account, identity.clientId));
  const namesOfKept = (accounts: readonly AccountState[]) =>
    accounts.map(({ at }) => credentialFor(at, state.origin).name).filter((name) => !isDeleted(name, done));
  /** Another run may have set a ServiceAccount up for the registry again. */
  const unrecording = async () => {
    const now = await Promise.all(signedOut.map(async (one) => ({ ...one, role: await tools.cluster().get(roleRef(one.at)) })));
    return namesOfKept(now.filter(({ role }) => !registriesOf(role).includes(registry.loginServer)));
  };
  const kept = namesOfKept(signedOut);
  const because = (users: readonly FederatedCredential[]) => {
    if (!identity.ours) return "another user created the identity";
    return users.length > 0 ? `it has ${users.length} other federated credentials` : undefined;
  };
  const how = (reason: string | undefined) =>
    reason === undefined ? { because: unused, after: [...done], isDone: false } : { because: reason, isDone: true };
  const { principalId } = identity;
  const role = pullRole[state.mode].id;
  const isOwn = (one: RoleAssignment) => one.role === role && one.ours;
  let assigned = state.assignments.find(isOwn);
  const restore = assigned && (() => azure.assignRole(registry, { principalId, role, condition: assigned?.condition }));
  if (assigned) {
    const users = left.filter(({ name }) => !kept.includes(name));
    const reason = because(users);
    const remove = async () => {
      await requireUnused(identityId, azure, { kept: unrecording, restore: undefined });
      // Another user may have limited it
      assigned = (await azure.roleAssignments(registry, principalId)).find(isOwn) ?? assigned;
      const failed = await azure.unassignRole(registry, { principalId, role }).then(() => undefined, asCliError);
      // The identity may stay, so another run that found the role would have lost it, even if the answer was lost
      await tools.uninterrupted(() => requireUnused(identityId, azure, { kept: unrecording, restore }));
      if (failed) throw failed;
    };
    done.push(await steps.inAzure(assignmentRef(state), { ...how(reason), id: assigned.name, remove }));
    yield* done.slice(-1);
    if (reason !== undefined) yield stays(state, principalId, users);
  }
  const isUsed = because(left);
  const others = isUsed || tools.interrupted() ? {} : otherUse(identity, before);
  const remove = async () => {
    if (otherUse(identity, await otherRoles()).because !== undefined) throw changedSince(identityRef(identityId));
    await requireSame(state, azure);
    await requireUnused(identityId, azure, { kept: async () => [], restore });
    await azure.deleteManagedIdentity(identityId);
  };
  const outcome = await steps.inAzure(identityRef(identityId), { ...how(isUsed ?? others.because), id: principalId, remove });
  yield { ...outcome, ...others };
  const message = "nodes keep the logins that they have for up to 60 minutes, or until the kubelet restarts";
  yield { to: identityRef(identityId), messages: [message], isInfo: true };
}

/** Says for whom an identity keeps its role on the registry, or how to delete the role. */
function stays({ registry, mode, identityId }: SecretlessState, principalId: string, users: readonly FederatedCredential[]): Outcome {
  const to = identityRef(identityId);
  const kept = `the identity keeps role "${pullRole[mode].name}" on ${registry.name}`;
  if (users.length > 0) return { to, messages: [`${kept} for ${inLine(users.map(({ subject }) => subject))}`] };
  const fix = shell("az role assignment delete", "--assignee", principalId, "--role", pullRole[mode].id, "--scope", registry.id);
  return { to, messages: [`${kept}. If nothing else pulls with it, delete the role`], fix };
}

function* missingIdentity({ identity }: SecretlessOrder, id: string, done: readonly Outcome[]): Generator<Outcome> {
  const isUnneeded = done.some(({ left, result = "unchanged" }) => left !== undefined || result !== "unchanged");
  if (identity === undefined || isUnneeded) return;
  const to = identityRef(id);
  yield { to, error: new CliError("notFound", `managed identity ${to.name} not found`) };
}

/**
 * Restores the role of an identity that another run may have given to a ServiceAccount since this run removed the role. Azure has no
 * preconditions, so this is read right before and after that, and right before the deletion of the identity.
 * @param kept the federated credentials that do not need the role
 * @throws CliError if the identity has others, or if that is unknown
 */
async function requireUnused(
  identityId: string,
  azure: Azure,
  { kept, restore }: { readonly kept: () => Promise<readonly string[]>; readonly restore: (() => Promise<void>) | undefined },
): Promise<void> {
  const users = await Promise.all([azure.federatedCredentials(identityId), kept()]).catch(asRefusal);
  const unread = users instanceof CliError ? users : undefined;
  const [credentials, unneeding] = users instanceof CliError ? [[], []] : users;
  const subjects = credentials.filter(({ name }) => !unneeding.includes(name)).map(({ subject }) => subject);
  if (!unread && subjects.length === 0) return;
  const lost = await restore?.().then(() => undefined, asRefusal);
  const because = unread ? "its ServiceAccounts could not be read" : `another run has given it to ${inLine(subjects)}`;
  const message = `managed identity ${identityRef(identityId).name} is kept, because ${because}`;
  const hint = lost ? "run secretless create for its ServiceAccounts again" : "run the command again";
  throw new CliError(unread?.kind ?? "conflict", withLines(message, unread?.message, lost?.message), { hint });
}

/** Returns why an identity without ServiceAccounts is kept; nothing if Azure shows no other role. @throws CliError if that is unknown */
function otherUse({ id }: ManagedIdentity, others: OtherRoles): Partial<Outcome> {
  if (others instanceof CliError) throw others;
  const { roles, forbidden } = others;
  if (roles.length === 0 && !forbidden) return {};
  const { name } = identityRef(id);
  const because = roles.length > 0 ? `it has other roles, on ${namesOf(roles)}` : "its other roles could not be read";
  const fix = roles.length > 0 ? undefined : shell("az identity delete", "--ids", id);
  const message = `managed identity ${name} is kept, because ${because}`;
  return { because, messages: [fix ? `${message}. If it has none, delete it` : message], isInfo: fix ? undefined : true, fix };
}

/** Whether Azure shows a role of the identity on a recorded registry, by login server; an error if Azure does not show it. */
type Recorded = ReadonlyMap<string, boolean | CliError>;

/** The most registries of a record that are looked up: anyone who may write the role can record any number. */
const mostRegistries = 20;

async function rolesOnRecorded({ accounts, registry, identity }: SecretlessState, azure: Azure): Promise<Recorded> {
  const hasRole = async (host: string) => {
    const found = host === registry.loginServer ? registry : await azure.registryAt(host);
    if (!found || !identity || found.id.toLowerCase() === registry.id.toLowerCase()) return false;
    return (await azure.roleAssignments(found, identity.principalId)).length > 0;
  };
  const hosts = new Set(accounts.flatMap(({ role }) => registriesOf(role).slice(0, mostRegistries)));
  const read = async (host: string) => [host, await hasRole(host).catch(asRefusal)] as const;
  return new Map(await mapConcurrently([...hosts], limits.subscriptions, read));
}

type OtherRoles = Awaited<ReturnType<Azure["otherRoles"]>> | CliError;

/** `now`: the time of the API server, in milliseconds. */
type DeletingState = SecretlessState & { readonly recorded: Recorded; readonly others: OtherRoles; readonly now: number };

/**
 * Returns the other registries that a role records, except those on which Azure shows that the identity has no role. It may list a new role
 * late, so a young record counts.
 */
function otherRegistries(role: Role | undefined, { recorded, others, registry, now }: DeletingState): readonly string[] {
  const shown = others instanceof CliError ? [] : others.roles.map(({ on }) => on);
  const isNew = role !== undefined && isYoung(lastWrittenAt(role.metadata, ["metadata", "annotations", registriesKey]), now);
  const hasNone = (host: string) => recorded.get(host) === false && !isNew && !shown.includes(registryName(host) ?? host);
  return registriesOf(role).filter((host) => host !== registry.loginServer && !hasNone(host));
}

/** @returns the outcomes of its objects, and why it is kept or what else it loses */
async function deleteAccount(one: AccountState, state: DeletingState, azure: Azure, steps: ReturnType<typeof openSteps>) {
  const { at, account, role } = one;
  const client = clientOf(account);
  if (client !== undefined && !isSameClient(client, state.identity?.clientId)) {
    const { name } = identityRef(state.identityId);
    const kept = `serviceaccount "${at.name}" is kept, because it has the identity ${JSON.stringify(client)} and not ${name}`;
    const messages = [`${kept}. Repeat the --registry and --identity of its setup`];
    // Another identity needs the right too
    const outcomes = await deleteParts({ ...one, role: undefined, binding: undefined }, state, azure, steps);
    return { kept: [{ to: at, messages }], outcomes };
  }
  // First, so that this run notices a registry that another run records from then on
  const released = await steps.inCluster(roleRef(at), (now) => recordingOnly(otherRegistries(now, state), now), role);
  const now = released.object as Role | undefined;
  const others = otherRegistries(now, state);
  if (others.length > 0) return { kept: [keptFor(at, others, state)], outcomes: [released] };
  if (isFailed(released)) return { kept: [], outcomes: [released] };
  const error = client === undefined || recordsRegistries(now) ? undefined : unrecorded(at, state);
  if (error) return { kept: [{ to: at, error }], outcomes: [released] };
  // Another run that found the registry recorded has not written the role, but has assigned its own before
  const since = [...(await rolesOnRecorded({ ...state, accounts: [one] }, azure))].flatMap(([host, has]) => (has === false ? [] : host));
  if (since.length > 0) {
    const recorded = await steps.inCluster(roleRef(at), (there) => recordingOnly([...registriesOf(there), ...since], there), now);
    return { kept: [], outcomes: [recorded, { to: at, error: setUpSince(roleRef(at).name, since) }] };
  }
  const kept = client === undefined ? [] : alsoLost(at, state);
  return { kept, outcomes: await deleteParts({ ...one, role: now }, state, azure, steps) };
}

/** Returns why a ServiceAccount is kept: a warning if its identity has a role on another registry, an error if Azure does not show it. */
function keptFor(at: AccountRef, others: readonly string[], { recorded }: DeletingState): Outcome {
  const needed = others.filter((host) => recorded.get(host) === true);
  const kept = `serviceaccount "${at.name}" is kept, because it`;
  if (needed.length > 0) return { to: at, messages: [`${kept} also pulls from ${inLine(needed)}`] };
  const unread = others.map((host) => recorded.get(host)).find((answer) => answer instanceof CliError);
  const message = withLines(`${kept} may also pull from ${inLine(others)}, where Azure does not show its roles`, unread?.message);
  const forget = kubectl("annotate", "--overwrite", `role/${roleRef(at).name}`, `${registriesKey}=`);
  const hint = { ...forget, when: "if it does not, empty the record and run the command again" };
  return { to: at, error: new CliError(unread?.kind ?? "conflict", message, { hint }) };
}

/** Returns a warning if a ServiceAccount also loses registries that it does not record. */
function alsoLost(at: AccountRef, { others }: DeletingState): Outcome[] {
  const elsewhere = others instanceof CliError ? [] : others.roles.filter((one) => !one.here && onlyPulls(one));
  const neededBy = `without the identity, serviceaccount "${at.name}" cannot pull from ${namesOf(elsewhere)} either`;
  return elsewhere.length > 0 ? [{ to: at, neededBy, messages: [neededBy] }] : [];
}

/** Returns why a ServiceAccount without a record is kept: its identity has roles elsewhere, or Azure does not show them. */
function unrecorded(at: AccountRef, { others }: DeletingState): CliError | undefined {
  const unread = others instanceof CliError ? others : others.forbidden;
  const elsewhere = others instanceof CliError ? "" : namesOf(others.roles.filter(({ here }) => !here));
  if (elsewhere === "" && !unread) return undefined;
  const because = elsewhere === "" ? "the other roles of its identity could not be read" : `its identity has roles on ${elsewhere}`;
  const kept = `serviceaccount "${at.name}" is kept, because no role "${roleRef(at).name}" records its registries, and ${because}`;
  const hint = "run secretless create for each registry that it pulls from, and run the command again";
  return new CliError(unread?.kind ?? "conflict", withLines(kept, unread?.message), { hint });
}

async function deleteParts(
  { at, account, role, binding: bound }: AccountState,
  state: DeletingState,
  azure: Azure,
  { inAzure, inCluster, cluster }: ReturnType<typeof openSteps>,
): Promise<Outcome[]> {
  const { identityId, identity, origin, credentials } = state;
  const done = clientOf(account) === undefined ? [] : [await inCluster(at, unannotating(identity?.clientId), account)];
  if (bound) done.push(await inCluster(bindingRef(at), deleting, bound, [...done]));
  // Another user may trust the same ServiceAccount by a credential of another name
  const wanted = credentialFor(at, origin);
  if (credentials.some((each) => each.name === wanted.name && trusts(each, wanted))) {
    const remove = async () => {
      await Promise.all([requireSame(state, azure), requireNotSetUp(at, identity?.clientId, cluster())]);
      await azure.deleteFederatedCredential(identityId, wanted.name);
    };
    const isDone = signsInAs(account, identity?.clientId);
    const because = isDone ? "Azure Workload Identity uses it" : unused;
    const outcome = await inAzure(credentialRef(wanted.name), { because, after: [...done], isDone, id: identity?.principalId, remove });
    const kept = `federated credential ${wanted.name} is kept, because ${because}`;
    const messages = [`${kept}. If it does not, remove the annotation and run the command again`];
    done.push(isDone ? { ...outcome, messages, fix: kubectl("annotate", `serviceaccount/${at.name}`, `${workloadKey}-`) } : outcome);
  }
  // Last, because another run that sets the ServiceAccount up finds everything before it or creates it
  if (role) done.push(await inCluster(roleRef(at), deletingUnrecorded, role, [...done]));
  return done;
}

/**
 * Looks before each try of a deletion, because Azure has no preconditions.
 * @throws CliError conflict if the ServiceAccount has been set up for the identity since this run removed its annotations and records
 */
async function requireNotSetUp(at: AccountRef, own: string | undefined, cluster: Cluster): Promise<void> {
  const [account, role] = await Promise.all([cluster.get(at), cluster.get(roleRef(at))]);
  const client = clientOf(account);
  // The role of a ServiceAccount with another identity is for that one
  const isOwn = isSameClient(client, own);
  const decision = client === undefined || isOwn ? deletingUnrecorded(role) : undefined;
  if (decision?.act === "refuse") throw decision.error;
  if (isOwn || signsInAs(account, own)) throw changedSince(at);
}

/**
 * Returns the credentials of the identity that the run leaves. Another run may have added a ServiceAccount since the state was read.
 * @param done what the run did so far
 */
async function leftCredentials(
  { identityId, credentials: read }: SecretlessState,
  done: readonly Outcome[],
  azure: Azure,
  tools: SecretlessTools,
): Promise<readonly FederatedCredential[]> {
  const isCurrent = tools.dryRun !== "none" || tools.interrupted();
  const credentials = isCurrent ? read : await azure.federatedCredentials(identityId);
  // If Azure shows one that this run has deleted, another run has created it again
  const isLeft = ({ result }: Outcome) => result === "unchanged" || (!isCurrent && result === "deleted");
  return credentials.filter(({ name }) => done.every((one) => !isCredential(one.to, name) || isLeft(one)));
}

const isCredential = ({ kind, name }: Ref, wanted: string): boolean => kind === credentialKind && name === wanted;

const isDeleted = (credential: string, done: readonly Outcome[]): boolean =>
  done.some(({ to, result }) => isCredential(to, credential) && result === "deleted");

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
  | { readonly create: () => Promise<void>; readonly remove?: undefined; readonly id?: undefined }
  | { readonly remove: () => Promise<void>; readonly create?: undefined; readonly id: string | undefined }
);

const changedSince = (to: Ref): CliError =>
  new CliError("conflict", `${nameOf(to)} has changed since it was read`, { hint: "run the command again" });

/** The objects that a deletion may change. An object that replaces one of them is another one. */
export type Confirmed = ReadonlySet<string>;

const keyOf = ({ to, id, object }: Outcome): string => [to.kind, to.name, id ?? object?.metadata.uid].join();

/** Returns the objects that a preview changes. */
export const confirmedBy = (preview: readonly Outcome[]): Confirmed =>
  new Set(preview.filter(({ result = "unchanged" }) => result !== "unchanged").map(keyOf));

/**
 * Returns the steps of a run, one for each object. A failed step prevents only the steps that come `after` it. An interruption prevents all
 * that follow.
 * @param only what a run that deletes may change: `all` are the objects that it has read
 */
function openSteps(tools: SecretlessTools, only?: Confirmed | "all") {
  async function step(of: Outcome, after: readonly Outcome[], work: () => Promise<Outcome>): Promise<Outcome> {
    const left = tools.interrupted() ? "interrupted" : after.some(isFailed) ? "failed" : undefined;
    return left ? { ...of, left } : work().catch((error: unknown) => ({ ...of, error: asCliError(error) }));
  }

  const during = <T>({ kind, name }: Ref, work: () => Promise<T>) => tools.during(`Writing ${kind.split(".")[0]} ${name}`, work);

  /** @throws CliError conflict */
  function requireShown(of: Outcome, isSame: boolean): void {
    if (!only || (isSame && (only === "all" || only.has(keyOf(of))))) return;
    throw changedSince(of.to);
  }

  return {
    cluster: () => tools.cluster(),
    inAzure: (to: Ref, { because, after = [], mayBeNew = false, isDone, create, remove, id }: InAzure) =>
      step({ to, because }, after, async () => {
        if (isDone) return { to, because, result: "unchanged" };
        requireShown({ to, id }, true);
        const write = () => retryWhileReplicating(mayBeNew, { wait: replicationWait, sleep: tools.sleep }, create ?? remove);
        if (tools.dryRun === "none") await during(to, write);
        return { to, id, because, result: create ? "created" : "deleted" };
      }),
    /** @param object the object as it was read before @param check throws if the object must stay as it is */
    inCluster: <K extends ClusterKind>(
      to: Ref<K>,
      decide: Decide<K>,
      object: KubeObjects[K] | undefined,
      after: readonly Outcome[] = [],
      check?: () => Promise<void>,
    ) =>
      step({ to }, after, async () => {
        await check?.();
        const decideShown: Decide<K> = (now) => {
          const decision = decide(now);
          if (["patch", "delete"].includes(decision.act)) requireShown({ to, object: now }, now?.metadata.uid === object?.metadata.uid);
          return decision;
        };
        return outcomeOf(to, await during(to, () => edit(to, decideShown, tools, { object })));
      }),
  };
}

/** One ServiceAccount as it is in the cluster, with its objects there. */
type AccountState = {
  readonly at: AccountRef;
  readonly account: ServiceAccount | undefined;
  readonly role: Role | undefined;
  readonly binding: RoleBinding | undefined;
};

/** `refusal`: why it can't be set up. */
type SettingUp = AccountState & { readonly refusal: CliError | undefined };

/** The state that a run starts from. */
type SecretlessState = {
  readonly accounts: readonly AccountState[];
  readonly origin: Origin;
  readonly registry: AzureRegistry;
  readonly mode: Mode;
  /** The resource id of the managed identity. */
  readonly identityId: string;
  /** Absent if it doesn't exist. */
  readonly identity: ManagedIdentity | undefined;
  readonly credentials: readonly FederatedCredential[];
  readonly assignments: readonly RoleAssignment[];
};

function readState(order: SecretlessOrder, azure: Azure, { cluster, during }: SecretlessTools): Promise<SecretlessState> {
  const { namespace, serviceAccounts } = order;
  return during(`Reading ${order.registry} and the ServiceAccounts`, async () => {
    const [registry, issuer, uid, accounts] = await Promise.all([
      azure.findRegistry(order.registry),
      issuerOf(order, cluster()),
      uidOf(cluster(), "kube-system"),
      Promise.all(serviceAccounts.map((name) => readAccount(cluster(), { kind: "serviceaccount", name, namespace }))),
    ]);
    // Without it, another cluster with the same issuer would name its federated credentials the same
    if (uid === undefined) throw absent("namespaces", "kube-system");
    const identityId = identityIdOf(order.identity, registry);
    const [identity, { mode }] = await Promise.all([azure.managedIdentity(identityId), azure.registryFacts(registry)]);
    const [credentials, assignments] = identity
      ? await Promise.all([azure.federatedCredentials(identityId), azure.roleAssignments(registry, identity.principalId)])
      : [[], []];
    return {
      accounts,
      origin: { issuer, cluster: clusterId(uid) },
      registry,
      mode,
      identityId,
      identity,
      credentials,
      assignments,
    };
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
  throw new CliError("notFound", "the cluster does not name the issuer of its ServiceAccount tokens");
}

async function readAccount(cluster: Cluster, at: AccountRef): Promise<AccountState> {
  const [account, role, bound] = await Promise.all([cluster.get(at), cluster.get(roleRef(at)), cluster.get(bindingRef(at))]);
  return { at, account, role, binding: bound };
}

/** Returns the id of the identity. By default the name contains the registry's, so that each registry has its own identity. */
function identityIdOf(named: string | undefined, registry: AzureRegistry): string {
  if (named?.startsWith("/")) return named;
  const group = registry.id.replace(/\/providers\/.*$/i, "");
  const name = named ?? `acr-secretless-${registry.name.toLowerCase()}`;
  return `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

/** Returns why a ServiceAccount can't be set up, so that nothing is created for it. */
const refusalOf = (there: AccountState, state: SecretlessState): CliError | undefined =>
  decisionsFor(there, state)
    .map((decision) => (decision.act === "refuse" ? decision.error : undefined))
    .find((error) => error);

/** Returns what a setup does to the objects of a ServiceAccount. */
const decisionsFor = (
  { at, account, role, binding: bound }: AccountState,
  { identity, registry }: SecretlessState,
): readonly Decision[] => [annotating(at, identity)(account), allowing(at, registry.loginServer)(role), binding(at)(bound)];

const identityRef = (id: string): Ref => ({ kind: "identity.managedidentity.azure.com", name: id.split("/").at(-1) ?? "" });

const credentialKind = "federatedcredential.managedidentity.azure.com";

export const credentialRef = (name: string): Ref => ({ kind: credentialKind, name });

const assignmentRef = ({ mode, registry }: SecretlessState): Ref => ({
  kind: "roleassignment.management.azure.com",
  name: `${pullRole[mode].name.replaceAll(" ", "-")}-on-${registry.name}`,
});
