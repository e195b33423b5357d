import { grantCommand } from "../azure/arm-error.ts";
import type { AcrToken, Azure, AzureRegistry, ScopeMap, Slot } from "../azure/port.ts";
import type { Sleep } from "../env.ts";
import { CliError, isLost, unlessRefused } from "../errors.ts";
import { flag, shell } from "../hint.ts";
import type { Outcome } from "../outcome.ts";
import { mostRepositories } from "../registry/repository.ts";
import { retryWhileReplicating } from "../retry.ts";
import { describeForFile, isDescribedAs, isExportOf, mapOf, parseAzureOwner } from "../secret/azure-words.ts";
import type { Intent } from "../secret/record.ts";
import { inLine } from "../wording.ts";
import { type Granted, refuseBeyondReading, rightsOf } from "./granted-rights.ts";
import { type Account, createdBy, type Evidence, type Grant, type Issuer, type Made, type Sending, type Shown } from "./issuer.ts";
import { permits } from "./mint-rights.ts";
import type { Owner } from "./owner.ts";

type TokenEnv = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  /** The user accepts rights beyond pulling, and other tokens with the same scope map. */
  readonly force: boolean;
  readonly sleep: Sleep;
};

type TokenAccount = Account & { readonly scopeMap: ScopeMap | undefined };

/** How long to retry while Azure rejects a write because of another one, in milliseconds: less than a request may take. */
const busyWait = 20_000;

/** The names of tokens of this plugin. */
const tokenName = /^[a-zA-Z0-9-]{5,50}$/;

const tokenRef = (name: string) => ({ kind: "token.azurecr.io", name }) as const;
const mapRef = (name: string) => ({ kind: "scopemap.azurecr.io", name }) as const;

/** An ACR token with a scope map of the same name. Its two password slots are shared by all who may write the token in Azure. */
export function tokenIssuer(env: TokenEnv): Issuer {
  const { azure, registry, sleep } = env;
  const patiently: Patiently = (request) => retryWhileReplicating(false, { wait: busyWait, sleep }, request);
  const ensuring = ({ send, ...sending }: Sending): Ensuring => ({
    ...env,
    ...sending,
    patiently,
    send: (request) => patiently(() => send(request)),
  });
  return {
    kind: "acr-token",
    registry,
    hasOwnName: true,
    waits: undefined,
    isScoped: true,
    async findExport({ identity }, to) {
      const scopeMap = tokenName.test(identity) ? await azure.scopeMap(registry, identity) : undefined;
      const command = shell("az acr token delete", "--registry", registry.name, flag("name", identity));
      return isExportOf(scopeMap?.description ?? "", to) ? command : undefined;
    },
    look: (owner, evidence) => look(owner, evidence, env),
    ensure: (owner, account, grant, sending) => ensure(owner, account as TokenAccount, grant, ensuring(sending)),
    slotFor: freeSlot,
    async generate({ ref: { name } }, slot, expiresAt, send): Promise<Made> {
      const request = () => azure.generatePassword(registry, { token: name, slot: slot as Slot, expiresAt });
      const made = await patiently(() => send(request));
      const { password, madeAt = "" } = made;
      return { login: { username: name, password }, identity: name, slot, madeAt, expiresAt: made.expiresAt, by: await createdBy(azure) };
    },
    async end({ ref: { name } }, { slot, madeAt }) {
      await patiently(() => azure.clearPassword(registry, { token: name, slot: slot as Slot, madeAt }));
    },
    requireRemoval: () => requireRemoval(env),
    remove: (owner, account, sending) => remove(owner, account as TokenAccount, ensuring(sending)),
  };
}

