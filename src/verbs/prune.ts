import { isDeepStrictEqual } from "node:util";
import type { Application, Azure, AzureRegistry, RoleAssignment } from "../azure/port.ts";
import { pullRole } from "../credential/granted-rights.ts";
import { roleStays } from "../credential/service-principal/roles.ts";
import { asCliError, CliError, isForbidden, isNotFound, isRefusal, unlessForbidden, withLines } from "../errors.ts";
import { type Command, flag, shell } from "../hint.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { Outcome } from "../outcome.ts";
import { deletionWait, retryWhileReplicating } from "../retry.ts";
import { mapConcurrently, runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { isOurDescription, parseAzureOwner, secretIn } from "../secret/azure-words.ts";
import {
  type Created,
  createdIn,
  createdTokens,
  federatedCredential,
  type HolderFacts,
  heldOf,
  type IdentityOf,
  judgeLeftovers,
  type Leftover,
  openHeld,
  orphanedRole,
  type PruneOptions,
  reasonToKeep,
} from "../secret/leftovers.ts";
import {
  type AccountRef,
  accountOfCredential,
  allows,
  audienceRight,
  clientOf,
  kubeletGroups,
  roleRef,
  signsInAs,
} from "../secretless/objects.ts";
import type { Tools } from "../tools.ts";
import { pullLogins } from "../usage/holders.ts";
import { idBy, isSystem, uidOf } from "../usage/namespace.ts";
import { inLine } from "../wording.ts";
import { credentialRef } from "./secretless.ts";

export type Leftovers = {
  readonly registry: AzureRegistry;
  readonly rows: readonly Leftover[];
  readonly removals: readonly Removal[];
  /** Why not all Secrets of the cluster could be listed. */
  readonly unlisted: CliError | undefined;
  /** Why objects in Azure were not checked. */
  readonly unchecked: readonly CliError[];
  /** Whether only kube-* namespaces refused their Secrets, which `--force` accepts. */
  readonly needsForce: boolean;
};

type Finding = {
  readonly registry: Promise<AzureRegistry>;
  readonly options: PruneOptions;
  /** Is called for objects that can't be listed. */
  warn(text: string): void;
};

/**
 * Compares what this plugin created for a registry with what the Secrets of a cluster hold, in all namespaces.
 * @throws CliError if the cluster does not respond, because then it is unknown what is left over
 */
export async function findLeftovers(azure: Azure, cluster: Cluster, { registry: finding, options, warn }: Finding): Promise<Leftovers> {
  const [registry, holders] = await Promise.all([finding, readHolders(cluster, options)]);
  const reading = { azure, cluster, clusterId: holders.cluster, warn, unread: new Map<string, CliError>(), unchecked: [] };
  const [list, principals] = await Promise.all([azure.listTokens(registry), readPrincipals(reading, registry)]);
  const created = [...createdTokens(list, registry), ...principals];
  const namespaceUids = holders.cluster === undefined ? new Set<string>() : await uidsFor(created, cluster);
  const now = list.at === undefined ? undefined : new Date(list.at);
  const rows = judgeLeftovers(created, { ...holders, namespaceUids }, now, options);
  const { unlisted } = holders;
  const needsForce = unlisted !== undefined && holders.cluster !== undefined;
  return { registry, rows, removals: removalsOf(rows), unlisted, unchecked: reading.unchecked, needsForce };
}

type Holders = HolderFacts & Pick<Leftovers, "unlisted">;

/** Reads what all Secrets of the cluster hold, and its id if all could be listed, except those that a kube-* namespace refuses. */
async function readHolders(cluster: Cluster, { force }: Pick<PruneOptions, "force">): Promise<Holders> {
  const found = openHeld();
  const closed = new Set<string>();
  const recorded = new Map<string, readonly string[]>();
  const facts = { closed, recorded, force, namespaceUids: new Set<string>() };
  try {
    for await (const page of pullLogins(cluster, { read: new Set(), closed }))
      for (const secret of page) {
        found.add(secret);
        recorded.set(keyOf(secret.to), secret.copies.filter(isSystem));
      }
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return { ...facts, held: found.all(), cluster: undefined, unlisted: error };
  }
  const id = await idBy(() => uidOf(cluster, "kube-system"));
  const refused = closed.size > 0 && !force ? `cannot list the Secrets of ${inLine([...closed].sort())}` : undefined;
  const message = id === undefined ? "cannot read namespace kube-system, whose uid identifies the cluster" : refused;
  return { ...facts, held: found.all(), cluster: id, unlisted: message === undefined ? undefined : new CliError("forbidden", message) };
}

/** Reads the uids of the namespaces that objects name without their cluster. */
async function uidsFor(created: readonly Created[], cluster: Cluster): Promise<ReadonlySet<string>> {
  const unclear = created.flatMap(({ for: owner }) => (owner.cluster === undefined ? (secretIn(owner)?.namespace ?? []) : []));
  const read = (name: string) => uidOf(cluster, name).catch(unlessForbidden(undefined));
  const uids = await mapConcurrently([...new Set(unclear)], limits.cluster, read);
  return new Set(uids.filter((uid) => uid !== undefined));
}

type Reading = {
  readonly azure: Azure;
  readonly cluster: Cluster;
  readonly clusterId: string | undefined;
  readonly warn: Finding["warn"];
  /** Why federated credentials can't be read, by the id of their identity. */
  readonly unread: Map<string, CliError>;
  readonly unchecked: CliError[];
};

/** Reads the applications and managed identities with a role on the registry. If that is forbidden, the tokens can still be read. */
async function readPrincipals(of: Reading, registry: AzureRegistry): Promise<Created[]> {
  const { azure, warn, unread, unchecked } = of;
  try {
    const roles = (await azure.servicePrincipalRoles(registry)).filter(({ role }) => Object.values(pullRole).some(({ id }) => id === role));
    const ids = [...new Set(roles.map(({ principalId }) => principalId))];
    const reading = { width: limits.principals, interrupted: () => false };
    const created = await Array.fromAsync(runConcurrently(ids, reading, (id) => createdFor(id, roles, registry, of)));
    const [why] = unread.values();
    if (why) warn(withLines(`the federated credentials of ${inLine([...unread.keys()], 1)} were not checked`, why.message));
    unchecked.push(...unread.values());
    return created;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    warn(withLines("service principals were not listed", error.message));
    unchecked.push(error);
    return [];
  }
}

async function* createdFor(id: string, roles: readonly RoleAssignment[], registry: AzureRegistry, of: Reading): AsyncGenerator<Created> {
  const { azure, unread } = of;
  const principal = await azure.principal(id);
  if (!principal) {
    const orphans = roles.filter(({ principalId, ours, here }) => principalId === id && ours && here);
    if (orphans.length > 0) await requireTenant(registry, azure);
    return yield* orphans.map(orphanedRole);
  }
  const { appId, identityId } = principal;
  if (identityId !== undefined)
    return yield* await trusting({ id: identityId, clientId: appId }, of).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      unread.set(identityId, error);
      return [];
    });
  const [application] = await azure.applications({ appId });
  if (!application) return;
  const isEmpty = application.keys.length === 0 && isOurDescription(application.notes);
  const { otherKeys } = isEmpty ? await azure.access(application.id, principal.id) : { otherKeys: [] };
  yield* createdIn(application, otherKeys.length > 0);
}

