import type { Application } from "../../azure/port.ts";
import { CliError, isRefusal } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import type { Passing, Plan } from "../../plan/change.ts";
import { clustersNamedIn, isGuid, isOfOne, isOfOurs, keyName, ofOurs, readMadeFor, unnamedCluster } from "../../secret/azure-words.ts";
import { refuseBeyondReading, rightsOfPrincipal, warnOfRights } from "../granted-rights.ts";
import type { Asked, Credential, Issue, Kind, Lifecycle, Need, Renewal, Sources } from "../kind.ts";
import { deletedCredential, issueOf, newExpiry, notOwn } from "../password-credential.ts";
import { tryHeld } from "../prove.ts";
import { imageRepositories, type RepositoryScope, repositoryScopeOf } from "../repository-scope.ts";
import { principalApplier, principalRemoval } from "./apply.ts";
import { createdPrincipals, type Found, findOwn, findRecorded, readPrincipal, refuseOthers } from "./find.ts";
import {
  applicationPasswords,
  isHeld,
  keysShown,
  type PrincipalPlan,
  planKeyRetirement,
  planPrincipal,
  planPrincipalRenewal,
  planPrincipalRevocation,
  refuseScoped,
} from "./plan.ts";
import { granted } from "./roles.ts";
import type { PrincipalAzure, State } from "./state.ts";

/** The value of `--service-principal` without a value: the name that is derived from the owner. It is not valid as a display name. */
export const ownPrincipal = "*";