async function requireRemoval({ azure, registry }: TokenEnv): Promise<void> {
  const { id } = registry;
  const permissions = await azure.permissions(registry).catch(unlessRefused(undefined));
  const rights = ["tokens/delete", "scopeMaps/delete"].map((action) => `Microsoft.ContainerRegistry/registries/${action}`);
  const action = permissions && rights.find((right) => !permits(permissions, right));
  if (action === undefined) return;
  const principal = (await azure.identity().catch(unlessRefused(undefined)))?.objectId;
  throw new CliError("forbidden", `cannot revoke the credential: the Azure identity lacks the permission ${action} on ${id}`, {
    hint: grantCommand({ action, scope: id, principal }),
  });
}

/**
 * Reads the token of a source. It is the source's own if the record or the claim names it. It also is if the description of its scope map
 * names the cluster, the namespace's uid and the Secret: only a user with rights in Azure can write that.
 * @throws CliError conflict
 */
async function look(owner: Owner, { credential, claim }: Evidence, { azure, registry }: TokenEnv): Promise<TokenAccount> {
  const { name } = owner;
  const [token, scopeMap] = await Promise.all([azure.token(registry, name), azure.scopeMap(registry, name)]);
  const isNamed = credential?.identity === name || claim?.identity === name;
  if ((token || scopeMap) && !isNamed && !isDescribedAs(scopeMap?.description ?? "", await owner.description()))
    throw takenName(name, registry);
  refuseDisabled(token);
  if (token && mapOf(token).toLowerCase() !== name.toLowerCase())
    throw new CliError("conflict", `the ACR token "${name}" has the scope map "${mapOf(token)}", which is not its own`, {
      hint: "specify another Secret name",
    });
  return accountOf(name, token, scopeMap);
}

const accountOf = (name: string, token: AcrToken | undefined, scopeMap: ScopeMap | undefined): TokenAccount => ({
  ref: tokenRef(name),
  identity: name,
  exists: token !== undefined,
  describedAs: scopeMap?.description,
  passwords: shownIn(token),
  granted: scopeMap && pulledRepositories(scopeMap),
  rights: grantedTo(name, scopeMap?.actions ?? []),
  scopeMap,
});

const grantedTo = (name: string, actions: readonly string[]): Granted => ({ of: `token "${name}"`, rights: rightsOf(actions) });

const shownIn = (token: AcrToken | undefined): Shown[] =>
  (token?.passwords ?? []).map(({ slot, madeAt = "", expiresAt }) => ({ slot, madeAt, expiresAt }));

const takenName = (name: string, { name: registry }: AzureRegistry) =>
  new CliError("conflict", `the ACR token "${name}" exists in registry "${registry}", and nothing shows that it is this Secret's own`, {
    hint: "specify another Secret name, or delete the token if nothing uses it",
  });

/** @throws CliError conflict */
function refuseDisabled(token: AcrToken | undefined): void {
  if (token?.status !== "disabled") return;
  throw new CliError("conflict", `the ACR token "${token.name}" is disabled`, {
    hint: "find out why before you enable it: its passwords may have leaked",
  });
}

/** The two slots of a token. */
const slots = ["password1", "password2"] as const;

/** Returns a slot that is empty, or whose password is left over or has expired. Others may be in use. */
function freeSlot({ passwords }: Account, noted: Intent | undefined, isLeftOver: (password: Shown) => boolean): Slot | undefined {
  const taken = passwords.filter((password) => !isLeftOver(password));
  const free = slots.filter((slot) => taken.every((password) => password.slot !== slot));
  return free.find((slot) => slot === noted?.slot) ?? free[0];
}

type Patiently = <T>(request: () => Promise<T>) => Promise<T>;

type Ensuring = TokenEnv & Sending & { readonly patiently: Patiently };