/** @throws CliError forbidden unless Microsoft Graph, which did not find a principal, knows all principals of the registry's tenant */
async function requireTenant(registry: AzureRegistry, azure: Azure): Promise<void> {
  const [tenant, own] = await Promise.all([azure.tenantOf(registry), azure.identity()]);
  if (tenant?.toLowerCase() === own.tenant.toLowerCase()) return;
  const owner = tenant === undefined ? "Azure does not show the tenant of the registry" : `the registry belongs to tenant ${tenant}`;
  throw new CliError("forbidden", `${owner}, and you are signed in to ${own.tenant}`);
}

/**
 * Returns the federated credentials that `secretless create` has given an identity for ServiceAccounts of this cluster.
 * @param only the name of the one that is read. Default: all
 */
async function trusting(
  { id, clientId }: IdentityOf,
  { azure, cluster, clusterId }: Pick<Reading, "azure" | "cluster" | "clusterId">,
  only?: string,
): Promise<Created[]> {
  if (clusterId === undefined) return [];
  const own = (await azure.federatedCredentials(id)).flatMap((one) => {
    const account = only === undefined || only === one.name ? accountOfCredential(one, clusterId) : undefined;
    return account ? [{ to: credentialRef(one.name), account }] : [];
  });
  const read = async ({ to, account }: (typeof own)[number]) => {
    const needed = await needOf(account, clientId, cluster);
    return federatedCredential(to, { id, clientId }, account, { cluster: clusterId, needed });
  };
  return Promise.all(own.map(read));
}

