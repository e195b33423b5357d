import type { Application, Azure, AzureRegistry, ServicePrincipal } from "../../azure/port.ts";
import { Busy, CliError, Conflict, isRefusal } from "../../errors.ts";
import type { Change, Make, Mint } from "../../plan/change.ts";
import type { Password } from "../../secret/entry.ts";
import { type Mode, pullRole } from "../granted-rights.ts";
import type { Applied, Asked, Credential, Sources } from "../kind.ts";
import { createdBy, deletePlanned, isRefused } from "../password-credential.ts";
import { poll, retryWhileReplicating } from "../retry.ts";
import type { Principal } from "./find.ts";
import { keysShown } from "./plan.ts";
import { conditionOf, granted, lacking, repositoriesOf, roleOn, union } from "./roles.ts";

/**
 * The objects in Azure when the plan was made, the names of the objects to create, and what this run did since. The names identify an
 * object whose response was lost.
 */
export type State = Principal & {
  readonly notes: string;
  /** The name of the password. */
  readonly key: string;
  /** The requests of this run that Azure may have applied. */
  readonly asked: { application?: boolean; principal?: boolean; role?: boolean; key?: boolean };
  /** The objects that Azure created; absent if the response was lost. */
  readonly made: { application?: Application; principal?: ServicePrincipal; keyId?: string | undefined };
  /** The service principal that another run created after this plan was made. */
  existing?: ServicePrincipal | undefined;
  /** The repositories of the role before and after this run. */
  written?: { readonly before: readonly string[] | undefined; readonly after: readonly string[] } | undefined;
};

export type PrincipalEnv = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly mode: Mode;
  /** The display name or the id that the command line names. */
  readonly named: string | undefined;
  readonly asked: Asked;
  readonly sources: Sources;
  /** Keyed by the display name. */
  readonly states: Map<string, State>;
};

/** How long to look for an object whose response was lost, and to retry its deletion, in milliseconds. A rollback may take a minute. */
const rollbackWait = 20_000;

/**
 * The pause in milliseconds between creating an application and listing those of its name, of which the first counts. Graph lists whole
 * seconds, and the id decides between applications of the same second. After this pause, no other application of that second is missing
 * from the list.
 */
const listDelay = 2_000;

