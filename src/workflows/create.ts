import type { Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import { restarted } from "../actions/update.ts";
import type { Credential, Issue } from "../credential/kind.ts";
import { beyond } from "../credential/repository-scope.ts";
import { asCliError, CliError, Conflict } from "../errors.ts";
import type { Create } from "../fix.ts";
import type { Ref } from "../kinds.ts";
import { mintIn, type Plan, type Warn } from "../plan/change.ts";
import { planNamespace } from "../plan/namespace.ts";
import { refuseForeign } from "../plan/store.ts";
import type { ImageRef } from "../registry/port.ts";
import { covers } from "../registry/repository.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { awaitAll, prefetch, runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { type Entry, entryFor } from "../secret/entry.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { RestartOptions } from "../targets/restart.ts";
import { isAlike, readExisting } from "../usage/existing-secret.ts";
import { holdersIn } from "../usage/holders.ts";
import { imagesFrom, imagesIn } from "../usage/images.ts";
import type { NamespaceReader } from "../usage/namespace-reader.ts";
import type { NamespaceState } from "../usage/namespace-state.ts";
import { planInputOf, secretIn, usersOf } from "../usage/plan-input.ts";
import { picksOf, type TargetOptions, templatesOf } from "../usage/targets.ts";
import { inLine, maxNames } from "../wording.ts";
import type { Decided, ReusedLogin } from "./first-secret.ts";
import { ownerOf, sharedOwner } from "./owner.ts";
import { isHeldOutside, issueHeld, refuseWidening } from "./shared-credential.ts";
import { failure, runUnit, type Unit } from "./unit.ts";

export type Order = {
  readonly name: string;
  readonly repositories: readonly string[];
  /** Also grants the repositories that pods use, regardless of earlier grants. */
  readonly fromPods: boolean;
  /** Grants the repositories that pods use if no repository is named. */
  readonly podsTell: boolean;
  /** The current command, as the base of a command that grants more. */
  readonly again: Create;
  /** The credential, pending until its kind has read its inputs. */
  readonly opening: Promise<Credential>;
  /** Whether the credential asks its owner for a name. */
  readonly needsName: boolean;
  /** The format of the Secrets; absent for the kubelet's format. */
  readonly shape?: ShapeName | undefined;
  readonly restart: RestartOptions;
  /** Recreates pods without a controller, if nothing is lost. */
  readonly recreate: boolean;
  readonly targets: TargetOptions;
  tools(credential: Credential): Tools;
  /** The error for creating one credential for many namespaces; absent if the user asked for that. */
  readonly refuse?: (() => Promise<CliError>) | undefined;
};

export function issueEach(
  places: AsyncIterable<NamespaceReader>,
  order: Order,
  bounds: Pick<Tools, "interrupted">,
): AsyncGenerator<Outcome> {
  return runConcurrently(places, { ...bounds, width: limits.credentials }, (reader) => issueIn(reader, order));
}

async function* issueIn(reader: NamespaceReader, order: Order): AsyncGenerator<Outcome> {
  async function* attempt(): AsyncGenerator<Outcome> {
    const { unit, state, tools } = await planIssue(reader, order);
    yield* runUnit(unit, [{ ...reader, read: async () => state }], tools);
  }
  try {
    yield* restarted(attempt);
  } catch (error) {
    yield failure(reader.scope, asCliError(error));
  }
}

/** @throws CliError of the namespace; an error of the cluster comes before an error of Azure, because it prevents every other step */
async function planIssue(reader: NamespaceReader, order: Order) {
  const { name, repositories, fromPods, opening, shape } = order;
  const owner = ownerOf(reader.scope, name);
  const [state] = await awaitAll([reader.read(), order.needsName ? owner.ownName() : undefined]);
  const credential = await opening;
  const { host } = credential;
  const tools = order.tools(credential);
  const { write, force } = tools;
  const there = state.secret && readExisting(state.secret, host, write.fieldManager);
  if (there && !force) refuseForeign(secretIn(reader.scope, name), { host, shape }, there.existing, { ...order.again, repositories });
  const current = there && { entry: entryFor(there.existing.entries, host), login: there.login };
  const issue = await credential.issue({
    owner,
    repositories,
    fromPods,
    images: imagesFrom([credential.host], [...state.pods, ...templatesOf(state.targets)]),
    current,
  });
  const unit = unitOf(issue, credential, order, () => issue.pulls);
  // Plan before anything changes in Azure: a credential gets no permissions for a Secret that can't be written
  const plan = unit.each(state, unit.issued);
  return { unit: { ...unit, each: () => plan, once: true } as const, state, tools };
}

/**
 * Gives all namespaces one credential: a credential that some of them hold already, or a new one. Starts again if another run has created
 * one in the meantime.
 * @param places opens the readers of the namespaces
 * @throws CliError of a step that all of them depend on, or because the user did not ask for one credential
 */
export function issueShared(
  places: () => AsyncIterable<NamespaceReader>,
  clusterScope: ClusterScope,
  order: Order,
): AsyncGenerator<Outcome> {
  return restarted(() => shareOnce(places(), clusterScope, order));
}

async function* shareOnce(places: AsyncIterable<NamespaceReader>, clusterScope: ClusterScope, order: Order): AsyncGenerator<Outcome> {
  const { name, repositories, fromPods, podsTell, targets, opening, tools, refuse, needsName } = order;
  const owner = sharedOwner(clusterScope, name);
  // Start this request early. An error is reported when the name is needed
  if (needsName) owner.ownName().catch(() => undefined);
  const credential = await opening;
  if (clusterScope.namespaces.length === 0) return;
  const hosts = [credential.host];
  const images =
    !podsTell || (repositories.length > 0 && !fromPods) ? [] : await imagesIn(clusterScope, { hosts, picks: picksOf(targets) });
  const need = { owner, repositories, fromPods, images };
  const readers = prefetch(places);
  const isOutside = async (issue: Issue) => needsName && (await isHeldOutside(issue, credential, clusterScope));
  const find = () => issueHeld(credential, need, holdersIn(clusterScope, name, credential), isOutside);
  const issue = await find();
  if (refuse && mintIn(issue.steps)) throw await refuse();
  if (needsName) await refuseWidening(issue, credential, clusterScope, { ...order.again, repositories });
  // The login in a namespace's Secret was not tested: it is either the shared login or a different one
  const unitFor = (of: Issue) => unitOf(of, credential, order, () => "unknown");
  /** Checks the holders again after the claim: a rotation may have given them another login since they were read. */
  const confirm: ReusedLogin["confirm"] = async (reused) => {
    const newer = await find();
    if (isAlike(reused.login, newer.login)) return undefined;
    const changed = new Conflict("another run has replaced the shared password");
    return newer.login ? { retry: changed, decided: unitFor(newer) } : { unitError: changed };
  };
  const reused = credential.lifecycle && issue.login && { identity: issue.entry.identity, confirm };
  const isShared = clusterScope.namespaces.length > 1;
  yield* runUnit({ ...unitFor(issue), isShared, reused }, readers, tools(credential));
}

/** @param pullsOf whether the login in the namespace's Secret still pulls, if known */
function unitOf(issue: Issue, credential: Credential, order: Order, pullsOf: () => Issue["pulls"]): Unit & Decided {
  const { name, shape } = order;
  const { host } = credential;
  const { write, force, now } = order.tools(credential);
  const { steps, isLazy, login, mayPull = ["*"], images } = issue;
  const { entry } = issue;
  const isNew = mintIn(steps) !== undefined;
  return {
    steps,
    isLazy,
    issued: { login, images },
    each: (all: NamespaceState): Plan => {
      const state = order.targets.whereUsed ? { ...all, targets: usersOf([host], all) } : all;
      const { facts, login: inside } = planInputOf(state, { name, host, fieldManager: write.fieldManager, now: now() });
      const otherIdentity = inside && issue.isOthers?.(inside) ? identityOf(entryFor(facts.existing?.entries, host)) : undefined;
      const existing = facts.existing && { ...facts.existing, pulls: pullsOf(), otherIdentity };
      const same = isAlike(login, inside);
      if (issue.isUntested && inside && !same && !force) throw untested(facts.to, host);
      const storing = { entry, host, fresh: isNew || !same, force, shape };
      const reaches = (repository: string) => mayPull.some((scope) => covers(scope, repository));
      const outside = outsideOf(imagesFrom([host], state.pods), issue, order);
      const plan = planNamespace({ ...facts, existing }, storing, {
        restart: order.restart,
        recreateOptions: { recreate: order.recreate, force: false },
        mayPull: reaches,
        reported: outside,
      });
      return [...plan, ...warnBeyond(facts.to, outside, issue, order)];
    },
  };
}

/** The login in this Secret may work. That of another Secret may be any text that a user of its namespace wrote. */
const untested = ({ name, namespace }: Ref<"secret">, host: string) =>
  new CliError(
    "conflict",
    `secret "${name}" in namespace "${namespace}" holds another login for ${host}, and the login to share was not tested`,
    { hint: `test it: run without --verify=false on a machine that reaches ${host}; or add --force to replace the login in the Secret` },
  );

const identityOf = (entry: Entry | undefined): string =>
  `another Azure identity (${entry?.by === undefined ? "unknown" : JSON.stringify(entry.by)})`;

/** Returns the repositories that the pods of a namespace use and the credential can't pull, if the user named no repositories. */
const outsideOf = (images: readonly ImageRef[], { mayPull, more }: Issue, { repositories }: Order): readonly string[] =>
  mayPull && more && repositories.length === 0 ? beyond(mayPull, images) : [];

function warnBeyond(to: Ref<"secret">, outside: readonly string[], { more }: Issue, { again }: Order): Warn[] {
  if (outside.length === 0) return [];
  const message = `pods use ${inLine(outside)}, which secret/${to.name} cannot pull`;
  return [{ act: "warn", to, message, fix: { ...again, ...more, repositories: outside.slice(0, maxNames) } }];
}
