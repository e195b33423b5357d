import type { Azure, AzureRegistry } from "../../azure/port.ts";
import type { Application } from "../../azure/principals.ts";
import { CliError } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import type { Change, Passing } from "../../plan/change.ts";
import { isOfOne, keyName, ofOurs, readMadeFor, unnamedCluster } from "../../secret/azure-words.ts";
import { isGuid } from "../../secret/guid.ts";
import { refuseBeyondReading, rightsOfPrincipal } from "../granted-rights.ts";
import { tryHeld } from "../held.ts";
import type { Asked, Credential, FlagRow, Issue, Kind, Need, Sources } from "../kind.ts";
import { keptTooLong, keptUntried } from "../password-credential.ts";
import { beyond, type Reach, reachOf } from "../repository-scope.ts";
import { carrier } from "./apply.ts";
import { type Found, findNoted, findOwn, refuseOthers } from "./find.ts";
import { clustersNamed, principalLife } from "./life.ts";
import { isHeld, type PrincipalPlan, planPrincipal, refuseScoped, sameLifetime } from "./plan.ts";
import { granted, type Mode } from "./pull-roles.ts";
import { removalOf } from "./removal.ts";
import type { State } from "./state.ts";

/** What `--service-principal` means without a value: a name of the owner's own. No application can be named so here. */
export const ownPrincipal = "*";

const flags = {
  "service-principal": {
    type: "string",
    bare: ownPrincipal,
    exclusive: ["acr-token", "admin", "entra", "from-docker-config", "password-stdin", "scope-map", "username"],
    describe:
      "Add a password to a service principal, by its name or its application's id; it is made where the name is unused. Without a value: one that belongs to this Secret alone.",
  },
} as const satisfies Readonly<Record<string, FlagRow>>;

/** A service principal of Entra ID, with a role on the registry. */
export const servicePrincipal = {
  name: "service-principal",
  again: ({ identity }) =>
    isGuid(identity)
      ? { flags: { servicePrincipal: identity }, noted: `its service principal is ${identity}, which would get one more password` }
      : { flags: {} },
  renewal: { flags: ({ identity }) => ({ "service-principal": identity }) },
  // Not extensible: only an ABAC registry can grant it more repositories, and `check` does not know the mode of the registry
  creation: {
    nouns: ["service principal", "service principals"],
    flag: "--service-principal",
    rights: ["read", "write"].map((action) => `Microsoft.Authorization/roleAssignments/${action}`),
    uncheckedRight: "Microsoft Graph: Application.ReadWrite.OwnedBy",
  },
  flags,
  parse({ flags: { "service-principal": named } }) {
    return named === undefined ? undefined : { needsName: checkName(named) === undefined };
  },
  async open(asked, sources) {
    const named = checkName(asked.flags["service-principal"]);
    const azure = await sources.azure(asked.identity);
    // To start az takes a second, and the registry is looked for with another token
    azure.sendFor("graph");
    return sources.during(`Looking for ${asked.registry} in Azure`, async () => {
      const registry = await azure.findRegistry(asked.registry);
      const { mode } = await azure.registryFacts(registry);
      return credentialOf({ registry, mode, named, azure, asked, sources });
    });
  },
} as const satisfies Kind;

/** Display names that stand in a command as they are; any other application is named by its id. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,119}$/;

function checkName(named: unknown): string | undefined {
  if (named === ownPrincipal) return undefined;
  if (typeof named === "string" && nameForm.test(named)) return named;
  throw new CliError(
    "usage",
    `invalid --service-principal "${named}": up to 120 letters, digits, blanks and any of ._-, or an application's id`,
  );
}

type Ground = {
  readonly registry: AzureRegistry;
  readonly mode: Mode;
  readonly named: string | undefined;
  readonly azure: Azure;
  readonly asked: Asked;
  readonly sources: Sources;
};

function credentialOf(ground: Ground): Credential {
  const { registry, mode, named, azure, asked, sources } = ground;
  const states = new Map<string, State>();
  const patience = { wait: asked.wait, sleep: sources.sleep };
  return {
    kind: servicePrincipal.name,
    host: registry.loginServer,
    async issue(need: Need) {
      refuseScoped(mode, need.repositories, registry.name);
      const own = await findOwn(named, need, azure, registry);
      const noted = named === undefined ? await findNoted(own, need, azure, registry) : undefined;
      const kept = noted && (await issueFor(noted, need, ground));
      const { issue, state } = kept && kept.issue.pulls !== "no" ? kept : await issueFor(own, need, ground);
      states.set(state.name, state);
      return issue;
    },
    lifecycle: principalLife({ azure, registry, mode, asked, sources, states }),
    apply: carrier({ azure, registry, mode, patience }, states),
    removal: (change) => removalOf(change, states.get(change.to.name), mode, registry),
  };
}

async function issueFor(found: Found, need: Need, ground: Ground): Promise<{ issue: Issue; state: State }> {
  const { registry, mode, asked, sources } = ground;
  const { held, owner } = need;
  const { name, application, principal, assignments } = found;
  const reach = reachFor(found, need, ground);
  const { pulls: tried, unasked } = await tryHeld(held, reach, asked, sources);
  // Another password, since the name of one cannot be changed
  const pulls = tried !== "no" && (await lacksClusters(found, need)) ? "no" : tried;
  const expiresAt = asked.expiresAt ?? sameLifetime(application, held?.entry?.slot, sources.now());
  const repositories = mode === "legacy" ? ["*"] : reach.repositories;
  const options = { host: registry.loginServer, name, mode, repositories, expiresAt };
  const standing = { application, principal, assignments, held: held?.entry, pulls };
  const words = isHeld(standing) ? owner.words : await owner.wordsInCluster();
  const key = keyName(words);
  const plan = planPrincipal({ ...options, key, isOwnKey: owner.alone && isOfOne(key, words) }, standing);
  const warnings = await judged(found, plan, need, ground);
  const told = [keptTooLong(owner.secret, asked.expiresAt, plan), keptUntried(owner.secret, unasked, plan), ...warnings];
  const issue = issueOf(plan, reach, { asked, pulls, repositories, login: held?.login, told });
  const state = { name, application, principal, notes: ofOurs(words), key, asked: {}, made: {} };
  return { issue: withMore(issue, found, need), state };
}

/** Whether no text of a shared application names some of the clusters that get its password: a run in another would end it. */
async function lacksClusters({ application }: Found, { owner }: Need): Promise<boolean> {
  const described = application ? clustersNamed(application) : [];
  if (owner.alone || described.length === 0 || described.includes(unnamedCluster)) return false;
  const getting = readMadeFor(ofOurs(await owner.wordsInCluster()))?.clusters ?? [];
  return getting.some((id) => !described.includes(id));
}

