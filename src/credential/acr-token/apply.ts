import type { AcrToken, Azure, AzureRegistry, ScopeMap, Slot } from "../../azure/port.ts";
import { CliError, Conflict, isLost } from "../../errors.ts";
import type { Change, Make, Plan } from "../../plan/change.ts";
import { clustersNamedIn, isOfOurs, ofOurs, withClusters } from "../../secret/azure-words.ts";
import type { Password } from "../../secret/entry.ts";
import { isSameTime } from "../../timestamp.ts";
import { rightsOf, warnOfRights } from "../granted-rights.ts";
import type { Applied, Asked, Issue, Lifecycle, Renewal, Sources } from "../kind.ts";
import { createdBy, deletedCredential, issueOf, newExpiry } from "../password-credential.ts";
import { planTokenRenewal, planTokenRetirement, planTokenRevocation, refuseDisabled, shownOf, slotOf, tokenPasswords } from "./plan.ts";
import { pulledRepositories, sharedScopeMap, sharedScopeMaps } from "./scope-map.ts";

/** A token as it was when the plan was made, and the description of the objects that are created for it. */
export type IssuedToken = { readonly token: AcrToken | undefined; readonly description: Promise<string> };

export type TokenEnv = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly asked: Asked;
  readonly sources: Pick<Sources, "now">;
  /** Keyed by the token's name. */
  readonly issued: Map<string, IssuedToken>;
};

/** A password that this run asked for; `madeAt` is undefined if Azure's response was lost. */
type Minted = { readonly slot: Slot; readonly madeAt?: string | undefined };

/**
 * Returns the function that applies a plan, and rolls back what this run created unless it has changed since. It can be used for many
 * tokens concurrently.
 */
export function tokenApplier({ azure, registry, issued }: TokenEnv): (change: Change) => Promise<Applied> {
  const minted = new Map<string, Minted>();
  /** Tokens whose deletion failed. */
  const stuck = new Set<string>();
  const description = async (name: string) => (await issued.get(name)?.description) ?? "";
  const isOurs = (token: string, password: AcrToken["passwords"][number]) => {
    const { slot, madeAt } = minted.get(token) ?? {};
    return slot === password.slot && isSameTime(madeAt, password.madeAt);
  };

  async function writeScopeMap({ to: { name }, before = [], after = [] }: Make): Promise<void> {
    const now = await azure.scopeMap(registry, name);
    // Another run may have created or changed the scope map since it was read, so this run applies only its own difference
    const added = after.filter((action) => !before.includes(action));
    const removed = before.filter((action) => !after.includes(action));
    const actions = [...new Set([...(now?.actions ?? []), ...added])].filter((action) => !removed.includes(action)).sort();
    const said = await description(name);
    await azure.putScopeMap(registry, {
      name,
      description: now ? (withClusters(now.description, said) ?? now.description) : said,
      actions,
    });
  }

  /** Deletes the scope map, unless it has changed since or its token was not deleted. */
  async function deleteScopeMap({ to: { name }, before = [] }: Make): Promise<void> {
    const [now, user] = await Promise.all([azure.scopeMap(registry, name), azure.token(registry, name)]);
    const untouched = now?.description === (await description(name)) && String([...now.actions].sort()) === String([...before].sort());
    if (untouched && user && stuck.has(name)) throw new CliError("conflict", `the ACR token "${name}" still has this scope map`);
    if (untouched && !user) await azure.deleteScopeMap(registry, name);
  }

  /** Deletes the token. If it has a password of another run, deletes only the password of this run. */
  async function deleteToken({ to: { name } }: Make): Promise<void> {
    stuck.add(name);
    const now = await azure.token(registry, name);
    if (!now?.passwords.every((one) => isOurs(name, one))) await clearSlot(name);
    else await azure.deleteToken(registry, name);
    stuck.delete(name);
  }

  /** Deletes these passwords, and the token if it has no others. */
  async function revoke(name: string, passwords: readonly Password[]): Promise<void> {
    const now = await azure.token(registry, name);
    if (!now) return;
    stuck.add(name);
    if (shownOf(now, passwords).length < now.passwords.length) for (const password of passwords) await retire(name, password);
    else await azure.deleteToken(registry, name);
    stuck.delete(name);
  }

  async function retire(name: string, { slot, madeAt }: Password): Promise<void> {
    await azure.clearPassword(registry, { token: name, slot: slot as Slot, madeAt });
  }

  async function clearSlot(name: string): Promise<void> {
    const ours = minted.get(name);
    if (!ours) return;
    const { slot, madeAt } = ours;
    if (madeAt === undefined) throw new CliError("conflict", `${slot} of the ACR token "${name}" may have been made`);
    await azure.clearPassword(registry, { token: name, slot, madeAt });
  }

  /** Reads the token again, because generating a password revokes one that another run generated since the plan. @throws Conflict */
  async function checkSlot(name: string, slot: Slot): Promise<void> {
    const madeAt = (token: AcrToken | undefined) => token?.passwords.find((one) => one.slot === slot)?.madeAt;
    if (madeAt(issued.get(name)?.token) !== madeAt(await azure.token(registry, name)))
      throw new Conflict(`another run has made ${slot} of the ACR token "${name}" in the meantime`);
  }

  async function mint(name: string, slot: Slot, expires: string | undefined): Promise<Applied> {
    await checkSlot(name, slot);
    minted.set(name, { slot });
    const asked = azure.generatePassword(registry, { token: name, slot, expiresAt: expires });
    const { password, madeAt, expiresAt } = await asked.catch((error: unknown) => {
      if (error instanceof CliError && !isLost(error)) minted.delete(name);
      throw error;
    });
    minted.set(name, { slot, madeAt });
    return { login: { username: name, password }, madeAt, expiresAt, by: await createdBy(azure) };
  }

  /** @throws Conflict if another run has generated the password again, which revokes the one of this run */
  async function confirm(name: string, slot: string): Promise<void> {
    const now = await azure.token(registry, name);
    if (!now?.passwords.some((one) => one.slot === slot && isOurs(name, one)))
      throw new Conflict(`another run has made ${slot} of the ACR token "${name}" anew`);
  }

  const token: Partial<Record<Change["act"], (change: Make) => Promise<void>>> = {
    create: async ({ to: { name }, after: [scopeMap = name] = [] }) =>
      void (await azure.putToken(registry, { name, scopeMapId: `${registry.id}/scopeMaps/${scopeMap}` })),
    delete: (change) => {
      const { to, slot, madeAt, passwords } = change;
      if (passwords) return revoke(to.name, passwords);
      if (slot === undefined) return deleteToken(change);
      return madeAt === undefined ? clearSlot(to.name) : retire(to.name, { slot, madeAt });
    },
  };
  const scopeMap: typeof token = { create: writeScopeMap, update: writeScopeMap, delete: deleteScopeMap };
  const rows: Readonly<Record<string, typeof token>> = { "token.azurecr.io": token, "scopemap.azurecr.io": scopeMap };

  return async (change) => {
    if (change.act === "mint") return mint(change.to.name, change.slot as Slot, change.expiresAt);
    if (change.act === "confirm") await confirm(change.to.name, change.slot);
    await rows[change.to.kind]?.[change.act]?.(change as Make);
    return {};
  };
}