/** Creates the scope map and the token, or lets the token pull other repositories. */
async function* ensure(owner: Owner, account: TokenAccount, grant: Grant, env: Ensuring): AsyncGenerator<Outcome, TokenAccount> {
  const scopeMap = yield* ensureScopeMap(owner, account, grant, env);
  const { azure, registry, dryRun, send, undo, patiently } = env;
  const { name } = owner;
  const ready = {
    ...account,
    scopeMap,
    granted: scopeMap && pulledRepositories(scopeMap),
    rights: grantedTo(name, scopeMap?.actions ?? []),
  };
  if (account.exists) return ready;
  yield { to: account.ref, result: "created", because: "it does not exist" };
  if (dryRun) return ready;
  // A PUT over an existing token deletes its passwords
  if (await azure.token(registry, name)) {
    // An old read has hidden its scope map, too, which must stay
    if (!account.scopeMap) undo.pop();
    throw new CliError("conflict", `another client created the ACR token "${name}"`);
  }
  const remove = () => undo.push((sending) => patiently(() => sending(() => azure.deleteToken(registry, name))));
  const put = () => azure.putToken(registry, { name, scopeMapId: `${registry.id}/scopeMaps/${name}` });
  const token = await send(put).catch((error: unknown) => {
    // It may have been created
    if (error instanceof CliError && isLost(error)) remove();
    throw error;
  });
  remove();
  return { ...ready, exists: true, passwords: shownIn(token) };
}

async function* ensureScopeMap(
  owner: Owner,
  account: TokenAccount,
  grant: Grant,
  env: Ensuring,
): AsyncGenerator<Outcome, ScopeMap | undefined> {
  const { azure, registry, dryRun, undo, force, patiently } = env;
  const { name } = owner;
  const { scopeMap } = account;
  const change = changeOf(scopeMap?.actions ?? [], grant);
  const warning = refuseBeyondReading(grantedTo(name, change.after), force, "add --force to accept these rights");
  const warned = warning === undefined ? [] : [warning];
  checkSize(name, change.after);
  const to = mapRef(name);
  const before = scopeMap?.description;
  const describe: Difference["describe"] = async (now) => {
    if (!grant.file) return now ?? owner.description();
    const own = await owner.description();
    return describeForFile(now ?? own, own, grant.file);
  };
  if (before === (await describe(before)) && change.grants.length + change.withdraws.length === 0) {
    yield { to, result: "unchanged", because: "already grants it", messages: warned };
    return scopeMap;
  }
  const messages = [...warned, ...(scopeMap ? await otherTokens(name, change.grants, env) : [])];
  const { grants, withdraws } = change;
  yield { to, result: scopeMap ? "configured" : "created", grants, withdraws: withdraws.length > 0 ? withdraws : undefined, messages };
  if (dryRun) return { id: "", name, description: "", ...scopeMap, actions: change.after };
  const written = await writeDifference(name, { added: change.added, removed: change.removed, describe }, env);
  const describeAgain: Difference["describe"] = async (now) => (grant.file ? before : now) ?? describe(now);
  const reverse = { added: change.removed, removed: change.added, describe: describeAgain };
  undo.push((sending) => {
    const send: Sending["send"] = (request) => patiently(() => sending(request));
    return scopeMap ? writeDifference(name, reverse, { ...env, send }) : send(() => azure.deleteScopeMap(registry, name));
  });
  return written;
}

type Difference = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  describe(now: string | undefined): Promise<string>;
};

/** Writes only this run's own difference: another client may have changed the scope map since it was read. */
async function writeDifference(name: string, { added, removed, describe }: Difference, { azure, registry, send }: Ensuring) {
  const now = await azure.scopeMap(registry, name);
  const actions = [...new Set([...(now?.actions ?? []), ...added])].filter((action) => !removed.includes(action)).sort();
  const description = await describe(now?.description);
  return send(() => azure.putScopeMap(registry, { name, description, actions }));
}

/** Actions of other users stay, because these users may push with them; except with `exact`, which takes away pulling. */
function changeOf(before: readonly string[], { repositories, exact }: Grant) {
  const wanted = pullActions(repositories);
  const kept = exact ? before.filter((action) => wanted.includes(action) || !isPull(action)) : before;
  const after = [...new Set([...kept, ...wanted])].sort();
  const added = after.filter((action) => !before.includes(action));
  const removed = before.filter((action) => !after.includes(action));
  return { after, added, removed, grants: repositoriesOf(added), withdraws: repositoriesOf(removed) };
}