/**
 * Refuses an application that may be another identity's, and one with rights that no flag accepts.
 * @returns what to warn of
 * @throws CliError conflict
 */
async function judged(found: Found, plan: PrincipalPlan, need: Need, ground: Ground): Promise<(string | undefined)[]> {
  const { azure, asked } = ground;
  const { name, application, by, borrowed } = found;
  if (borrowed && plan.role.act !== "keep") throw notOwn(found, need, asked);
  if (by === "own name" ? changes(plan) : plan.role.act === "create") await refuseOthers(found, need, azure, asked.again);
  const accept: Create = { ...asked.again, servicePrincipal: application?.appId ?? name, force: true };
  const rights = refuseBeyondReading(await rightsOfPrincipal(found, ground), asked.flags["force"] === true, accept);
  return [by === "name" ? addedTo(application, plan) : undefined, rights];
}

const changes = ({ made, role, mint }: PrincipalPlan): boolean => made.length > 0 || role.act !== "keep" || mint.act !== "keep";

/** Says which application a display name was. */
const addedTo = (application: Application | undefined, { mint }: PrincipalPlan): string | undefined =>
  application && mint.act === "mint"
    ? `application ${JSON.stringify(application.displayName)} already exists (${application.appId}) and gets one more password`
    : undefined;

/** How far it is to reach: where roles have no repositories, what can be proven. */
function reachFor(
  { name, application, assignments }: Found,
  { repositories: named, fromPods, images }: Need,
  { registry, mode, asked }: Ground,
): Reach {
  const host = registry.loginServer;
  const again = { ...asked.again, servicePrincipal: application?.appId ?? name };
  if (mode === "abac") return reachOf({ host, ...again }, { named, fromPods, images }, granted(mode, assignments));
  return { host, repositories: [...new Set(images.map(({ repository }) => repository))].sort(), images };
}

/** The refusal to give a principal more rights that is noted on a Secret, and may be somebody else's. */
function notOwn({ application }: Found, { owner: { secret }, repositories }: Need, { registry, again: { identity } }: Asked): CliError {
  const appId = application?.appId;
  return new CliError("conflict", `secret "${secret}" holds a password of application ${appId}, which others may hold too`, {
    hint: { verb: "create", secret, registry, ...(identity && { identity }), repositories, servicePrincipal: appId },
  });
}

type Standing = {
  readonly asked: Asked;
  readonly pulls: Issue["pulls"];
  /** What it may pull. */
  readonly repositories: readonly string[];
  readonly login: Issue["login"];
  readonly told: readonly (string | undefined)[];
};

/** The steps in their order: rights first, a password only once it is wanted, and no password without its proof. */
function issueOf(
  { made, role, mint, entry }: PrincipalPlan,
  reach: Reach,
  { asked, pulls, repositories, login, told: words }: Standing,
): Issue {
  const { host, images } = reach;
  const isNew = mint.act === "mint";
  const verdicts: Passing["verdicts"] = role.act === "keep" ? ["refused"] : ["refused", "out-of-scope"];
  const milliseconds = role.act === "keep" ? asked.wait : (asked.waitForRole ?? asked.wait);
  const passing: Passing = { milliseconds, verdicts };
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories: reach.repositories, fresh: isNew, passing };
  const told = words.flatMap((says): Change[] => (says === undefined ? [] : [{ act: "tell", to: mint.to, says }]));
  const proven = asked.verify && (isNew || (role.act !== "keep" && login)) ? [prove] : [];
  const steps = [...made, role, mint, ...proven, ...told];
  const common = { entry, pulls, mayPull: repositories, images };
  if (isNew) return { ...common, before: [], demand: steps, login: undefined };
  return { ...common, before: steps, demand: [], login };
}

/** Where pods use what it may not pull: that it could, if it is named. */
function withMore(issue: Issue, { name, application }: Found, { images }: Need): Issue {
  if (!issue.mayPull || beyond(issue.mayPull, images).length === 0) return issue;
  return { ...issue, more: { servicePrincipal: application?.appId ?? name } };
}
