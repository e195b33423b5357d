import type { Application, AzureRegistry } from "../../azure/port.ts";
import { Busy, CliError, Conflict, isRefusal } from "../../errors.ts";
import type { Change, Make, Mint } from "../../plan/change.ts";
import type { Password } from "../../secret/entry.ts";
import { type Mode, pullRole } from "../granted-rights.ts";
import type { Applied } from "../kind.ts";
import { createdBy } from "../password-credential.ts";
import { poll, type RetryOptions, retryWhileReplicating } from "../retry.ts";
import { keysShown } from "./plan.ts";
import { roleWriter } from "./roles.ts";
import { applicationOf, isRefused, isUsed, newKeys, type PrincipalAzure, type State } from "./state.ts";

/** How long to look for an object whose response was lost, and to retry its deletion, in milliseconds. A rollback may take a minute. */
const undoing = 20_000;

/**
 * How long to wait between the creation of an application and the list that decides which application is the first of its name, in
 * milliseconds. Graph lists whole seconds, and the id decides between applications of the same second. After this pause, no other
 * application of that second is missing from the list.
 */
const listDelay = 2_000;

/** Returns the function that applies a plan, and rolls back what this run created unless another run has started to use it. */
export function principalApplier(outside: PrincipalAzure, states: ReadonlyMap<string, State>): (change: Change) => Promise<Applied> {
  const { azure, retry } = outside;
  const brief: RetryOptions = { ...retry, wait: Math.min(retry.wait, undoing) };

  async function createApplication(it: State): Promise<void> {
    it.asked.application = true;
    const create = () => retryWhileReplicating(false, retry, () => azure.createApplication({ displayName: it.name, notes: it.notes }));
    const made = await create().catch(unlessLost(it, "application"));
    it.made.application = made;
    await retry.sleep(listDelay);
    const first = await firstOfName(it.name, made.id);
    // The name must identify one application. If two runs create it at the same time, the later run uses that of the earlier one
    if (first.id !== made.id) throw new Conflict(`another run created application "${it.name}" at the same time`);
  }

  /**
   * Returns the earliest application of a name, after Graph lists this one. Only times from one list are comparable, because Graph's answer
   * to POST is more precise.
   */
  async function firstOfName(name: string, id: string): Promise<Application> {
    const listed = await poll(retry, async () => {
      const all = await azure.applications({ name });
      return all.some((one) => one.id === id) ? all : undefined;
    });
    const [first] = (listed ?? []).toSorted(byAge);
    if (!first) throw new CliError("timeout", `application "${name}" was created, but Microsoft Graph does not list it yet`);
    return first;
  }

  async function createPrincipal(it: State): Promise<void> {
    const { appId } = applicationOf(it);
    it.asked.principal = true;
    const make = () => retryWhileReplicating(it.made.application !== undefined, retry, () => azure.createServicePrincipal(appId));
    const made = await make()
      .catch(unlessLost(it, "principal"))
      .catch((error: unknown) => existingPrincipal(it, appId, error));
    if (made) it.made.principal = made;
  }

  /** Uses the service principal that another run created for the same application at the same time. */
  async function existingPrincipal(it: State, appId: string, error: unknown): Promise<undefined> {
    const isInUse = error instanceof CliError && error.kind === "conflict" && !(error instanceof Busy);
    const existing = isInUse ? await poll(retry, () => azure.servicePrincipal(appId)) : undefined;
    if (!existing) throw error;
    it.existing = existing;
  }

  async function mint(it: State, { expiresAt: expiry }: Mint): Promise<Applied> {
    const { id, appId } = applicationOf(it);
    it.asked.key = true;
    const add = () =>
      retryWhileReplicating(it.made.application !== undefined, retry, () => azure.addKey(id, { displayName: it.key, expiresAt: expiry }));
    const { slot, password, madeAt, expiresAt } = await add().catch(unlessLost(it, "key"));
    it.made.keyId = slot;
    return { login: { username: appId, password }, identity: appId, slot, madeAt, expiresAt, by: await createdBy(azure) };
  }

  /** Returns the application that this run created, even if the response was lost. */
  async function madeApplication(it: State): Promise<Application | undefined> {
    if (it.made.application || !it.asked.application) return it.made.application;
    const found = await poll(brief, async () => (await azure.applications({ name: it.name })).find(({ notes }) => notes === it.notes));
    if (!found) throw new CliError("conflict", `application "${it.name}" may have been made`);
    it.made.application = found;
    return found;
  }

  async function deleteApplication(it: State): Promise<void> {
    const made = await madeApplication(it);
    if (!made) return;
    if (await isUsed(it, azure)) return removeKey(it);
    await retryWhileReplicating(true, brief, () => azure.deleteApplication(made.id));
  }

  /** Deletes the service principal. If this run created the application, Azure deletes the service principal with it. */
  async function deletePrincipal(it: State): Promise<void> {
    if (!it.asked.principal || it.asked.application || (await isUsed(it, azure))) return;
    const { appId } = applicationOf(it);
    const made = it.made.principal ?? (await poll(brief, () => azure.servicePrincipal(appId)));
    if (!made) throw new CliError("conflict", `the service principal of application "${it.name}" may have been made`);
    await retryWhileReplicating(true, brief, () => azure.deleteServicePrincipal(made.id));
  }

  async function removeKey(it: State): Promise<void> {
    if (!it.asked.key) return;
    const { id } = applicationOf(it);
    it.made.keyId ??= await poll(brief, async () => (await newKeys(it, azure)).find(({ displayName }) => displayName === it.key)?.slot);
    const { keyId } = it.made;
    if (keyId === undefined) throw new CliError("conflict", `a password of application "${it.name}" may have been made`);
    await retryWhileReplicating(true, brief, () => azure.removeKey(id, keyId));
  }

  /** Deletes a password. Succeeds if it is already deleted. */
  async function dropKey({ id, appId }: Application, keyId: string): Promise<void> {
    const isThere = async () => (await azure.applications({ appId }))[0]?.keys.some((key) => key.slot === keyId);
    await retryWhileReplicating(false, retry, () => azure.removeKey(id, keyId)).catch(async (error: unknown) => {
      if (!isRefusal(error) || (await isThere())) throw error;
    });
  }

  const without = async (it: State, passwords: readonly Password[]): Promise<"gone" | "spare" | "used"> => {
    const [now] = await azure.applications({ appId: applicationOf(it).appId });
    if (!now) return "gone";
    return keysShown(now, passwords).length === now.keys.length ? "spare" : "used";
  };

  /** Deletes the application, or only these passwords if it has others. */
  async function revoke(it: State, passwords: readonly Password[]): Promise<void> {
    const application = applicationOf(it);
    const standing = await without(it, passwords);
    if (standing === "spare") await retryWhileReplicating(false, retry, () => azure.deleteApplication(application.id));
    if (standing === "used") for (const { slot = "" } of passwords) await dropKey(application, slot);
  }

  async function removeApplication(it: State, { slot, madeAt, passwords }: Make): Promise<void> {
    if (passwords) return revoke(it, passwords);
    if (slot === undefined) return deleteApplication(it);
    return madeAt === undefined ? removeKey(it) : dropKey(applicationOf(it), slot);
  }

  const role = roleWriter(outside);

  async function removeRole(it: State, change: Make): Promise<void> {
    if (!change.passwords) return role.delete?.(it, change);
    // Azure may still replicate the deletion of the application
    if (it.principal && (await without(it, change.passwords)) !== "used")
      await azure.unassignRole(outside.registry, { principalId: it.principal.id, role: pullRole[outside.mode].id });
  }

  const rows: Readonly<Record<string, Partial<Record<Change["act"], (it: State, change: Make) => Promise<void>>>>> = {
    "application.graph.microsoft.com": {
      create: createApplication,
      delete: removeApplication,
    },
    "serviceprincipal.graph.microsoft.com": { create: createPrincipal, delete: deletePrincipal },
    "roleassignment.management.azure.com": { ...role, delete: removeRole },
  };

  return async (change) => {
    const it = states.get(change.to.name);
    if (!it) return {};
    if (change.act === "mint") return mint(it, change);
    await rows[change.to.kind]?.[change.act]?.(it, change as Make);
    return {};
  };
}