/** Returns the Azure CLI command that deletes what a change created. */
export function tokenRemoval({ to: { kind, name }, ...change }: Change, registry: AzureRegistry): string[] {
  const at = ["--registry", registry.name, "--name", name];
  if ("slot" in change && change.slot !== undefined) return ["az", "acr", "token", "credential", "delete", ...at, `--${change.slot}`];
  return ["az", "acr", nouns[kind] ?? kind, "delete", ...at];
}

/** The names of the kinds in the Azure CLI. */
const nouns: Readonly<Record<string, string>> = { "token.azurecr.io": "token", "scopemap.azurecr.io": "scope-map" };

/** Renews and revokes tokens that Secrets record. */
export function tokenLifecycle({ azure, registry, asked, sources, issued }: TokenEnv): Lifecycle {
  let shared: Promise<ReadonlySet<string>> | undefined;

  async function read(identity: string): Promise<{ token: AcrToken; scopeMap: ScopeMap | undefined } | undefined> {
    const token = await azure.token(registry, identity);
    if (!token) return undefined;
    const scopeMap = await azure.scopeMap(registry, sharedScopeMap({ name: token.name }, token) ?? token.name);
    issued.set(token.name, { token, description: Promise.resolve(scopeMap?.description ?? "") });
    return { token, scopeMap };
  }

  /** Whether another token has this token's scope map. Read once, because a registry may have tens of thousands of tokens. */
  async function isShared(name: string): Promise<boolean> {
    shared ??= azure.stock(registry).then(sharedScopeMaps);
    return (await shared).has(name.toLowerCase());
  }

  /** Plans deleting the scope map that an interrupted run left after it deleted the token. */
  async function revokeScopeMap(name: string): Promise<Plan> {
    const scopeMap = await azure.scopeMap(registry, name);
    if (!scopeMap || !isOfOurs(scopeMap.description) || (await isShared(name))) return [];
    issued.set(name, { token: undefined, description: Promise.resolve(scopeMap.description) });
    return [{ act: "delete", to: { kind: "scopemap.azurecr.io", name }, before: scopeMap.actions, because: "it is revoked" }];
  }

  return {
    async renew({ held, images, words, ...renewal }: Renewal): Promise<Issue> {
      const { identity } = held.entry;
      const found = await read(identity);
      if (!found) throw deletedCredential(`registry "${registry.name}" has no ACR token "${identity}"`, registry);
      const { token, scopeMap } = found;
      const { loginServer: host } = registry;
      refuseDisabled(token, host);
      const now = sources.now();
      const expiresAt = newExpiry(asked, tokenPasswords(token), slotOf(held.entry, token), now);
      const plan = planTokenRenewal({ ...renewal, registry, held: held.entry, now, expiresAt }, token);
      issued.set(token.name, { token, description: Promise.resolve(ofOurs(words)) });
      const repositories = pulledRepositories(scopeMap);
      const warnings = [warnOfRights({ of: `token "${token.name}"`, rights: rightsOf(scopeMap?.actions ?? []) })];
      return issueOf({ objects: [], ...plan }, { host, repositories, images }, { asked, mayPull: repositories, isShared: true, warnings });
    },
    shown: async (identity) => tokenPasswords(await azure.token(registry, identity)),
    clusters: async (identity) => clustersNamedIn([(await azure.scopeMap(registry, identity))?.description ?? ""]),
    async retire(identity, passwords): Promise<Plan> {
      const found = await read(identity);
      return found ? planTokenRetirement(found.token, passwords) : [];
    },
    async revoke(identity, passwords, own = false): Promise<Plan> {
      const found = await read(identity);
      if (!found) return revokeScopeMap(identity);
      const { token, scopeMap } = found;
      const isOwn = scopeMap?.name === token.name && isOfOurs(scopeMap.description);
      const plan = planTokenRevocation(token, { scopeMap: isOwn ? scopeMap : undefined, own, now: sources.now() }, passwords);
      const isMap = ({ to }: Change) => to.kind === "scopemap.azurecr.io";
      return plan.some(isMap) && (await isShared(token.name)) ? plan.filter((change) => !isMap(change)) : plan;
    },
  };
}