/** Returns the function that applies a plan, and rolls back what this run created unless another run has started to use it. */
export function principalApplier({ azure, registry, mode, asked, sources, states }: PrincipalEnv): Credential["apply"] {
  const retry = { wait: asked.wait, sleep: sources.sleep };
  const brief = { ...retry, wait: Math.min(retry.wait, rollbackWait) };

  async function createApplication(it: State): Promise<void> {
    const create = () => azure.createApplication({ displayName: it.name, notes: it.notes });
    const made = await sending(it, "application", () => retryWhileReplicating(false, retry, create));
    it.made.application = made;
    await retry.sleep(listDelay);
    const first = await firstOfName(it.name, made.id);
    // The name must identify one application. If two runs create it at the same time, the later run uses that of the earlier one
    if (first.id !== made.id) throw new Conflict(`another run created application "${it.name}" at the same time`);
  }

  /**
   * Returns the earliest application of a name, after Graph lists this one. Those of one second are ordered by id. Only times from one list
   * are comparable, because Graph's answer to POST is more precise.
   */
  async function firstOfName(name: string, id: string): Promise<Application> {
    const listed = await poll(retry, async () => {
      const all = await azure.applications({ name });
      return all.some((one) => one.id === id) ? all : undefined;
    });
    const [first] = (listed ?? []).toSorted((a, b) => Date.parse(a.madeAt) - Date.parse(b.madeAt) || a.id.localeCompare(b.id));
    if (!first) throw new CliError("timeout", `application "${name}" was created, but Microsoft Graph does not list it yet`);
    return first;
  }

  async function createPrincipal(it: State): Promise<void> {
    const { appId } = applicationOf(it);
    const create = () => retryWhileReplicating(it.made.application !== undefined, retry, () => azure.createServicePrincipal(appId));
    try {
      it.made.principal = await sending(it, "principal", create);
    } catch (error) {
      // Another run may have created the service principal of the same application at the same time
      it.existing = isConflict(error) && !(error instanceof Busy) ? await poll(retry, () => azure.servicePrincipal(appId)) : undefined;
      if (!it.existing) throw error;
    }
  }

  async function mint(it: State, { expiresAt: expiry }: Mint): Promise<Applied> {
    const { id, appId } = applicationOf(it);
    const add = () => azure.addKey(id, { displayName: it.key, expiresAt: expiry });
    const adding = sending(it, "key", () => retryWhileReplicating(it.made.application !== undefined, retry, add));
    const { slot, password, madeAt, expiresAt } = await adding;
    it.made.keyId = slot;
    return { login: { username: appId, password }, identity: appId, slot, madeAt, expiresAt, by: await createdBy(azure) };
  }

  /** Deletes the application that this run created, even if the response was lost. If another run uses it, deletes only the password. */
  async function rollBackApplication(it: State): Promise<void> {
    if (!it.asked.application) return;
    const find = async () => (await azure.applications({ name: it.name })).find(({ notes }) => notes === it.notes);
    const made = it.made.application ?? (await poll(brief, find));
    if (!made) throw new CliError("conflict", `application "${it.name}" may have been created`);
    it.made.application = made;
    if (await isUsed(it, azure)) await rollBackKey(it);
    else await retryWhileReplicating(true, brief, () => azure.deleteApplication(made.id));
  }

  /** Deletes the service principal. If this run created the application, Azure deletes the service principal with it. */
  async function rollBackPrincipal(it: State): Promise<void> {
    if (!it.asked.principal || it.asked.application || (await isUsed(it, azure))) return;
    const { appId } = applicationOf(it);
    const made = it.made.principal ?? (await poll(brief, () => azure.servicePrincipal(appId)));
    if (!made) throw new CliError("conflict", `the service principal of application "${it.name}" may have been created`);
    await retryWhileReplicating(true, brief, () => azure.deleteServicePrincipal(made.id));
  }

  async function rollBackKey(it: State): Promise<void> {
    if (!it.asked.key) return;
    const { id } = applicationOf(it);
    it.made.keyId ??= await poll(brief, async () => (await newKeys(it, azure)).find(({ displayName }) => displayName === it.key)?.slot);
    const { keyId } = it.made;
    if (keyId === undefined) throw new CliError("conflict", `a password of application "${it.name}" may have been added`);
    await retryWhileReplicating(true, brief, () => azure.removeKey(id, keyId));
  }

  /** Deletes a password. Succeeds if it is already deleted. */
  async function deleteKey({ id, appId }: Application, keyId: string): Promise<void> {
    const isThere = async () => (await azure.applications({ appId }))[0]?.keys.some(({ slot }) => slot === keyId);
    await retryWhileReplicating(false, retry, () => azure.removeKey(id, keyId)).catch(async (error: unknown) => {
      if (!isRefusal(error) || (await isThere())) throw error;
    });
  }

  const hasOnly = async (it: State, passwords: readonly Password[]): Promise<boolean | undefined> => {
    const [now] = await azure.applications({ appId: applicationOf(it).appId });
    return now && keysShown(now, passwords).length === now.keys.length;
  };

  const deleteApplication = (it: State, change: Make): Promise<void> =>
    deletePlanned(change, {
      hasOnly: (passwords) => hasOnly(it, passwords),
      deleteAll: () => retryWhileReplicating(false, retry, () => azure.deleteApplication(applicationOf(it).id)),
      deletePassword: ({ slot = "" }) => deleteKey(applicationOf(it), slot),
      rollBack: () => rollBackApplication(it),
      rollBackPassword: () => rollBackKey(it),
    });

  const role = pullRole[mode].id;
  const putRole = (it: State, repositories: readonly string[]) =>
    azure.assignRole(registry, { principalId: principalOf(it).id, role, condition: conditionOf(repositories) });
  const assignmentsOf = (it: State) => azure.roleAssignments(registry, principalOf(it).id);

  async function roleNow(it: State): Promise<string[] | undefined> {
    const there = roleOn(mode, await assignmentsOf(it));
    return there && repositoriesOf(there, it.name);
  }

  /** Assigns the role. Another run may have assigned it since it was read, so this run applies only its own difference. */
  async function writeRole(it: State, { after: wanted = [] }: Make): Promise<void> {
    it.asked.role = true;
    const isNew = it.made.principal !== undefined;
    const before = isNew ? undefined : await roleNow(it);
    if (before && lacking(wanted, before).length === 0) return;
    const after = union(before ?? [], wanted);
    it.written = { before, after };
    await retryWhileReplicating(isNew || it.existing !== undefined, retry, () => putRole(it, after)).catch(async (error: unknown) => {
      if (isRefused(error)) it.written = undefined;
      // Another run may have just assigned the role
      const had = isConflict(error) ? granted(mode, await assignmentsOf(it)) : undefined;
      if (!had || lacking(wanted, had).length > 0) throw error;
    });
  }

  async function rollBackRole(it: State): Promise<void> {
    if (!it.written || (await isUsed(it, azure))) return;
    const { before = [], after } = it.written;
    const added = after.filter((name) => !before.includes(name));
    const others = ((await roleNow(it)) ?? []).filter((name) => !added.includes(name));
    const left = union(before, others);
    await (left.length > 0 ? putRole(it, left) : azure.unassignRole(registry, { principalId: principalOf(it).id, role }));
    it.written = undefined;
  }

  async function deleteRole(it: State, { passwords }: Make): Promise<void> {
    if (!passwords) return rollBackRole(it);
    // Azure may still replicate the deletion of the application
    if (it.principal && (await hasOnly(it, passwords)) !== false)
      await azure.unassignRole(registry, { principalId: it.principal.id, role });
  }

  const rows: Readonly<Record<string, Partial<Record<Change["act"], (it: State, change: Make) => Promise<void>>>>> = {
    "application.graph.microsoft.com": { create: createApplication, delete: deleteApplication },
    "serviceprincipal.graph.microsoft.com": { create: createPrincipal, delete: rollBackPrincipal },
    "roleassignment.management.azure.com": {
      create: writeRole,
      update: (it, change) => (it.asked.role ? rollBackRole(it) : writeRole(it, change)),
      delete: (it, change) => retryWhileReplicating(false, retry, () => deleteRole(it, change)),
    },
  };

  return async (change) => {
    const it = states.get(change.to.name);
    if (!it) return {};
    if (change.act === "mint") return mint(it, change);
    await rows[change.to.kind]?.[change.act]?.(it, change as Make);
    return {};
  };
}