/**
 * Returns `true` if a ServiceAccount is set up for an identity, or is being set up: a run writes the role before the annotations. One that
 * was deleted and created again is not, and Entra ID would still exchange its tokens. Its next owner can write the annotation, but not the
 * right of the kubelets. Azure Workload Identity may also use the identity.
 */
async function needOf(account: AccountRef, clientId: string | undefined, cluster: Cluster): Promise<Created["needed"]> {
  const there = await cluster.get(account);
  const client = clientOf(there);
  const isNamed = client?.toLowerCase() === clientId?.toLowerCase();
  // An administrator can give the right in another way
  const isSetUp = async () =>
    allows(account, await cluster.get(roleRef(account))) || (isNamed && cluster.groupsMay(kubeletGroups, audienceRight(account)));
  if (there && (isNamed || client === undefined) && (await isSetUp())) return true;
  return signsInAs(there, clientId) ? "workload identity" : undefined;
}

type PruneTools = Pick<Tools, "cluster" | "dryRun" | "force" | "interrupted" | "sleep">;

/** Deletes leftovers. Looks at all Secrets and at each object again right before, and deletes it only if it is still a leftover. */
export async function* deleteLeftovers(
  { registry, removals }: Pick<Leftovers, "registry" | "removals">,
  azure: Azure,
  tools: PruneTools,
): AsyncGenerator<Outcome> {
  // Objects of one name are deleted one after the other
  const groups = [...Map.groupBy(removals, ({ to }) => keyOf(to)).values()];
  const deleting = { width: limits.credentials, interrupted: () => false };
  const cluster = tools.cluster();
  for (let at = 0; at < groups.length; at += limits.credentials) {
    const some = groups.slice(at, at + limits.credentials);
    if (tools.interrupted()) return yield* some.flat().map(({ to }): Outcome => ({ to, left: "interrupted" }));
    const holders = await readHolders(cluster, tools);
    yield* runConcurrently(some, deleting, (group) => removeAll(group, { azure, cluster, registry, holders }, tools));
  }
}

/** The objects that are deleted together: a token, or the passwords of one application. */
type Removal = Pick<Created, "to" | "identity" | "client" | "host" | "what"> & { readonly rows: readonly [Created, ...Created[]] };

function removalsOf(rows: readonly Leftover[]): Removal[] {
  const together = Map.groupBy(
    rows.filter(({ willDelete }) => willDelete),
    ({ to, identity, passwords, lost }) => JSON.stringify([keyOf(to), identity, lost && passwords]),
  );
  return [...together.values()].map((all): Removal => ({ ...(all[0] as Created), rows: all as [Leftover, ...Leftover[]] }));
}

/** `holders`: a first look, which serves several deletions. */
type Again = { readonly azure: Azure; readonly cluster: Cluster; readonly registry: AzureRegistry; readonly holders: Holders };

async function* removeAll(removals: readonly Removal[], again: Again, tools: PruneTools): AsyncGenerator<Outcome> {
  for (const removal of removals) {
    const { to } = removal;
    if (tools.interrupted()) {
      yield { to, left: "interrupted" };
      continue;
    }
    try {
      yield* take(removal, again, tools);
    } catch (error) {
      yield { to, error: asCliError(error) };
    }
  }
}

/** Returns why an object is kept after another look at the Secrets. @throws CliError if it is unknown whether a Secret holds it */
function whyKept({ to, rows }: Removal, holders: Holders): string | undefined {
  const reason = reasonToKeep(rows, holders);
  if (reason !== "unlisted") return reason && "a Secret now holds it";
  throw new CliError(
    "forbidden",
    withLines(`${to.name} is kept: the Secrets of the cluster could not be listed again`, holders.unlisted?.message),
  );
}

const kept = (to: Ref, because: string): Outcome => ({ to, result: "unchanged", because, messages: [`${to.name} is kept: ${because}`] });