/** A service principal of Entra ID, with a role on the registry. */
export const servicePrincipal = {
  name: "service-principal",
  again: ({ identity }) =>
    isGuid(identity)
      ? { flags: { servicePrincipal: identity }, noted: `its service principal is ${identity}, which would get one more password` }
      : { flags: {} },
  renewal: { flags: ({ identity }) => ({ "service-principal": identity }) },
  // Not extensible: only in an ABAC registry can it get more repositories, and `check` doesn't know the mode of the registry
  creation: {
    nouns: ["service principal", "service principals"],
    flag: "--service-principal",
    rights: ["read", "write"].map((action) => `Microsoft.Authorization/roleAssignments/${action}`),
    uncheckedRight: "Microsoft Graph: Application.ReadWrite.OwnedBy",
    list: async (azure, registry, warn) => {
      try {
        return { made: await createdPrincipals(azure, registry) };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // The tokens of the registry can still be read
        warn(`service principals were not looked at: ${error.message}`);
        return { made: [] };
      }
    },
  },
  flags: {
    "service-principal": {
      type: "string",
      bare: ownPrincipal,
      exclusive: ["acr-token", "admin", "entra", "from-docker-config", "password-stdin", "scope-map", "username"],
      describe:
        "Add a password to a service principal, by its name or its application's id; it is made where the name is unused. Without a value: one that belongs to this Secret alone.",
    },
  },
  parse({ flags: { "service-principal": named } }) {
    return named === undefined ? undefined : { needsName: checkName(named) === undefined };
  },
  async open(asked, sources) {
    const named = checkName(asked.flags["service-principal"]);
    const azure = await sources.azure(asked.identity);
    // Starting az takes a second, and finding the registry requires another token
    azure.sendFor("graph");
    return sources.during(`Looking for ${asked.registry} in Azure`, async () => {
      const registry = await azure.findRegistry(asked.registry);
      const { mode } = await azure.registryFacts(registry);
      const retry = { wait: asked.wait, sleep: sources.sleep };
      return credentialOf({ registry, mode, named, azure, retry, asked, sources });
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
    `invalid --service-principal "${named}": up to 120 letters, digits, blanks and any of ._-, or an application's id`,
  );
}

type PrincipalEnv = PrincipalAzure & { readonly named: string | undefined; readonly asked: Asked; readonly sources: Sources };

function credentialOf(env: PrincipalEnv): Credential {
  const { registry, mode, named } = env;
  /** Keyed by the display name. */
  const states = new Map<string, State>();
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
    lifecycle: principalLifecycle(env, states),
    apply: principalApplier(env, states),
    removal: (change) => principalRemoval(change, states.get(change.to.name), mode, registry),
  };
}

async function issueFor(found: Found, need: Need, env: PrincipalEnv): Promise<{ issue: Issue; state: State }> {
  const { registry, mode, asked, sources } = env;
  const { held, owner } = need;
  const { name, application, principal, assignments } = found;
  const scope = scopeOf(found, need, env);
  const tried = await tryHeld(held, scope, asked, sources);
  // A new password is needed, because the name of an existing one can't be changed
  const still = tried.pulls !== "no" && (await lacksClusters(found, need)) ? ({ ...tried, pulls: "no" } as const) : tried;
  const expiresAt = newExpiry(
    asked,
    application?.keys.find(({ slot }) => slot === held?.entry?.slot),
    sources.now(),
  );
  const repositories = mode === "legacy" ? ["*"] : scope.repositories;
  const existing = { application, principal, assignments, held: held?.entry, pulls: still.pulls };
  const words = isHeld(existing) ? owner.words : await owner.wordsInCluster();
  const key = keyName(words);
  const isOwnKey = owner.alone && isOfOne(key, words);
  const plan = planPrincipal({ host: registry.loginServer, name, mode, repositories, expiresAt, key, isOwnKey }, existing);
  const warnings = await refuseUnsafe(found, plan, need, env);
  const objects = [...plan.created, plan.role];
  const more = { servicePrincipal: application?.appId ?? name };
  const options = { asked, need, still, mayPull: repositories, more, isShared: false, passing: passingOf(plan, asked), warnings };
  const issue = issueOf({ ...plan, objects, grant: plan.role }, scope, options);
  const state = { name, application, principal, notes: ofOurs(words), key, asked: {}, made: {} };
  return { issue, state };
}

/** Returns which answers are temporary and for how long. A new role can take Azure longer than a new password. */
const passingOf = ({ role }: Pick<PrincipalPlan, "role">, asked: Asked): Passing =>
  role.act === "keep"
    ? { milliseconds: asked.wait, verdicts: ["refused"] }
    : { milliseconds: asked.waitForRole ?? asked.wait, verdicts: ["refused", "out-of-scope"] };

/**
 * Whether the description of a shared application doesn't name all clusters that get its password. Otherwise a run in another cluster could
 * delete the password.
 */
async function lacksClusters({ application }: Found, { owner }: Need): Promise<boolean> {
  const described = application ? clustersNamed(application) : [];
  if (owner.alone || described.length === 0 || described.includes(unnamedCluster)) return false;
  const getting = readMadeFor(ofOurs(await owner.wordsInCluster()))?.clusters ?? [];
  return getting.some((id) => !described.includes(id));
}

const clustersNamed = ({ notes, keys }: Application): readonly string[] =>
  clustersNamedIn([notes, ...keys.map(({ displayName }) => displayName)]);

/**
 * Rejects an application that another identity may control, and one with rights that no flag accepts.
 * @returns the warnings
 * @throws CliError conflict
 */
async function refuseUnsafe(found: Found, plan: PrincipalPlan, need: Need, env: PrincipalEnv): Promise<(string | undefined)[]> {
  const { azure, asked } = env;
  const { name, application, by, isRecorded } = found;
  const { created, role, mint } = plan;
  const appId = application?.appId;
  if (isRecorded && role.act !== "keep") throw notOwn(`a password of application ${appId}`, asked, need, { servicePrincipal: appId });
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

/** Returns the operations on passwords that Secrets record, by the application's id. */
function principalLifecycle({ azure, registry, mode, asked, sources }: PrincipalEnv, states: Map<string, State>): Lifecycle {
  async function read(appId: string, key = "") {
    const [application] = await azure.applications({ appId });
    if (!application) return undefined;
    const { name, principal, assignments } = await readPrincipal(application, { azure, registry });
    states.set(name, { name, application, principal, notes: application.notes, key, asked: {}, made: {} });
    return { application, principal, assignments };
  }

  return {
    async renew({ held: { entry: recorded }, images, words }: Renewal): Promise<Issue> {
      const key = keyName(words);
      const found = await read(recorded.identity, key);
      if (!found) throw deletedCredential(`no application of the tenant has the id ${recorded.identity}`, registry);
      const { application, assignments } = found;
      const { loginServer: host } = registry;
      const expiresAt = newExpiry(
        asked,
        application.keys.find(({ slot }) => slot === recorded.slot),
        sources.now(),
      );
      const plan = planPrincipalRenewal({ host, held: recorded, key, expiresAt }, application);
      const mayPull = granted(mode, assignments) ?? [];
      const repositories = mode === "abac" ? mayPull : imageRepositories(images);
      const warnings = [warnOfRights(await rightsOfPrincipal({ name: application.displayName, assignments }, { azure, registry }))];
      const passing: Passing = { milliseconds: asked.wait, verdicts: ["refused"] };
      return issueOf({ objects: [], ...plan }, { host, repositories, images }, { asked, mayPull, isShared: false, passing, warnings });
    },
    shown: async (appId) => applicationPasswords((await azure.applications({ appId }))[0]),
    async clusters(appId) {
      const [application] = await azure.applications({ appId });
      return application ? clustersNamed(application) : [];
    },
    async retire(identity, passwords): Promise<Plan> {
      const found = await read(identity);
      return found ? planKeyRetirement(found.application, keysShown(found.application, passwords)) : [];
    },
    async revoke(identity, passwords): Promise<Plan> {
      const found = await read(identity);
      if (!found) return [];
      const { application, principal } = found;
      const { otherKeys } = isOfOurs(application.notes) ? await azure.custody(application.id, principal?.id) : { otherKeys: [] };
      return planPrincipalRevocation({ ...found, otherKeys, scope: registry.id }, passwords);
    },
  };
}