const isConflict = (error: unknown): boolean => error instanceof CliError && error.kind === "conflict";

/** Sends a request, and records whether Azure may have applied it. */
async function sending<T>(it: State, what: keyof State["asked"], send: () => Promise<T>): Promise<T> {
  it.asked[what] = true;
  return send().catch((error: unknown) => {
    if (isRefused(error)) it.asked[what] = false;
    throw error;
  });
}

const applicationOf = ({ made, application, name }: State): Application => made.application ?? application ?? missing("application", name);

const principalOf = ({ made, existing, principal, name }: State): ServicePrincipal =>
  made.principal ?? existing ?? principal ?? missing("service principal", name);

function missing(what: string, name: string): never {
  throw new CliError("internal", `the plan needs ${what} ${name}, which was not created`);
}

/** Returns the passwords that another run has created since the plan was made. */
async function newKeys(it: State, azure: Azure) {
  const { appId, keys: before } = it.application ?? { ...applicationOf(it), keys: [] };
  const [now] = await azure.applications({ appId });
  const known = new Set([...before.map(({ slot }) => slot), it.made.keyId]);
  return (now?.keys ?? []).filter(({ slot }) => !known.has(slot));
}

/** Whether another run has started to use what this run created, because it has added a password to the application. */
const isUsed = async (it: State, azure: Azure): Promise<boolean> =>
  (await newKeys(it, azure)).some(({ displayName }) => displayName !== it.key);
