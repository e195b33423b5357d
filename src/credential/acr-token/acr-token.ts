import { CliError } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import type { Keep, Make } from "../../plan/change.ts";
import { azureDescription, isOurDescription, withClusters } from "../../secret/azure-words.ts";
import { refuseBeyondReading, rightsOf } from "../granted-rights.ts";
import type { Credential, Issue, Kind, Need, Owner } from "../kind.ts";
import { issueOf, newExpiry, notOwn } from "../password-credential.ts";
import { type LoginTest, testHeldLogin } from "../prove.ts";
import { type RepositoryScope, repositoryScopeOf } from "../repository-scope.ts";
import { type TokenEnv, tokenApplier, tokenLifecycle, tokenRemoval } from "./apply.ts";
import { type FoundToken, findToken } from "./find.ts";
import { currentPassword, planToken } from "./plan.ts";
import { pulledRepositories, refuseOtherTokens } from "./scope-map.ts";

/** The maximum number of tokens of a registry, by its SKU. */
export const tokensIn: Readonly<Record<string, number>> = { Basic: 100, Standard: 500, Premium: 50_000 };

export const acrToken = {
  name: "acr-token",
  again: () => ({ flags: {} }),
  renewal: { flags: () => ({}) },
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
  },
  flags: {},
  parse: () => ({ needsName: true }),
  async open(asked, sources) {
    const azure = await sources.azure(asked.identity);
    const registry = await sources.during(`Looking for ${asked.registry} in Azure`, () => azure.findRegistry(asked.registry));
    return credentialOf({ azure, registry, asked, sources, issued: new Map() });
  },
} as const satisfies Kind;

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
  const { registry, asked, sources } = env;
  const found = await findToken(need, env);
  const granted = found.scopeMap && pulledRepositories(found.scopeMap);
  const scope = repositoryScopeOf({ host: registry.loginServer, ...asked.again }, need, granted);
  const still = await testHeldLogin(need.current, scope, asked, sources);
  if (still.pulls !== "no" || !found.isOthers) return { need, found, scope, still };
  const own = await findAndTry({ ...need, current: undefined }, env);
  return { ...own, found: { ...own.found, replaced: found.name } };
}

async function issue(asking: Need, env: TokenEnv): Promise<Issue> {
  const { asked, issued } = env;
  const accepting = { ...asked.again, force: true };
  const tried = await findAndTry(asking, env);
  const { need, found, scope, still } = tried;
  const { owner } = need;
  const { name, token, hasSharedMap } = found;
  await refuseUnmarked(found, owner, env);
  const planned = planFor(tried, env);
  const rights = refuseRights(found, planned.scope, env);
  const grant = await withClusterNames(planned.scope, found, owner);
  // Read while Azure requests run, and only if the description may be written
  const words = grant.act === "keep" ? Promise.resolve(owner.words) : owner.wordsInCluster();
  issued.set(name, { token, description: words.then(azureDescription) });
  if (grant.act === "update" && found.isOthers) throw notOwn(`the password of the ACR token "${name}"`, owner, anotherSecret(owner, env));
  const gaining = await refuseOtherTokens(grant, env, isForced(env), accepting);
  const warnings = [rights, gaining, replacedToken(owner.secret, found)];
  const objects = [grant, ...planned.created];
  const mayPull = hasSharedMap ? found.scopeMap && pulledRepositories(found.scopeMap) : scope.repositories;
  // A scope map that is not the token's own is never changed, so no command can grant more
  const another = found.isOthers ? { secret: nameOfAnother(owner, env) } : {};
  const more = hasSharedMap ? undefined : another;
  return issueOf({ ...planned, objects, grant }, scope, { asked, need, still, mayPull, more, isShared: !found.alone, warnings });
}

function planFor({ need: { current }, found, scope, still }: Tried, { registry, asked, sources }: TokenEnv) {
  const now = sources.now();
  return planToken({
    ...found,
    registry,
    repositories: scope.repositories,
    expiresAt: newExpiry(asked, currentPassword(current?.entry, found.token), now),
    now,
    current: current?.entry,
    pulls: still.pulls,
  });
}

const isForced = ({ asked: { flags } }: TokenEnv): boolean => flags["force"] === true;

const nameOfAnother = ({ secret }: Owner, { asked: { again } }: TokenEnv): string => `${secret}-${again.reader ?? "pods"}`;

/** Returns the current command for another Secret, which gets a token of its own. */
const anotherSecret = (owner: Owner, env: TokenEnv): Create => ({ ...env.asked.again, secret: nameOfAnother(owner, env) });

/** Rejects a token that can do more than pull. @returns the warning if a flag accepts its rights @throws CliError conflict */
function refuseRights(found: FoundToken, scope: Make | Keep, env: TokenEnv): string | undefined {
  const { name, scopeMap } = found;
  const actions = (scope.act === "keep" ? scopeMap?.actions : scope.after) ?? [];
  return refuseBeyondReading({ of: `token "${name}"`, rights: rightsOf(actions) }, isForced(env), { ...env.asked.again, force: true });
}

/**
 * Updates a description that doesn't name every cluster, or that doesn't say that the token is exported. For a token that several Secrets can hold, it names their clusters. Otherwise a
 * run that reads only some of them could delete the token.
 */
async function withClusterNames(scope: Make | Keep, { hasSharedMap, scopeMap }: FoundToken, owner: Owner): Promise<Make | Keep> {
  if (scope.act !== "keep" || hasSharedMap || !scopeMap || owner.alone || !isOurDescription(scopeMap.description)) return scope;
  if (withClusters(scopeMap.description, azureDescription(await owner.wordsInCluster())) === undefined) return scope;
  const { actions } = scopeMap;
  return { act: "update", to: scope.to, before: actions, after: actions, because: "its description differs" };
}

/**
 * Rejects exporting the owner's own token if its description is that of a scope map of other users, so it can't say that a copy may exist.
 * Otherwise the next `create` or `rotate` for the Secret would replace the exported password.
 * @throws CliError conflict
 */
async function refuseUnmarked({ name, scopeMap, hasSharedMap }: FoundToken, owner: Owner, env: TokenEnv): Promise<void> {
  if (!owner.isExported || !hasSharedMap || !(await owner.owns(name))) return;
  const message = `the ACR token "${name}" cannot be exported: the scope map "${scopeMap?.name}" is not its own, so it cannot record that copies exist`;
  throw new CliError("conflict", message, { hint: anotherSecret(owner, env) });
}

/** Warns that the recorded token gets no password. Anyone with access to the namespace can write the annotation. */
const replacedToken = (secret: string, { name, replaced }: FoundToken): string | undefined =>
  replaced === undefined
    ? undefined
    : `secret/${secret} gets a password of the ACR token "${name}", because its password of "${replaced}" is invalid`;
