import type { AcrToken, Azure, AzureRegistry, Slot } from "../../azure/port.ts";
import { CliError, Conflict } from "../../errors.ts";
import type { Change, Make, Plan } from "../../plan/change.ts";
import { azureDescription, clustersNamedIn, isOurDescription, withClusters } from "../../secret/azure-words.ts";
import type { Password } from "../../secret/entry.ts";
import { rightsOf, warnOfRights } from "../granted-rights.ts";
import type { Applied, Asked, Credential, Lifecycle, Sources } from "../kind.ts";
import {
  copiesEnd,
  createdBy,
  deletedCredential,
  deletePlanned,
  isRefused,
  isSamePassword,
  issueOf,
  newExpiry,
  warnOfCopies,
} from "../password-credential.ts";
import { retryWhileReplicating } from "../retry.ts";
import { currentPassword, planTokenRenewal, planTokenRetirement, planTokenRevocation, refuseDisabled, shownOf } from "./plan.ts";
import { isExportedMap, otherScopeMap, pulledRepositories } from "./scope-map.ts";

export type TokenEnv = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly asked: Asked;
  readonly sources: Sources;
  /** By the name of a token: the token at the time of its plan, and the description for new objects. */
  readonly issued: Map<string, { readonly token: AcrToken | undefined; readonly description: Promise<string> }>;
};

/** How long to retry while Azure throttles requests, or while another run creates the same token, in milliseconds. */
const busyWait = 60_000;

/**
 * Returns the function that applies a plan, and rolls back what this run created unless it has changed since. It can be used for many
 * tokens concurrently.
 */
export function tokenApplier({ azure, registry, sources, issued }: TokenEnv): Credential["apply"] {
  /** The passwords that this run asked for, by token; without a time if Azure's response was lost. */
  const minted = new Map<string, Password>();
  const stuck = new Set<string>();
  const description = async (name: string) => (await issued.get(name)?.description) ?? "";
  const isOurs = (name: string, password: Password) => isSamePassword(minted.get(name) ?? {}, password);

  async function writeScopeMap({ to: { name }, before = [], after = [] }: Make): Promise<void> {
    const now = await azure.scopeMap(registry, name);
    // Another run may have created or changed the scope map since it was read, so this run applies only its own difference
    const added = after.filter((action) => !before.includes(action));
    const removed = before.filter((action) => !after.includes(action));
    const actions = [...new Set([...(now?.actions ?? []), ...added])].filter((action) => !removed.includes(action)).sort();
    const said = await description(name);
    const described = now ? (withClusters(now.description, said) ?? now.description) : said;
    await azure.putScopeMap(registry, { name, description: described, actions });
  }

  /** Deletes the scope map, unless it has changed since or its token was not deleted. */
  async function deleteScopeMap({ to: { name }, before = [] }: Make): Promise<void> {
    const [now, user] = await Promise.all([azure.scopeMap(registry, name), azure.token(registry, name)]);
    const untouched = now?.description === (await description(name)) && String([...now.actions].sort()) === String([...before].sort());
    if (untouched && user && stuck.has(name)) throw new CliError("conflict", `the ACR token "${name}" still has this scope map`);
    if (untouched && !user) await azure.deleteScopeMap(registry, name);
  }

  async function deleteToken(change: Make): Promise<void> {
    const { name } = change.to;
    const read = () => azure.token(registry, name);
    const deletePassword = ({ slot, madeAt }: Password) => azure.clearPassword(registry, { token: name, slot: slot as Slot, madeAt });
    const rollBackPassword = async () => {
      const ours = minted.get(name);
      if (ours && ours.madeAt === undefined)
        throw new CliError("conflict", `${ours.slot} of the ACR token "${name}" may have been generated`);
      if (ours) await deletePassword(ours);
    };
    const deleteAll = () => azure.deleteToken(registry, name);
    if (change.slot === undefined) stuck.add(name);
    await deletePlanned(change, {
      deletePassword,
      rollBackPassword,
      deleteAll,
      async hasOnly(passwords) {
        const now = await read();
        return now && shownOf(now, passwords).length === now.passwords.length;
      },
      async rollBack() {
        const now = await read();
        await (now?.passwords.every((password) => isOurs(name, password)) ? deleteAll() : rollBackPassword());
      },
    });
    stuck.delete(name);
  }

  async function mint(name: string, slot: Slot, expiry: string | undefined): Promise<Applied> {
    const madeAtIn = (token: AcrToken | undefined) => token?.passwords.find((password) => password.slot === slot)?.madeAt;
    // Generating a password revokes one that another run generated since the plan
    if (madeAtIn(issued.get(name)?.token) !== madeAtIn(await azure.token(registry, name)))
      throw new Conflict(`another run generated ${slot} of the ACR token "${name}"`);
    minted.set(name, { slot });
    const asked = azure.generatePassword(registry, { token: name, slot, expiresAt: expiry });
    const { password, madeAt, expiresAt } = await asked.catch((error: unknown) => {
      if (isRefused(error)) minted.delete(name);
      throw error;
    });
    minted.set(name, { slot, madeAt });
    return { login: { username: name, password }, madeAt, expiresAt, by: await createdBy(azure) };
  }

  /** @throws Conflict if another run has generated the password again, which revokes the one of this run */
  async function confirm(name: string, slot: string): Promise<void> {
    const now = await azure.token(registry, name);
    if (!now?.passwords.some((password) => password.slot === slot && isOurs(name, password)))
      throw new Conflict(`another run regenerated ${slot} of the ACR token "${name}"`);
  }

  const token: Partial<Record<Change["act"], (change: Make) => Promise<void>>> = {
    create: async ({ to: { name } }) => {
      // A PUT over a token that another run has created would delete its passwords
      if (await azure.token(registry, name)) throw new Conflict(`another run created the ACR token "${name}"`);
      await azure.putToken(registry, { name, scopeMapId: `${registry.id}/scopeMaps/${name}` });
    },
    delete: deleteToken,
  };
  const scopeMap: typeof token = { create: writeScopeMap, update: writeScopeMap, delete: deleteScopeMap };
  const rows: Readonly<Record<string, typeof token>> = { "token.azurecr.io": token, "scopemap.azurecr.io": scopeMap };

  async function apply(change: Change): Promise<Applied> {
    if (change.act === "mint") return mint(change.to.name, change.slot as Slot, change.expiresAt);
    if (change.act === "prove" && change.password) await confirm(change.password.to.name, change.password.slot);
    await rows[change.to.kind]?.[change.act]?.(change as Make);
    return {};
  }

  // Each attempt reads the token again: in a pause, another run may have generated the password
  return (change) => retryWhileReplicating(false, { wait: busyWait, sleep: sources.sleep }, () => apply(change));
}

