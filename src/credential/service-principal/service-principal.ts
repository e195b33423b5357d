import type { Application } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import type { Change, Keep, Make, Passing } from "../../plan/change.ts";
import {
  azureDescription,
  clustersNamedIn,
  isForOneSecret,
  isGuid,
  isOurDescription,
  keyName,
  parseAzureOwner,
  unnamedCluster,
} from "../../secret/azure-words.ts";
import type { Entry, Password } from "../../secret/entry.ts";
import { pullRole, refuseBeyondReading, rightsOfPrincipal, warnOfRights } from "../granted-rights.ts";
import type { Asked, Credential, Issue, Kind, Lifecycle, Need } from "../kind.ts";
import { copiesEnd, deletedCredential, issueOf, newExpiry, notOwn, warnOfCopies } from "../password-credential.ts";
import { testHeldLogin } from "../prove.ts";
import { imageRepositories, type RepositoryScope, repositoryScopeOf } from "../repository-scope.ts";
import { type PrincipalEnv, principalApplier, type State } from "./apply.ts";
import { type Found, findOwn, findRecorded, readPrincipal, refuseOthers } from "./find.ts";
import {
  isCurrent,
  keysShown,
  planKeyRetirement,
  planPrincipal,
  planPrincipalRenewal,
  planPrincipalRevocation,
  warnOfRest,
} from "./plan.ts";
import { granted, refuseScoped } from "./roles.ts";

/** The value of `--service-principal` without a value: the name that is derived from the owner. It is not valid as a display name. */
export const ownPrincipal = "*";

export const servicePrincipal = {
  name: "service-principal",
  again: ({ identity }) =>
    isGuid(identity)
      ? { flags: { servicePrincipal: identity }, warning: `its service principal is ${identity}, which gets another password` }
      : { flags: {} },
  renewal: { flags: ({ identity }) => ({ "service-principal": identity }) },
  // Not extensible: only in an ABAC registry can it get more repositories, and `check` doesn't know the mode of the registry
  creation: {
    nouns: ["service principal", "service principals"],
    rights: ["read", "write"].map((action) => `Microsoft.Authorization/roleAssignments/${action}`),
    uncheckedRight: "Microsoft Graph: Application.ReadWrite.OwnedBy",
  },
  flags: {
    "service-principal": {
      type: "string",
      bare: ownPrincipal,
      exclusive: ["admin", "entra", "password-stdin", "username"],
      value: "NAME",
      describe:
        "Add a password to a service principal, by name or application ID. Create it if the name is unused. Without a value: one that only this Secret uses",
    },
  },
  parse({ flags: { "service-principal": named } }) {
    return named === undefined ? undefined : { needsName: checkName(named) === undefined };
  },
  async open(asked, sources) {
    const named = checkName(asked.flags["service-principal"]);
    const azure = await sources.azure(asked.identity);
    // Starting az takes a second, and finding the registry requires another token
    azure.prefetchToken("graph");
    return sources.during(`Looking for ${asked.registry} in Azure`, async () => {
      const registry = await azure.findRegistry(asked.registry);
      const { mode } = await azure.registryFacts(registry);
      return credentialOf({ registry, mode, named, azure, asked, sources, states: new Map() });
    });
  },
} as const satisfies Kind;