type Step = {
  readonly outcome: Outcome;
  /** Whether the object, and everything in Azure and the cluster that uses it, still is as it was. Absent: the Secrets decide alone. */
  isLeft?(holders: Holders): Promise<boolean>;
  /** Absent: the outcome only says something. */
  request?(): Promise<unknown>;
  /** The command that does the same. */
  readonly command: Command;
};

/** Sends the requests one after the other, up to the first that fails or whose object has changed. */
async function* take(removal: Removal, again: Again, tools: PruneTools): AsyncGenerator<Outcome> {
  const steps = await stepsFor(removal, again);
  if (steps.length === 0) yield kept(removal.to, changedSince);
  for (const step of steps) {
    const { to } = step.outcome;
    if (tools.interrupted()) return yield { to, left: "interrupted" };
    const failed = await send(step, removal, again, tools);
    if (typeof failed === "string") return yield kept(to, failed);
    if (failed) {
      yield { to, error: failed };
      return yield { to, messages: ["it was not deleted; to delete it yourself"], fix: step.command };
    }
    yield step.outcome;
  }
}

/**
 * Looks again directly before each try of a request, because Azure has no preconditions. An object that does not exist any more counts as
 * deleted.
 * @returns the error of the request, or why the object is kept
 */
async function send({ isLeft, request }: Step, removal: Removal, again: Again, tools: PruneTools): Promise<CliError | string | undefined> {
  if (!request || tools.dryRun !== "none") return undefined;
  let first: Holders | undefined = again.holders;
  let isSent = false;
  const work = async () => {
    isSent = false;
    const holders: Holders = first ?? (await readHolders(again.cluster, tools));
    first = undefined;
    const why = whyKept(removal, holders) ?? (isLeft && !(await isLeft(holders)) ? changedSince : undefined);
    if (why !== undefined) return why;
    isSent = true;
    await request();
    return undefined;
  };
  try {
    return await retryWhileReplicating(false, { wait: deletionWait, sleep: tools.sleep }, work);
  } catch (error) {
    // Without an answer it is unknown whether to delete the object, so no command to do so follows
    if (!isSent) throw error;
    return isNotFound(error) ? undefined : asCliError(error);
  }
}

const because = "it is left over";

const changedSince = "it has changed since";

/** Returns the requests that delete an object; none if it has changed since it was listed. */
function stepsFor(removal: Removal, again: Again): Promise<Step[]> | Step[] {
  if (removal.host !== undefined) return stepsForToken(removal, again);
  if (removal.what === "federated credential") return stepsForCredential(removal, again);
  return removal.what === "role" ? stepsForRole(removal, again) : stepsForApplication(removal, again);
}

function stepsForCredential({ to, identity: id, client: clientId, rows: [row] }: Removal, { azure, cluster }: Again): Step[] {
  // Reads no other ServiceAccount, so that no request comes between this one's and the deletion
  const isLeft = async ({ cluster: clusterId }: Holders) => {
    const reading = trusting({ id, clientId }, { azure, cluster, clusterId }, to.name);
    const [identity, [now]] = await Promise.all([azure.managedIdentity(id), reading]);
    // Another identity can have its name
    return identity?.clientId.toLowerCase() === clientId?.toLowerCase() && now !== undefined && !now.needed;
  };
  const [, subscription, group, name = ""] = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(id) ?? [];
  const place = [...flag("resource-group", group), ...flag("subscription", subscription)];
  const command = shell("az identity federated-credential delete", "--name", to.name, "--identity-name", name, place);
  const outcome = { to, result: "deleted", because: `${row.for.words} does not use it` } as const;
  return [{ outcome, isLeft, request: () => azure.deleteFederatedCredential(id, to.name), command }];
}