/** Sorts the earlier application first; those of one second by id, so that every run finds the same order. */
const byAge = (a: Application, b: Application): number => Date.parse(a.madeAt) - Date.parse(b.madeAt) || a.id.localeCompare(b.id);

function unlessLost(it: State, what: keyof State["asked"]): (error: unknown) => never {
  return (error) => {
    if (isRefused(error)) it.asked[what] = false;
    throw error;
  };
}

/** Returns the Azure CLI command that deletes what a change created, or that shows it if the response was lost. */
export function principalRemoval(change: Change, it: State | undefined, mode: Mode, { id }: AzureRegistry): string[] {
  const appId = (it?.made.application ?? it?.application)?.appId;
  if (!it || appId === undefined) return ["az", "ad", "app", "list", "--display-name", change.to.name];
  const scoped = ["--assignee", appId, "--scope", id];
  switch (change.to.kind) {
    case "roleassignment.management.azure.com":
      return change.act === "delete"
        ? ["az", "role", "assignment", "delete", ...scoped, "--role", pullRole[mode].name]
        : ["az", "role", "assignment", "list", ...scoped];
    case "serviceprincipal.graph.microsoft.com":
      return ["az", "ad", "sp", "delete", "--id", appId];
    default:
      return removalOfApplication(change, it, appId);
  }
}

function removalOfApplication(change: Change, { made }: State, appId: string): string[] {
  if (!("slot" in change) || change.slot === undefined) return ["az", "ad", "app", "delete", "--id", appId];
  const { keyId } = made;
  const credential = ["az", "ad", "app", "credential"];
  return keyId === undefined ? [...credential, "list", "--id", appId] : [...credential, "delete", "--id", appId, "--key-id", keyId];
}