/** Display names that a command line accepts. Any other application is named by its id. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,119}$/;

function checkName(named: unknown): string | undefined {
  if (named === ownPrincipal) return undefined;
  if (typeof named === "string" && nameForm.test(named)) return named;
  throw new CliError(
    "usage",
    `invalid --service-principal "${named}": expected up to 120 letters, digits, spaces and . _ -, or an application ID`,
  );
}

function credentialOf(env: PrincipalEnv): Credential {
  const { registry, mode, named, states } = env;
  return {
    kind: servicePrincipal.name,
    host: registry.loginServer,
    async issue(need: Need) {
      refuseScoped(mode, need.repositories, registry.name);
      const own = await findOwn(named, need, env);
      const recorded = named === undefined ? await findRecorded(own, need, env) : undefined;
      const kept = recorded && (await issueFor(recorded, need, env));
      // This issue has no changes. Its display name, which anyone in the tenant can choose, may be that of another namespace's application
      if (kept && kept.issue.pulls !== "no") return kept.issue;
      const { issue, state } = await issueFor(own, need, env);
      states.set(state.name, state);
      return issue;
    },
    lifecycle: principalLifecycle(env),
    apply: principalApplier(env),
    removal: (change) => removalOf(change, env),
  };
}

async function issueFor(found: Found, need: Need, env: PrincipalEnv): Promise<{ issue: Issue; state: State }> {
  const { registry, mode, asked, sources } = env;
  const { owner, current: { entry: current } = {} } = need;
  const { name, application } = found;
  const scope = scopeOf(found, need, env);
  const tried = await testHeldLogin(need.current, scope, asked, sources);
  // A new password is needed, because the name of an existing one can't be changed
  const still = tried.pulls !== "no" && (await lacksClusters(found, need)) ? ({ ...tried, pulls: "no" } as const) : tried;
  const repositories = mode === "legacy" ? ["*"] : scope.repositories;
  const existing = { ...found, current, pulls: still.pulls };
  const words = isCurrent(existing) ? owner.words : await owner.wordsInCluster();
  const key = keyName(words);
  const plan = planPrincipal({
    ...existing,
    host: registry.loginServer,
    mode,
    repositories,
    expiresAt: newExpiry(asked, keyOf(application, current), sources.now()),
    key,
    isOwnKey: owner.alone && isForOneSecret(key, words),
  });
  const warnings = await refuseUnsafe(found, plan, need, env);
  const objects = [...plan.created, plan.role];
  const more = { servicePrincipal: application?.appId ?? name };
  const options = { asked, need, still, mayPull: repositories, more, isShared: false, passing: passingOf(plan.role, asked), warnings };
  const issue = issueOf({ ...plan, objects, grant: plan.role }, scope, options);
  return { issue, state: { ...found, notes: azureDescription(words), key, asked: {}, made: {} } };
}

/** Returns the recorded password, if Azure shows it. */
const keyOf = (application: Application | undefined, entry: Entry | undefined) =>
  application?.keys.find(({ slot }) => slot === entry?.slot);

/** Returns which answers are temporary and for how long. A new role can take Azure longer than a new password. */
const passingOf = ({ act }: Make | Keep, { wait, waitForRole = wait }: Asked): Passing =>
  act === "keep" ? { milliseconds: wait, verdicts: ["refused"] } : { milliseconds: waitForRole, verdicts: ["refused", "out-of-scope"] };

/**
 * Whether the description of a shared application doesn't name the cluster that gets its password. Otherwise a run in another cluster could
 * delete the password.
 */
async function lacksClusters({ application }: Found, { owner }: Need): Promise<boolean> {
  const described = application ? clustersNamed(application) : [];
  if (owner.alone || described.length === 0 || described.includes(unnamedCluster)) return false;
  const getting = parseAzureOwner(azureDescription(await owner.wordsInCluster()))?.clusters ?? [];
  return getting.some((id) => !described.includes(id));
}

const clustersNamed = ({ notes, keys }: Application): readonly string[] =>
  clustersNamedIn([notes, ...keys.map(({ displayName }) => displayName)]);

/**
 * Rejects an application that another identity may control, and one with rights that no flag accepts.
 * @returns the warnings
 * @throws CliError conflict
 */
async function refuseUnsafe(found: Found, plan: ReturnType<typeof planPrincipal>, need: Need, env: PrincipalEnv) {
  const { azure, asked } = env;
  const { name, application, by, isRecorded } = found;
  const { created, role, mint } = plan;
  const appId = application?.appId;
  const { registry, again } = asked;
  const { owner, repositories } = need;
  const naming: Create = {
    verb: "create",
    secret: owner.secret,
    registry,
    identity: again.identity,
    repositories,
    servicePrincipal: appId,
  };
  if (isRecorded && role.act !== "keep") throw notOwn(`a password of application ${appId}`, owner, naming);
  const changes = created.length > 0 || role.act !== "keep" || mint.act !== "keep";
  if (by === "own name" ? changes : role.act !== "keep") await refuseOthers(found, need, azure, asked.again);
  const accept: Create = { ...asked.again, servicePrincipal: appId ?? name, force: true };
  const rights = refuseBeyondReading(await rightsOfPrincipal(found, env), asked.flags["force"] === true, accept);
  const addedTo =
    by === "name" && application && mint.act === "mint"
      ? `application ${JSON.stringify(application.displayName)} already exists (${appId}) and gets one more password`
      : undefined;
  return [addedTo, rights];
}