function stepsForToken({ to, rows: [before] }: Removal, { azure, registry }: Again): Step[] {
  const { name } = to;
  const isSame = (now: Created, passwords: Created["passwords"]) =>
    !now.needed && isDeepStrictEqual([now.for, now.passwords], [before.for, passwords]);
  const deletion = (what: string) => shell(`az acr ${what} delete`, "--registry", registry.name, "--name", name);
  const map: Step = {
    outcome: { to: { kind: "scopemap.azurecr.io", name }, result: "deleted", because },
    isLeft: async () => {
      const maps = createdTokens(await azure.listTokens(registry), registry).filter(({ what }) => what === "scope map");
      return maps.some((now) => now.to.name.toLowerCase() === name.toLowerCase() && isSame(now, []));
    },
    request: () => azure.deleteScopeMap(registry, name),
    command: deletion("scope-map"),
  };
  if (before.what === "scope map") return [map];
  const isLeft = async () => {
    const [token, scopeMap] = await Promise.all([azure.token(registry, name), azure.scopeMap(registry, name)]);
    const all = createdTokens({ tokens: token ? [token] : [], scopeMaps: scopeMap ? [scopeMap] : [] }, registry);
    return all.some((now) => now.what === "token" && isSame(now, before.passwords));
  };
  const outcome = { to, result: "deleted", because } as const;
  return [{ outcome, isLeft, request: () => azure.deleteToken(registry, name), command: deletion("token") }, map];
}

function stepsForRole({ to, rows: [{ passwords }] }: Removal, { azure, registry }: Again): Step[] {
  const [{ slot: role } = { slot: "" }] = passwords;
  const isLeft = async () => (await azure.principal(to.name)) === undefined;
  const request = () => azure.unassignRole(registry, { principalId: to.name, role });
  const command = shell("az role assignment list", "--scope", registry.id, "--query", `[?principalId=='${to.name}']`);
  return [{ outcome: { to, result: "deleted", because }, isLeft, request, command }];
}

function namesOtherCluster(notes: string, { for: { cluster } }: Created): boolean {
  const of = parseAzureOwner(notes);
  return of !== undefined && of.cluster !== cluster;
}

/**
 * Deletes an application that this plugin created for this cluster, with its role, if no other user can sign in to it; otherwise only
 * passwords.
 */
async function stepsForApplication(removal: Removal, { azure, registry, holders }: Again): Promise<Step[]> {
  const { to, identity } = removal;
  const look = async (by: Holders) => (await azure.applications({ appId: identity })).map((one) => partsOf(one, removal, by))[0];
  const [before, principal] = await Promise.all([look(holders), azure.servicePrincipal(identity)]);
  if (!before) return [];
  const { application, keys, rest, isElsewhere, isOwn } = before;
  const isAlone = async () => (await azure.access(application.id, principal?.id)).otherKeys.length === 0;
  const roles = principal ? (await azure.roleAssignments(registry, principal.id)).filter(({ ours, here }) => ours && here) : [];
  const command = shell("az role assignment delete", "--assignee", identity, "--scope", registry.id);
  if (isOwn && (await isAlone()))
    return [
      {
        outcome: { to, result: "deleted", because },
        isLeft: async (by) => {
          const [now, isStillAlone] = await Promise.all([look(by), isAlone()]);
          return isStillAlone && isDeepStrictEqual(now, before);
        },
        request: () => azure.deleteApplication(application.id),
        command: shell("az ad app delete", "--id", identity),
      },
      ...roles.map(
        ({ principalId, role }): Step => ({
          outcome: { to: { kind: "roleassignment.management.azure.com", name: to.name }, result: "deleted", because },
          request: () => azure.unassignRole(registry, { principalId, role }),
          command,
        }),
      ),
    ];
  const isLast = keys.length > 0 && !isElsewhere && roles.length > 0 && !rest.some(({ displayName }) => parseAzureOwner(displayName));
  return [
    ...keys.map(
      ({ slot }): Step => ({
        outcome: { to, result: "configured", slot, because },
        request: () => azure.removeKey(application.id, slot),
        command: shell("az ad app credential delete", "--id", application.appId, "--key-id", slot),
      }),
    ),
    ...(isLast ? [{ outcome: roleStays(application, registry), command }] : []),
  ];
}

/** `isOwn`: it is this plugin's, for this cluster, and has no other passwords. */
function partsOf(application: Application, { to, identity, rows }: Removal, { held }: Holders) {
  const wanted = new Set(rows.flatMap(({ passwords }) => passwords.map(({ slot }) => slot)));
  const keys = application.keys.filter(({ slot }) => wanted.has(slot));
  const rest = application.keys.filter((key) => !keys.includes(key));
  const isElsewhere = namesOtherCluster(application.notes, rows[0]);
  // A run may be about to add a password
  const users = [...rest, ...heldOf({ to, identity }, held)];
  return { application, keys, rest, isElsewhere, isOwn: users.length === 0 && isOurDescription(application.notes) && !isElsewhere };
}
