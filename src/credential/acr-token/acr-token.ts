import { CliError, usage } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import type { Keep, Make } from "../../plan/change.ts";
import { azureDescription, isOurDescription, withClusters } from "../../secret/azure-words.ts";
import { refuseBeyondReading, rightsOf } from "../granted-rights.ts";
import type { Asked, Credential, Issue, Kind, Need, Owner } from "../kind.ts";
import { issueOf, newExpiry, notOwn } from "../password-credential.ts";
import { type LoginTest, testHeldLogin } from "../prove.ts";
import { type RepositoryScope, repositoryScopeOf } from "../repository-scope.ts";
import { type TokenEnv, tokenApplier, tokenLifecycle, tokenRemoval } from "./apply.ts";
import { createdTokens, type FoundToken, findToken, isOthers } from "./find.ts";
import { currentPassword, planToken } from "./plan.ts";
import { pulledRepositories, refuseOtherTokens } from "./scope-map.ts";

/** The maximum number of tokens of a registry, by its SKU. */
export const tokensIn: Readonly<Record<string, number>> = { Basic: 100, Standard: 500, Premium: 50_000 };

export const acrToken = {
  name: "acr-token",
  again: ({ identity }, derived) =>
    derived || !isName(identity) ? { flags: {} } : { flags: { acrToken: identity }, warning: `its ACR token is ${identity}` },
  renewal: { flags: ({ identity }) => ({ "acr-token": identity }) },
  creation: {
    isExtensible: true,
    rights: ["tokens/read", "scopeMaps/read", "scopeMaps/write", "tokens/write", "generateCredentials/action"].map(
      (action) => `Microsoft.ContainerRegistry/registries/${action}`,
    ),
    async quota({ registry: text, identity }, { azure }) {
      const { findRegistry, tokenCount } = await azure(identity);
      const registry = await findRegistry(text);
      const limit = tokensIn[registry.sku];
      return limit === undefined ? undefined : limit - (await tokenCount(registry));
    },
    async list(azure, registry) {
      const list = await azure.listTokens(registry);
      return { made: createdTokens(list, registry), at: list.at };
    },
  },
  flags: {
    "acr-token": { type: "string", value: "NAME", describe: "Name of the ACR token", fallback: "a name that only this Secret uses" },
  },
  parse: (asked) => ({ needsName: namesIn(asked.flags).token === undefined }),
  async open(asked, sources) {
    const named = namesIn(asked.flags);
    const azure = await sources.azure(asked.identity);
    const registry = await sources.during(`Looking for ${asked.registry} in Azure`, () => azure.findRegistry(asked.registry));
    return credentialOf({ azure, registry, named, asked, sources, issued: new Map() });
  },
} as const satisfies Kind;

/** Azure's rule for the name of a token. */
const isName = (text: unknown): text is string => typeof text === "string" && /^[a-zA-Z0-9-]{5,50}$/.test(text);

/** Returns the name that a command line gives. @throws CliError usage */
function namesIn({ "acr-token": token }: Asked["flags"]): TokenEnv["named"] {
  if (token !== undefined && !isName(token)) throw usage(`invalid --acr-token "${token}": 5 to 50 letters, digits and hyphens`);
  return { token };
}

function credentialOf(env: TokenEnv): Credential {
  const { registry } = env;
  return {
    kind: acrToken.name,
    host: registry.loginServer,
    issue: (need) => issue(need, env),
    lifecycle: tokenLifecycle(env),
    apply: tokenApplier(env),
    removal: (change) => tokenRemoval(change, registry),
  };
}

type Tried = { readonly need: Need; readonly found: FoundToken; readonly scope: RepositoryScope; readonly still: LoginTest };

/**
 * Finds the token and tests its login. A token that only the annotation names gets no password, because anyone with access to the namespace
 * can write the annotation.
 */
async function findAndTry(need: Need, env: TokenEnv): Promise<Tried> {
  const { registry, named, asked, sources } = env;
  const found = await findToken(need, env);
  const granted = found.scopeMap && pulledRepositories(found.scopeMap);
  const scope = repositoryScopeOf({ host: registry.loginServer, ...asked.again, acrToken: named.token }, need, granted);
  const still = await testHeldLogin(need.current, scope, asked, sources);
  if (still.pulls !== "no" || !isOthers(found)) return { need, found, scope, still };
  const own = await findAndTry({ ...need, current: undefined }, env);
  return { ...own, found: { ...own.found, replaced: found.name } };
}