/** The actions for pulling. A pull requires content/read. Listing tags, as a proof does, requires metadata/read. */
const pullActions = (repositories: readonly string[]): string[] =>
  repositories.flatMap((name) => [`repositories/${name}/content/read`, `repositories/${name}/metadata/read`]);

const isPull = (action: string): boolean => /^repositories\/.+\/(?:content|metadata)\/read$/.test(action);

const repositoriesOf = (actions: readonly string[]): string[] => [
  ...new Set(actions.map((action) => action.replace(/^repositories\/(.+)\/(?:content|metadata)\/read$/, "$1"))),
];

export const pulledRepositories = (scopeMap: ScopeMap | undefined): string[] =>
  (scopeMap?.actions ?? []).flatMap((action) => /^repositories\/(.+)\/content\/read$/.exec(action)?.[1] ?? []);

/** Whether a scope map and its token grant exactly what their repositories need, and work. */
export function isIntact(scopeMap: ScopeMap, token: AcrToken | undefined): boolean {
  const { name, actions } = scopeMap;
  const wanted = pullActions(pulledRepositories(scopeMap));
  const isExact = actions.length === wanted.length && actions.every((action) => wanted.includes(action));
  return isExact && token?.status === "enabled" && mapOf(token).toLowerCase() === name.toLowerCase();
}

/** @throws CliError invalid if Azure doesn't allow that many */
function checkSize(name: string, { length }: readonly string[]): void {
  const most = 2 * mostRepositories;
  if (length <= most) return;
  const message = `scope map "${name}" would have ${length} actions; Azure allows ${most} (${mostRepositories} repositories)`;
  throw new CliError("invalid", message, { hint: "use a path for many repositories, such as --repository 'team/*'" });
}

/** @returns the warning about other tokens that get the repositories too @throws CliError conflict, without --force */
async function otherTokens(name: string, grants: readonly string[], { azure, registry, force }: Ensuring): Promise<string[]> {
  if (grants.length === 0) return [];
  const isSame = (a: string) => a.toLowerCase() === name.toLowerCase();
  const { tokens } = await azure.listTokens(registry);
  const gaining = tokens.flatMap((token) => (isSame(mapOf(token)) && !isSame(token.name) ? [token.name] : [])).sort();
  if (gaining.length === 0) return [];
  const message = `the scope map "${name}" is shared with ${inLine(gaining)}, which also ${gaining.length > 1 ? "get" : "gets"} the repositories`;
  if (force) return [message];
  throw new CliError("conflict", message, { hint: "add --force to accept this" });
}

/** Deletes the token and its scope map, unless other tokens have that scope map. */
async function* remove(owner: Owner, account: TokenAccount, env: Ensuring): AsyncGenerator<Outcome> {
  const { azure, registry, dryRun, send } = env;
  const { name } = owner;
  const isOurs = account.scopeMap !== undefined && parseAzureOwner(account.scopeMap.description) !== undefined;
  // Azure may not show a young token yet, which no one finds without its scope map
  if ((account.exists || isOurs) && !dryRun) await send(() => azure.deleteToken(registry, name));
  if (account.exists) yield { to: account.ref, result: "deleted", because: "it is revoked" };
  if (!isOurs) return;
  await env.beforeTrace?.();
  const { tokens } = await azure.listTokens(registry);
  // Without the Secret, another run may have created the token again
  const isUser = (token: AcrToken) => token.name !== name || (env.beforeTrace !== undefined && !dryRun);
  if (tokens.some((token) => isUser(token) && mapOf(token).toLowerCase() === name.toLowerCase())) return;
  if (!dryRun) await send(() => azure.deleteScopeMap(registry, name));
  yield { to: mapRef(name), result: "deleted", because: "it is revoked" };
}
