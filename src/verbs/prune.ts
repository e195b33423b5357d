import { isDeepStrictEqual } from "node:util";
import type { Azure, AzureRegistry, RoleAssignment, TokenList } from "../azure/port.ts";
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
import { isOurDescription, mapOf, parseAzureOwner, secretIn } from "../secret/azure-words.ts";
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
  kubeletGroup,
  roleRef,
  signsInAs,
} from "../secretless/objects.ts";
import type { Tools } from "../tools.ts";
import { pullLogins } from "../usage/holders.ts";
import { idBy, uidOf } from "../usage/namespace.ts";
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
  const facts = { closed, force, namespaceUids: new Set<string>() };
  try {
    for await (const page of pullLogins(cluster, { read: new Set(), closed })) for (const secret of page) found.add(secret);
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
    const created = await Array.fromAsync(runConcurrently(ids, reading, (id) => createdFor(id, roles, of)));
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

async function* createdFor(id: string, roles: readonly RoleAssignment[], of: Reading): AsyncGenerator<Created> {
  const { azure, unread } = of;
  const principal = await azure.principal(id);
  if (!principal) return yield* roles.filter(({ principalId, ours, here }) => principalId === id && ours && here).map(orphanedRole);
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
    const isNeeded = await usesIdentity(account, clientId, cluster);
    return federatedCredential(to, { id, clientId }, account, { cluster: clusterId, isNeeded });
  };
  return Promise.all(own.map(read));
}

/**
 * Whether a ServiceAccount is set up for an identity, or is being set up: a run writes the role before the annotations. One that was
 * deleted and created again is not, and Entra ID would still exchange its tokens. Its next owner can write the annotation, but not the right
 * of the kubelets. Azure Workload Identity may also use the identity.
 */