/** Returns the repositories to prove. If the roles of the registry can't be limited to repositories, returns only those of the images. */
function scopeOf({ name, application, assignments }: Found, need: Need, { registry, mode, asked }: PrincipalEnv): RepositoryScope {
  const { images } = need;
  const host = registry.loginServer;
  const again = { ...asked.again, servicePrincipal: application?.appId ?? name };
  if (mode === "abac") return repositoryScopeOf({ host, ...again }, need, granted(mode, assignments));
  return { host, repositories: imageRepositories(images), images };
}

function principalLifecycle({ azure, registry, mode, asked, sources, states }: PrincipalEnv): Lifecycle {
  async function read(appId: string, key = "") {
    const [application] = await azure.applications({ appId });
    if (!application) return undefined;
    const found = { ...(await readPrincipal(application, { azure, registry })), application };
    states.set(found.name, { ...found, notes: application.notes, key, asked: {}, made: {} });
    return found;
  }

  return {
    async renew({ current: { entry: current }, images, words, exports }) {
      const key = keyName(words);
      const found = await read(current.identity, key);
      if (!found) throw deletedCredential(`the application ${current.identity} was deleted from the tenant`, registry);
      const { application, assignments } = found;
      const { loginServer: host } = registry;
      const expiresAt = newExpiry(asked, keyOf(application, current), sources.now());
      const plan = planPrincipalRenewal({ host, current, key, expiresAt }, application);
      const mayPull = granted(mode, assignments) ?? [];
      const repositories = mode === "abac" ? mayPull : imageRepositories(images);
      const copies = exports ? undefined : copiesEnd(exportedIn(application, [current, current.previous ?? {}]));
      const warnings = [warnOfRights(await rightsOfPrincipal(found, { azure, registry })), copies];
      const passing: Passing = { milliseconds: asked.wait, verdicts: ["refused"] };
      return issueOf({ objects: [], ...plan }, { host, repositories, images }, { asked, mayPull, isShared: false, passing, warnings });
    },
    shown: async (appId) => (await azure.applications({ appId }))[0]?.keys ?? [],
    clusters: async (appId) => (await azure.applications({ appId })).flatMap(clustersNamed),
    async retire(identity, passwords) {
      const found = await read(identity);
      return found ? planKeyRetirement(found.application, passwords) : [];
    },
    async revoke(identity, passwords, own) {
      const found = await read(identity);
      if (!found) return [];
      const { application, principal } = found;
      const { otherKeys } = isOurDescription(application.notes) ? await azure.access(application.id, principal?.id) : { otherKeys: [] };
      const plan = planPrincipalRevocation(application, { ...found, otherKeys, scope: registry.id }, passwords);
      if (own === undefined) return plan;
      const rest = warnOfRest(application, passwords, { registry: registry.name, identity: asked.identity });
      return [...warnOfCopies(plan, exportedIn(application, passwords), own), ...rest];
    },
  };
}

/** Returns the application in words, if one of these passwords was exported. */
const exportedIn = (application: Application, passwords: readonly Password[]): string | undefined =>
  keysShown(application, passwords).some(({ displayName }) => parseAzureOwner(displayName)?.isExported)
    ? `application ${JSON.stringify(application.displayName)}`
    : undefined;

/** Returns the Azure CLI command that deletes what a change created, or that shows it if the response was lost. */
function removalOf(change: Change, { mode, registry, states }: PrincipalEnv): string[] {
  const it = states.get(change.to.name);
  const appId = (it?.made.application ?? it?.application)?.appId;
  if (!it || appId === undefined) return ["az", "ad", "app", "list", "--display-name", change.to.name];
  const scoped = ["--assignee", appId, "--scope", registry.id];
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

function removalOfApplication(change: Change, { made: { keyId } }: State, appId: string): string[] {
  if (!("slot" in change) || change.slot === undefined) return ["az", "ad", "app", "delete", "--id", appId];
  const credential = ["az", "ad", "app", "credential"];
  return keyId === undefined ? [...credential, "list", "--id", appId] : [...credential, "delete", "--id", appId, "--key-id", keyId];
}