/** Returns the Azure CLI command that deletes what a change created. */
export function tokenRemoval({ to: { kind, name }, ...change }: Change, registry: AzureRegistry): string[] {
  const at = ["--registry", registry.name, "--name", name];
  if ("slot" in change && change.slot !== undefined) return ["az", "acr", "token", "credential", "delete", ...at, `--${change.slot}`];
  return ["az", "acr", kind === "scopemap.azurecr.io" ? "scope-map" : "token", "delete", ...at];
}

export function tokenLifecycle({ azure, registry, asked, sources, issued }: TokenEnv): Lifecycle {
  let shared: Promise<ReadonlySet<string>> | undefined;

  async function read(identity: string) {
    const token = await azure.token(registry, identity);
    if (!token) return undefined;
    const scopeMap = await azure.scopeMap(registry, otherScopeMap(token.name, token) ?? token.name);
    issued.set(token.name, { token, description: Promise.resolve(scopeMap?.description ?? "") });
    return { token, scopeMap, exported: isExportedMap(scopeMap) ? `the ACR token "${token.name}"` : undefined };
  }

  /** Whether another token has this token's scope map. Read once, because a registry may have tens of thousands of tokens. */
  async function isShared(name: string): Promise<boolean> {
    shared ??= azure
      .listTokens(registry)
      .then(({ tokens }) => new Set(tokens.flatMap((token) => otherScopeMap(token.name, token)?.toLowerCase() ?? [])));
    return (await shared).has(name.toLowerCase());
  }

  /** Plans deleting the scope map that an interrupted run left after it deleted the token. */
  async function revokeScopeMap(name: string): Promise<Plan> {
    const scopeMap = await azure.scopeMap(registry, name);
    if (!scopeMap || !isOurDescription(scopeMap.description) || (await isShared(name))) return [];
    issued.set(name, { token: undefined, description: Promise.resolve(scopeMap.description) });
    return [{ act: "delete", to: { kind: "scopemap.azurecr.io", name }, before: scopeMap.actions, because: "it is revoked" }];
  }

  return {
    async renew({ current, images, words, ...renewal }) {
      const { identity } = current.entry;
      const found = await read(identity);
      if (!found) throw deletedCredential(`the ACR token "${identity}" of registry "${registry.name}" was deleted`, registry);
      const { token, scopeMap, exported } = found;
      const { loginServer: host } = registry;
      refuseDisabled(token, registry);
      const now = sources.now();
      const expiresAt = newExpiry(asked, currentPassword(current.entry, token), now);
      const isExported = exported !== undefined;
      const plan = planTokenRenewal({ ...renewal, registry, current: current.entry, now, expiresAt, isExported }, token);
      issued.set(token.name, { token, description: Promise.resolve(azureDescription(words)) });
      const mayPull = pulledRepositories(scopeMap);
      const rights = rightsOf(scopeMap?.actions ?? []);
      const warnings = [warnOfRights({ of: `token "${token.name}"`, rights }), renewal.exports ? undefined : copiesEnd(exported)];
      return issueOf({ objects: [], ...plan }, { host, repositories: mayPull, images }, { asked, mayPull, isShared: true, warnings });
    },
    shown: async (identity) => (await azure.token(registry, identity))?.passwords ?? [],
    clusters: async (identity) => clustersNamedIn([(await azure.scopeMap(registry, identity))?.description ?? ""]),
    async retire(identity, passwords) {
      const found = await read(identity);
      return found ? planTokenRetirement(found.token, passwords) : [];
    },
    async revoke(identity, passwords, own) {
      const found = await read(identity);
      if (!found) return revokeScopeMap(identity);
      const { token, scopeMap, exported } = found;
      const isOwn = scopeMap?.name === token.name && isOurDescription(scopeMap.description);
      const plan = planTokenRevocation(token, { scopeMap: isOwn ? scopeMap : undefined, own: own ?? false, now: sources.now() }, passwords);
      const isMap = ({ to }: Change) => to.kind === "scopemap.azurecr.io";
      const wanted = plan.some(isMap) && (await isShared(token.name)) ? plan.filter((change) => !isMap(change)) : plan;
      return warnOfCopies(wanted, exported, own);
    },
  };
}