async function issue(asking: Need, env: TokenEnv): Promise<Issue> {
  const { named, asked, issued } = env;
  const tried = await findAndTry(asking, env);
  const { need, found, scope, still } = tried;
  const { owner } = need;
  const { name, token, hasSharedMap } = found;
  await refuseUnmarked(found, owner);
  const planned = planFor(tried, env);
  const rights = refuseRights(found, planned.scope, env);
  const grant = await withClusterNames(planned.scope, found, owner, env);
  // Read while Azure requests run, and only if the description may be written
  const words = grant.act === "keep" ? Promise.resolve(owner.words) : owner.wordsInCluster();
  issued.set(name, { token, description: words.then(azureDescription) });
  if (grant.act === "update" && isOthers(found)) throw notOwn(`the password of the ACR token "${name}"`, asked, need, { acrToken: name });
  const gaining = await refuseOtherTokens(grant, env, isForced(asked), { ...accepting(name, env), force: true });
  const warnings = [rights, gaining, replacedToken(owner.secret, found)];
  const objects = [grant, ...planned.created];
  const mayPull = hasSharedMap ? found.scopeMap && pulledRepositories(found.scopeMap) : scope.repositories;
  // A scope map that is not the token's own is never changed, so no command can grant more
  const more = hasSharedMap ? undefined : { acrToken: named.token ?? (isOthers(found) ? name : undefined) };
  return issueOf({ ...planned, objects, grant }, scope, { asked, need, still, mayPull, more, isShared: !found.alone, warnings });
}

function planFor({ need: { owner, current }, found, scope, still }: Tried, { registry, named, asked, sources }: TokenEnv) {
  const now = sources.now();
  return planToken({
    ...found,
    host: registry.loginServer,
    repositories: scope.repositories,
    // The run stops using a token of another user if the registry rejects its password
    alone: found.alone || (found.isRecorded === true && owner.alone && !found.isExported),
    exportedFrom: found.isExported || owner.isExported ? registry.name : undefined,
    expiresAt: newExpiry(asked, currentPassword(current?.entry, found.token), now),
    now,
    // A user who names a token and adds --force is responsible for other users of its password
    isForced: named.token !== undefined && isForced(asked),
    current: current?.entry,
    pulls: still.pulls,
  });
}

const isForced = ({ flags: { force } }: Asked): boolean => force === true;

/** Returns the command that accepts what a run rejects, without the accepting flag. */
const accepting = (name: string, { named, asked: { again } }: TokenEnv): Create =>
  named.token === undefined ? again : { ...again, acrToken: name };

/** Rejects a token that can do more than pull. @returns the warning if a flag accepts its rights @throws CliError conflict */
function refuseRights(found: FoundToken, scope: Make | Keep, env: TokenEnv): string | undefined {
  const { name, scopeMap } = found;
  const actions = (scope.act === "keep" ? scopeMap?.actions : scope.after) ?? [];
  return refuseBeyondReading({ of: `token "${name}"`, rights: rightsOf(actions) }, isForced(env.asked), {
    ...accepting(name, env),
    force: true,
  });
}

/**
 * Updates a description that doesn't name every cluster, or that doesn't say that the token is exported. For a token that several Secrets can hold, it names their clusters. Otherwise a
 * run that reads only some of them could delete the token.
 */
async function withClusterNames(scope: Make | Keep, found: FoundToken, owner: Owner, { named }: TokenEnv): Promise<Make | Keep> {
  const { hasSharedMap, scopeMap } = found;
  if (scope.act !== "keep" || hasSharedMap || !scopeMap || (owner.alone && named.token === undefined)) return scope;
  if (!isOurDescription(scopeMap.description) || isOthers(found)) return scope;
  if (withClusters(scopeMap.description, azureDescription(await owner.wordsInCluster())) === undefined) return scope;
  const { actions } = scopeMap;
  return { act: "update", to: scope.to, before: actions, after: actions, because: "its description differs" };
}

/**
 * Rejects exporting the owner's own token if its description is that of a scope map of other users, so it can't say that a copy may exist.
 * Otherwise the next `create` or `rotate` for the Secret would replace the exported password.
 * @throws CliError conflict
 */
async function refuseUnmarked({ name, scopeMap, hasSharedMap }: FoundToken, owner: Owner): Promise<void> {
  if (!owner.isExported || !hasSharedMap || !(await owner.owns(name))) return;
  const message = `the ACR token "${name}" cannot be exported: the scope map "${scopeMap?.name}" is not its own, so it cannot record that copies exist`;
  throw new CliError("conflict", message, { hint: "add --acr-token NAME, with a name that no Secret uses" });
}

/**
 * Warns that the recorded token gets a password only if the user names it. Anyone with access to the namespace can write the annotation.
 */
const replacedToken = (secret: string, { name, replaced }: FoundToken): string | undefined =>
  replaced === undefined
    ? undefined
    : `secret/${secret} gets a password of the ACR token "${name}", because its password of "${replaced}" is invalid. To keep the old token, add --acr-token ${replaced}`;