async function usesIdentity(account: AccountRef, clientId: string | undefined, cluster: Cluster): Promise<boolean> {
  const there = await cluster.get(account);
  if (signsInAs(there, clientId)) return true;
  const client = clientOf(there);
  if (!there || (client !== undefined && client.toLowerCase() !== clientId?.toLowerCase())) return false;
  if (allows(account, await cluster.get(roleRef(account)))) return true;
  // An administrator can give the right in another way
  return client !== undefined && cluster.groupMay(kubeletGroup, audienceRight(account));
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
  for (let at = 0; at < groups.length; at += limits.credentials) {
    const some = groups.slice(at, at + limits.credentials);
    if (tools.interrupted()) return yield* some.flat().map(({ to }): Outcome => ({ to, left: "interrupted" }));
    const hasTokens = some.flat().some(({ host }) => host !== undefined);
    const [holders, list] = await Promise.all([readHolders(tools.cluster(), tools), hasTokens ? azure.listTokens(registry) : undefined]);
    const cluster = tools.cluster();
    const again = { azure, cluster, registry, holders, list };
    yield* runConcurrently(some, deleting, (group) => removeAll(group, again, tools));
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

/** The answers right before the deletion. */
type Again = {
  readonly azure: Azure;
  readonly cluster: Cluster;
  readonly registry: AzureRegistry;
  readonly holders: Holders;
  readonly list: TokenList | undefined;
};

async function* removeAll(removals: readonly Removal[], again: Again, tools: PruneTools): AsyncGenerator<Outcome> {
  for (const removal of removals) {
    const { to } = removal;
    if (tools.interrupted()) {
      yield { to, left: "interrupted" };
      continue;
    }
    try {
      const steps = await stepsNow(removal, again);
      if (typeof steps === "string") yield kept(to, steps);
      else yield* take(steps, tools);
    } catch (error) {
      yield { to, error: asCliError(error) };
    }
  }
}

/** Returns the requests that delete an object, or why it is kept. @throws CliError if it is unknown whether a Secret holds it */
async function stepsNow(removal: Removal, again: Again): Promise<Step[] | string> {
  const reason = reasonToKeep(removal.rows, again.holders);
  if (reason === "unlisted") throw unlistedNow(removal.to, again.holders);
  if (reason === "held") return "a Secret now holds it";
  const steps = await stepsFor(removal, again);
  return steps.length > 0 ? steps : changedSince;
}

/** The error for an object whose holders could be listed before, and can't be listed any more. */
const unlistedNow = ({ name }: Ref, { unlisted }: Holders): CliError =>
  new CliError("forbidden", withLines(`${name} is kept: the Secrets of the cluster could not be listed again`, unlisted?.message));

const kept = (to: Ref, because: string): Outcome => ({ to, result: "unchanged", because, messages: [`${to.name} is kept: ${because}`] });

type Step = {
  readonly outcome: Outcome;
  /** Whether the object is still left over. Is asked directly before the request, because Azure has no preconditions. */
  isLeft?(): Promise<boolean>;
  /** Absent: the outcome only says something. */
  request?(): Promise<unknown>;
  /** The command that does the same. */
  readonly command: Command;
};

/** Sends the requests one after the other, up to the first that fails or whose object has changed. */
async function* take(steps: readonly Step[], tools: PruneTools): AsyncGenerator<Outcome> {
  for (const step of steps) {
    const { to } = step.outcome;
    if (tools.interrupted()) return yield { to, left: "interrupted" };
    const error = await send(step, tools);
    if (error === "changed") return yield kept(to, changedSince);
    if (error) {
      yield { to, error };
      return yield { to, messages: ["it was not deleted; to delete it yourself"], fix: step.command };
    }
    yield step.outcome;
  }
}

/** @returns the error of a request, or `changed` without one. An object that does not exist any more counts as deleted */
async function send({ isLeft, request }: Step, { dryRun, sleep }: PruneTools): Promise<CliError | "changed" | undefined> {
  if (!request || dryRun !== "none") return undefined;
  try {
    return await retryWhileReplicating(false, { wait: deletionWait, sleep }, async () => {
      if (isLeft && !(await isLeft())) return "changed";
      await request();
      return undefined;
    });
  } catch (error) {
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

async function stepsForCredential({ to, identity, client, rows: [row] }: Removal, { azure, cluster, holders }: Again): Promise<Step[]> {
  if (holders.cluster === undefined) throw unlistedNow(to, holders);
  // Reads no other ServiceAccount, so that no request comes between this one's and the deletion
  const isLeft = async () => {
    const [now] = await trusting({ id: identity, clientId: client }, { azure, cluster, clusterId: holders.cluster }, to.name);
    return now !== undefined && !now.needed;
  };
  const [, subscription, group, name = ""] = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(identity) ?? [];
  const place = [...flag("resource-group", group), ...flag("subscription", subscription)];
  const command = shell("az identity federated-credential delete", "--name", to.name, "--identity-name", name, place);
  const outcome = { to, result: "deleted", because: `${row.for.words} does not use it` } as const;
  return [{ outcome, isLeft, request: () => azure.deleteFederatedCredential(identity, to.name), command }];
}

function stepsForToken({ to, rows: [before] }: Removal, { azure, registry, list }: Again): Step[] {
  const now = createdTokens(list ?? { tokens: [], scopeMaps: [] }, registry).find((one) => keyOf(one.to) === keyOf(to));
  const { name } = to;
  const isSame = (passwords: Created["passwords"]) => isDeepStrictEqual(passwordTimes(passwords), passwordTimes(before.passwords));
  if (!now || now.needed || !isSame(now.passwords)) return [];
  const deletion = (what: string) => shell(`az acr ${what} delete`, "--registry", registry.name, "--name", name);
  const map: Step = {
    outcome: { to: { kind: "scopemap.azurecr.io", name }, result: "deleted", because },
    isLeft: async () => !(await azure.listTokens(registry)).tokens.some((one) => mapOf(one).toLowerCase() === name.toLowerCase()),
    request: () => azure.deleteScopeMap(registry, name),
    command: deletion("scope-map"),
  };
  if (before.what === "scope map") return [map];
  return [
    {
      outcome: { to, result: "deleted", because },
      isLeft: async () => isSame((await azure.token(registry, name))?.passwords ?? []),
      request: () => azure.deleteToken(registry, name),
      command: deletion("token"),
    },
    map,
  ];
}

const passwordTimes = (passwords: Created["passwords"]) => passwords.map(({ slot, madeAt }) => [slot, madeAt]);

async function stepsForRole({ to, rows: [{ passwords }] }: Removal, { azure, registry }: Again): Promise<Step[]> {
  const [{ slot: role } = { slot: "" }] = passwords;
  if (await azure.principal(to.name)) return [];
  const command = shell("az role assignment list", "--scope", registry.id, "--query", `[?principalId=='${to.name}']`);
  return [
    { outcome: { to, result: "deleted", because }, request: () => azure.unassignRole(registry, { principalId: to.name, role }), command },
  ];
}

function namesOtherCluster(notes: string, { for: { cluster } }: Created): boolean {
  const of = parseAzureOwner(notes);
  return of !== undefined && of.cluster !== cluster;
}

/**
 * Deletes an application that this plugin created for this cluster, with its role, if no other user can sign in to it; otherwise only
 * passwords.
 */
async function stepsForApplication({ to, identity, what, rows }: Removal, { azure, registry, holders }: Again): Promise<Step[]> {
  const [[application], principal] = await Promise.all([azure.applications({ appId: identity }), azure.servicePrincipal(identity)]);
  if (!application || (what === "application" && application.keys.length > 0)) return [];
  const [row] = rows;
  const wanted = new Set(rows.flatMap(({ passwords }) => passwords.map(({ slot }) => slot)));
  const keys = application.keys.filter(({ slot }) => wanted.has(slot));
  const rest = application.keys.filter((key) => !keys.includes(key));
  const roles = principal ? (await azure.roleAssignments(registry, principal.id)).filter(({ ours, here }) => ours && here) : [];
  // A run may be about to add a password
  const users = [...rest, ...heldOf({ to, identity }, holders.held)];
  const isElsewhere = namesOtherCluster(application.notes, row);
  const isWhole = users.length === 0 && isOurDescription(application.notes) && !isElsewhere;
  const { otherKeys } = isWhole ? await azure.access(application.id, principal?.id) : { otherKeys: [] };
  const command = shell("az role assignment delete", "--assignee", identity, "--scope", registry.id);
  const isLeft = async () => {
    const [now] = await azure.applications({ appId: identity });
    return isDeepStrictEqual([now?.notes, now?.keys], [application.notes, application.keys]);
  };
  if (isWhole && otherKeys.length === 0)
    return [
      {
        outcome: { to, result: "deleted", because },
        isLeft,
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
