import type { Azure, AzureRegistry } from "../azure/port.ts";
import { uncheckedHolders } from "../credential/holders.ts";
import { InGrace, StillHeld } from "../credential/issue.ts";
import { type Issuer, isIssuer, type Taker } from "../credential/issuer.ts";
import { azureName, type Owner } from "../credential/owner.ts";
import { unverified } from "../credential/prove.ts";
import { formatLifetime } from "../duration.ts";
import { asCliError, CliError, InTheWay, Interrupted, isNotFound, permissionHint, unlessForbidden } from "../errors.ts";
import type { DesiredFile, Entry } from "../file/entry.ts";
import { type Command, flag, plugin } from "../hint.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { isLoginServerOf } from "../registry/login-server.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { missingNamespace, selectNamespaces, uidsOf } from "../scope/namespaces.ts";
import { isGlob } from "../scope/scope.ts";
import { fileId } from "../secret/azure-words.ts";
import { notDue } from "../secret/due.ts";
import { type Credential, credentialOf, isSameFile } from "../secret/record.ts";
import { Claimed, StartAgain } from "../secret/source.ts";
import { toSeconds } from "../timestamp.ts";
import type { Tools } from "../tools.ts";
import { uidOf } from "../usage/namespace.ts";
import { nameInPlace } from "../wording.ts";
import { fileWords } from "./adopt.ts";
import type { Effects } from "./apply-effects.ts";
import { noRoom, planTokens, withoutRoom } from "./apply-limits.ts";
import {
  type Described,
  describe,
  type InAzure,
  type Kind,
  type RecordedSource,
  readKey,
  recordedSources,
  registriesIn,
} from "./apply-sources.ts";
import { type CreateOrder, createSecret } from "./create.ts";
import { type DeleteOrder, remove } from "./delete.ts";
import { type Listed, rotateSources } from "./rotate.ts";

export type ApplyOrder = {
  readonly files: readonly DesiredFile[];
  /** Takes whole entries away, and what a selector or pattern selected that matches nothing now. */
  readonly prune: boolean;
  /** A namespace whose own objects are in the way is a warning. */
  readonly skipBlocked: boolean;
  /** The sources that a file may take over although something is lost: NAMESPACE/NAME. */
  readonly adopt: readonly string[];
  /** Whether the run may take a source away: the user saw it in the question, or was not asked. */
  mayTakeAway(source: string): boolean;
  readonly verify: boolean;
  /** Opens a kind of credential, once for each registry. */
  open(kind: Kind): Promise<Issuer | Taker>;
  /** The same for the credential that a source records. */
  openRecorded(credential: Credential): Promise<Issuer | Taker>;
  readonly revoking: Pick<DeleteOrder, "open" | "holders">;
  azure(): Promise<Azure>;
  findRegistry(named: string): Promise<AzureRegistry>;
  readonly effects: Effects;
  /** The current command, as the base of one with --prune. */
  readonly again: Command;
};

/** Makes the cluster and Azure what the files say. An entry or a namespace that fails doesn't stop the others. */
export async function* applyFiles(order: ApplyOrder, tools: Tools): AsyncGenerator<Outcome> {
  // Before Azure is read, so that each Secret in the list has its description there
  const recorded = yield* recordedSources(order, tools);
  const made = new Set<string>();
  const runs: (readonly [Run, Steps])[] = [];
  for (const file of order.files) runs.push(yield* planFile(file, recorded, order, tools));
  const refused = await refusedBy(runs, order, tools);
  for (const [run, steps] of runs) {
    for (const { source } of [...steps.shared, ...steps.each]) made.add(placeOf(source));
    yield* applySteps({ ...run, refused }, steps);
  }
  for (const place of order.adopt.filter((one) => !made.has(one))) {
    const [namespace, name = ""] = place.split("/");
    yield { to: { kind: "secret", name, namespace }, error: new CliError("notFound", `no entry makes secret/${name} there`) };
  }
}

/**
 * Returns the sources for which a registry has no token left.
 * @throws CliError invalid if there are any, without --skip-blocked
 */
async function refusedBy(runs: readonly (readonly [Run, Steps])[], order: ApplyOrder, tools: Tools): Promise<Run["refused"]> {
  const files = runs.map(([{ tokens }, { shared, each }]) => ({ tokens, made: [...shared, ...each] }));
  const refused = new Map<string, CliError>();
  for (const plan of planTokens(files)) {
    if (plan.needs.length === 0 && tools.dryRun === "none") continue;
    const limit = await (await order.azure()).tokenLimit(plan.at);
    order.effects.seeTokens(plan, limit);
    const over = withoutRoom(plan, limit);
    if (over.length > 0 && !order.skipBlocked) throw noRoom(plan, limit, over);
    for (const one of over) refused.set(keyOf(one.source), noRoom(plan, limit, [one]));
  }
  return refused;
}

/** Reads what a file changes. Nothing is written before all files are read. */
async function* planFile(
  written: DesiredFile,
  recorded: readonly RecordedSource[],
  order: ApplyOrder,
  tools: Tools,
): AsyncGenerator<Outcome, readonly [Run, Steps]> {
  // First, so that no source of a later run is among those to take away
  const inAzure: InAzure = { sources: [], read: new Set(), spellings: new Map(), tokens: new Map() };
  yield* describe(written, inAzure, order, tools);
  const entries = written.entries.map((entry) => ({ ...entry, registry: inAzure.spellings.get(entry.registry) ?? entry.registry }));
  const file = { ...written, entries };
  const run: Run = {
    ...{ order, tools, file, read: inAzure.read, tokens: inAzure.tokens, refused: new Map() },
    described: inAzure.sources.filter((one) => one.file === fileId(file)),
    byKey: Map.groupBy(inAzure.sources, ({ to }) => keyOf(to)),
    recorded: recorded.filter((one) => isSameFile(file, one.file)),
    ...{ said: new Set(), unverified: new Map(), failed: new Set(), claimed: 0 },
  };
  return [run, yield* stepsOf(run)];
}

async function* applySteps(run: Run, steps: Steps): AsyncGenerator<Outcome> {
  const bounds = { width: limits.credentials, interrupted: run.tools.interrupted };
  // A namespace may have the Secret of another entry, which makes room first
  for (const phase of [steps.away, steps.shared, steps.each, steps.lost])
    yield* runConcurrently(phase, bounds, (step) => takeUnlessNeeded(step, run));
  for (const [host, paths] of run.unverified) yield unverified(host, [...paths].sort());
}

const placeOf = ({ namespace, name }: Ref) => `${namespace}/${name}`;

type Run = {
  readonly order: ApplyOrder;
  readonly tools: Tools;
  readonly file: DesiredFile;
  /** The sources of the file in this cluster, as Azure describes them. */
  readonly described: readonly Described[];
  /** The sources of all files in this cluster. */
  readonly byKey: ReadonlyMap<string, readonly Described[]>;
  readonly read: InAzure["read"];
  readonly tokens: InAzure["tokens"];
  /** The sources that can't be made, because a registry has no token left. */
  readonly refused: ReadonlyMap<string, CliError>;
  /** The sources that record the file, and their kinds of credential. */
  readonly recorded: readonly RecordedSource[];
  /** The warnings about the registry that this run has printed. */
  readonly said: Set<string>;
  /** The paths without an image, by host: one warning for all entries. */
  readonly unverified: Map<string, Set<string>>;
  /** The sources that could not be made, or not everywhere: their copies may hold the credential from before. */
  readonly failed: Set<string>;
  /** How many claims of other runs have not ended. */
  claimed: number;
};

/** A source to make as its entry says. */
type Making = {
  readonly does: "make";
  readonly source: Ref<"secret">;
  readonly entry: Entry;
  /** The uid of its namespace; undefined if it doesn't exist. */
  readonly uid: string | undefined;
};

type TakingAway = {
  readonly does: "take away";
  readonly source: Ref<"secret">;
  readonly described: Described;
  /** The namespace is that of a team: only the references that `apply` has added go. */
  readonly onlyAdded: boolean;
};

type Step = Making | TakingAway;

type Steps = {
  /** The sources that are taken away. */
  readonly away: readonly Step[];
  /** Sources in a namespace of their own, with copies. */
  readonly shared: readonly Making[];
  /** Sources in the namespaces of teams. */
  readonly each: readonly Making[];
  /** Credentials of namespaces that were created again. Last, because their copies have the new login then. */
  readonly lost: readonly Step[];
};

async function* stepsOf(run: Run): AsyncGenerator<Outcome, Steps> {
  const { file, described, order } = run;
  const made: Making[] = [];
  /** The entries that select no namespace now. */
  const empty = new Set<string>();
  /** The entries whose namespaces could not be read: nothing of them is taken away. */
  const unread = new Set<string>();
  for (const entry of file.entries) {
    const { uids, say, isUnread } = await namespacesOf(entry, run);
    for (const outcome of say) yield* judged(outcome, undefined, order);
    if (isUnread) unread.add(entry.name);
    else if (uids.size === 0) empty.add(entry.name);
    yield* placeEntry(entry, uids, made, order);
  }
  const isEach = ({ sources }: Entry) => "eachOf" in sources;
  const each = new Set(file.entries.filter(isEach).map(({ name }) => name));
  const kept = new Map(made.map(({ source, uid }) => [keyOf(source), uid]));
  const isLost = ({ to, namespaceUid }: Described) => ![undefined, namespaceUid].includes(kept.get(keyOf(to)));
  const away = described.filter(({ to }) => !kept.has(keyOf(to)) && !unread.has(to.name));
  const isTaken = ({ to: { name }, isEach: isOne }: Described) => order.prune || (isOne && each.has(name) && !empty.has(name));
  yield* away.filter((one) => !isTaken(one)).map((one) => unnamed(one, run));
  const known = new Set([...kept.keys(), ...described.map(({ to }) => keyOf(to))]);
  const isKnown = ({ to }: RecordedSource) => known.has(keyOf(to)) || unread.has(to.name);
  for (const { to } of undescribed(run).filter((one) => !isKnown(one))) yield { to, error: notInAzure(to, file) };
  const takingAway = (one: Described, onlyAdded: boolean): Step => ({ does: "take away", source: one.to, described: one, onlyAdded });
  return {
    away: away.filter(isTaken).map((one) => takingAway(one, one.isEach)),
    shared: made.filter(({ entry }) => !isEach(entry)),
    each: made.filter(({ entry }) => isEach(entry)),
    lost: described.filter(isLost).map((one) => takingAway(one, true)),
  };
}

/** Adds the sources of an entry. If two entries select one, only the first makes it: they would undo each other's changes in each run. */
function* placeEntry(entry: Entry, uids: Selection["uids"], made: Making[], order: ApplyOrder): Generator<Outcome> {
  const { name, at } = entry;
  for (const [namespace, uid] of uids) {
    const source = { kind: "secret", name, namespace } as const;
    const other = made.find((one) => one.entry.name === name && one.source.namespace === namespace)?.entry;
    if (!other) made.push({ does: "make", source, entry, uid });
    else {
      const error = new InTheWay(`${nameInPlace(source)} is in the entries at ${other.at} and ${at}`, "change one of them");
      yield* judged({ to: source, error }, undefined, order);
    }
  }
}

type Selection = {
  readonly uids: ReadonlyMap<string, string | undefined>;
  /** Errors and information. */
  readonly say: readonly Outcome[];
  /** It is not known which namespaces there are. */
  readonly isUnread?: true;
};

/** The namespaces of an entry's sources, or why they are not known. */
async function namespacesOf({ name, sources }: Entry, { tools }: Run): Promise<Selection> {
  const to = { kind: "secret", name } as const;
  try {
    if ("namespace" in sources) {
      const { namespace } = sources;
      return { uids: new Map([[namespace, await uidOf(tools.cluster(), namespace).catch(unlessForbidden(undefined))]]), say: [] };
    }
    const { uids, missing } = await selectNamespaces(sources.eachOf, tools.cluster());
    if (uids.size + missing.length === 0)
      return { uids, say: [{ to, messages: [`no namespace matches eachOf of ${name}`], isInfo: true }] };
    const say = missing.map((one): Outcome => ({ to: { kind: "namespace", name: one, namespace: one }, error: missingNamespace(one) }));
    return { uids, say };
  } catch (error) {
    return { uids: new Map(), say: [{ to, error: asCliError(error) }], isUnread: true };
  }
}

function unnamed({ to }: Described, { file, order }: Run): Outcome {
  const fix = { ...order.again, namespace: "", words: [...order.again.words, "--prune"] };
  return { to, messages: [`secret/${to.name} belongs to file ${file.name}, which no longer names it. To delete it, run`], fix };
}

/** Returns the sources that record the file, of the kinds of credential that were read in all its registries. */
function undescribed({ file, recorded, read }: Run): readonly RecordedSource[] {
  const isRead = (kind: string) => registriesIn(file).every((registry) => read.has(`${kind} ${registry}`));
  return recorded.filter(({ kind }) => isRead(kind));
}

/** Someone may have edited its description in Azure, or its tenant has written the record. */
const notInAzure = (to: Ref, file: DesiredFile) =>
  new InTheWay(`secret/${to.name} records ${fileWords(file)}, which does not name it, and Azure describes it otherwise, so it stays`, {
    ...plugin("delete", to.name, "--revoke"),
    namespace: to.namespace,
    when: "if no pod needs it, run",
  });

/** How long a run with --skip-blocked waits for the claim of another run, in milliseconds: anyone in a namespace can write one. */
const shortWait = 5_000;
/** How many such claims it waits for. A tenant can write one in each of its namespaces. */
const mostWaits = 8;

/** Names a source with its credential. A namespace that is created again has another uid. */
const idOf = ({ to, namespaceUid, kind }: Described): string => [keyOf(to), namespaceUid, readKey(kind)].join();

const notShown = (to: Ref) =>
  new CliError("conflict", `${nameInPlace(to)} was not in the question, so it stays`, { hint: "run the command again" });

/** Keeps the credential of a namespace that was created again until the copies have the new one. */
async function* takeUnlessNeeded(step: Step, run: Run): AsyncGenerator<Outcome> {
  const key = keyOf(step.source);
  if (step.does === "take away" && run.failed.has(key)) return;
  if (step.does === "take away" && !run.order.mayTakeAway(idOf(step.described)))
    return yield { to: step.source, error: notShown(step.source) };
  for await (const outcome of take(step, run)) {
    if (outcome.error || outcome.left) run.failed.add(key);
    yield outcome;
  }
}

async function* take(step: Step, run: Run): AsyncGenerator<Outcome> {
  const { order } = run;
  const [to, home] = [step.source, step.does === "make" ? homeOf(step.entry) : undefined];
  const tools = toolsFor(home, run);
  const outcomes = step.does === "make" ? make(step, { ...run, tools }) : takeAway(step, { ...run, tools });
  try {
    for await (const outcome of outcomes) {
      order.effects.see(step, outcome);
      for (const one of withoutRepetition(outcome, run)) yield* judged(one, home, order);
    }
  } catch (error) {
    if (error instanceof Interrupted) return yield { to, left: "interrupted" };
    run.claimed += Number(error instanceof Claimed);
    yield* judged({ to, error: asCliError(error) }, home, order);
  }
}

function toolsFor(home: string | undefined, { order, tools, claimed }: Run): Tools {
  if (!order.skipBlocked || home !== undefined) return tools;
  return { ...tools, claimWait: claimed < mostWaits ? shortWait : 0 };
}

/** Leaves out warnings about repositories that another entry has, too, and keeps those about paths for the end. */
function* withoutRepetition(outcome: Outcome, { said, unverified: paths }: Run): Generator<Outcome> {
  const { to, result, error } = outcome;
  if (outcome.unverified) return void paths.set(to.name, new Set([...(paths.get(to.name) ?? []), ...outcome.unverified]));
  // A registry is in no namespace
  if (to.namespace !== undefined || result || error || !outcome.messages) return yield outcome;
  const messages = outcome.messages.filter((message) => !said.has(message));
  for (const message of messages) said.add(message);
  if (messages.length > 0) yield { ...outcome, messages };
}

/** The namespace of a source whose owners are those of the file; undefined for one in a team's namespace. */
const homeOf = ({ sources }: Entry): string | undefined => ("namespace" in sources ? sources.namespace : undefined);

/** With --skip-blocked, an outcome of a team's namespace whose own objects are in the way is only a warning. */
function* judged(outcome: Outcome, home: string | undefined, { skipBlocked }: ApplyOrder): Generator<Outcome> {
  const { to, error, left } = outcome;
  const { namespace } = to;
  const isTheirs = skipBlocked && namespace !== undefined && namespace !== home;
  if (!isTheirs || !(error || left === "failed")) return yield outcome;
  if (error && !isBlocking(error)) return yield outcome;
  // A change that was left because of the error adds nothing
  if (!error) return;
  const fix = typeof error.hint === "object" ? { namespace, ...error.hint } : undefined;
  const messages = [[`namespace "${namespace}" is blocked: ${error.message}`, ...(fix?.when ? [fix.when] : [])].join("; ")];
  yield { to: { kind: "namespace", name: namespace }, isBlocked: true, messages, fix };
}

/** Whether the owners of a namespace can cause an error: by their objects, a quota or a policy; not if this run lacks a right. */
const isBlocking = (error: CliError): boolean =>
  error instanceof InTheWay ||
  error instanceof StartAgain ||
  (/^(?:Error from server \((?:Forbidden|NotFound|Conflict|AlreadyExists)|The \w+ ".*" is invalid)/.test(error.message) &&
    permissionHint(error) === undefined);

/** Makes a source as its entry says, and rotates its password if that is due. */
async function* make(making: Making, run: Run): AsyncGenerator<Outcome> {
  const { tools } = run;
  const { source, entry } = making;
  const refusal = run.refused.get(keyOf(source));
  if (refusal) throw refusal;
  let secret: Secret | undefined;
  try {
    for await (const outcome of createSecret(createOrderOf(making, run), tools)) {
      if (keyOf(outcome.to) === keyOf(source) && outcome.object) secret = outcome.object as Secret;
      yield outcome;
    }
    const credential = credentialOf(secret);
    if (credential && !tools.interrupted()) yield* rotate({ to: source, credential }, entry, run);
  } catch (error) {
    throw withForce(error, createAnyway(entry), source);
  }
}

function createAnyway({ name, registry, repositories, credential, expiresIn }: Entry): Command {
  const kind = credential === "service-principal" ? ["--service-principal"] : [];
  const lifetime = expiresIn === undefined ? [] : ["--expires-in", formatLifetime(expiresIn)];
  return plugin("create", name, "--registry", registry, kind, flag("repository", repositories), lifetime, "--force");
}

async function* rotate(source: Listed, entry: Entry, { order, tools }: Run): AsyncGenerator<Outcome> {
  const { grace, expiresIn } = entry;
  const rotating = {
    ...{ sources: [source], isNamed: true, skipped: () => undefined, verify: order.verify, grace },
    ...{ expiresAt: expiryOf(expiresIn, tools), open: order.openRecorded, holders: order.revoking.holders },
    notDue: (current: Credential) => whyNotDue(current, entry, tools.cluster().now()),
  };
  try {
    yield* rotateSources(rotating, tools);
  } catch (error) {
    if (error instanceof StillHeld) yield { to: source.to, messages: [error.message] };
    else if (!(error instanceof InGrace)) throw withForce(error, plugin("rotate", source.to.name, "--force"), source.to);
  }
}

/** The replaced password still works in its grace period, so another rotation has to wait. @param now in milliseconds */
function whyNotDue(credential: Credential, { olderThan, expiresIn }: Entry, now: number): readonly string[] {
  const until = credential.previous?.until;
  if (until !== undefined && now < Date.parse(until)) return ["grace"];
  return notDue(credential, { olderThan, expiresWithin: "last third", longerThan: expiresIn }, now);
}

/** A run of `apply` has no --force: the command that has it is that of one Secret. */
function withForce(error: unknown, command: Command, { namespace }: Ref): unknown {
  if (!(error instanceof InTheWay) || typeof error.hint !== "string" || !error.hint.startsWith("add --force")) return error;
  return error.withHint({ ...command, namespace, when: error.hint.replace("add --force", "to accept this and") });
}

const expiryOf = (expiresIn: number | undefined, tools: Tools): string | undefined =>
  expiresIn === undefined ? undefined : toSeconds(new Date(tools.now().getTime() + expiresIn));

/** How long to wait for the default ServiceAccount of a new namespace, in milliseconds. */
const accountWait = 5_000;

function createOrderOf({ source, entry, uid }: Making, { order, tools, file, byKey, read }: Run): CreateOrder {
  const isOf = ({ namespaceUid, kind }: Described) => namespaceUid === uid && readKey(kind) === readKey(entry);
  const inAzure = byKey.get(keyOf(source))?.find(isOf);
  const isUnread = uid === undefined || !read.has(readKey(entry));
  const isOfTeam = homeOf(entry) === undefined;
  const { registry, credential, repositories, expiresIn, copyTo, restart, serviceAccounts } = entry;
  const [names, globs] = [serviceAccounts.filter((word) => !isGlob(word)), serviceAccounts.filter(isGlob)];
  const picks = serviceAccounts.length > 0 ? [{ kind: "serviceaccount", names, globs, selector: undefined } as const] : [];
  return {
    ...{ source, registry, kind: credential, isIssued: true, open: () => order.open(entry) },
    ...{ repositories, fromPods: false, podsTell: false, exact: true, expiresAt: expiryOf(expiresIn, tools), verify: order.verify },
    ...{ shape: undefined, copyTo, targets: { picks, whereUsed: false }, wait: accountWait, restart, recreate: false },
    ...{ again: order.again, reader: undefined, holders: order.revoking.holders },
    file: {
      ...{ home: file.home, name: file.name, serviceAccounts, prune: order.prune, granted: inAzure?.granted, isOfTeam },
      isDescribed: isUnread || (inAzure?.isIntact === true && inAzure.file === fileId(file) && inAzure.isEach === isOfTeam),
      maker: inAzure?.file,
      adopts: order.adopt.includes(placeOf(source)),
    },
  };
}

/** Deletes a source that the file does not name any more, and ends its credential. */
async function* takeAway({ described, onlyAdded }: TakingAway, run: Run): AsyncGenerator<Outcome> {
  const { order, tools, file } = run;
  const { to, namespaceUid } = described;
  const { namespace = "" } = to;
  const isThere = (await uidsOf([namespace], tools.cluster())).get(namespace) === namespaceUid;
  const secret = isThere ? await tools.cluster().get(to) : undefined;
  const record = credentialOf(secret);
  const isOwn = record && isRecordOf(record, described) && (!onlyAdded || isUnchanged(record, described, await order.open(described.kind)));
  if (!isOwn) yield* endLost(described, run);
  else if (record.file && !isSameFile(file, record.file))
    yield { to, messages: [`secret/${to.name} belongs to ${fileWords(record.file)}, so it stays`] };
  else yield* removeUntilLost({ ...order.revoking, to, revoke: true, onlyAdded, isFoundInAzure: true }, described, run);
}

/** Whether a record is about a credential in Azure. The source may have had another kind, or its tenant has changed the record. */
const isRecordOf = ({ kind, host }: Credential, { kind: { credential, registry } }: Described): boolean =>
  kind === credential && isLoginServerOf(host, registry);

/** Whether a record also names the file and the account that Azure shows, where a team cannot write. */
function isUnchanged(
  { identity, file, isExported }: Credential,
  { to, namespaceUid, file: id }: Described,
  opened: Issuer | Taker,
): boolean {
  const hasOwnName = isIssuer(opened) && opened.hasOwnName;
  const isNamed = !hasOwnName || identity === azureName(namespaceUid, to.namespace ?? "", to.name);
  return !isExported && isNamed && file !== undefined && fileId(file) === id;
}

/** Deletes a source. While this run waits for its claim, the run that had it may delete the Secret and not the rest. */
async function* removeUntilLost(deletion: DeleteOrder, described: Described, run: Run): AsyncGenerator<Outcome> {
  const { tools } = run;
  try {
    yield* remove(deletion, tools);
  } catch (error) {
    if (!isNotFound(error) || (await tools.cluster().get(deletion.to))) throw withDelete(error, deletion.to);
    yield* endLost(described, run);
  }
}

/** A run of `apply` has no --force: `delete` has it, for one Secret. */
function withDelete(error: unknown, { name, namespace }: Ref): unknown {
  if (!(error instanceof CliError)) return error;
  const text = typeof error.hint === "object" ? error.hint.or : error.hint;
  if (!text?.includes("--force")) return error;
  return error.withHint({ ...plugin("delete", name, "--revoke", "--force"), namespace, when: "to delete it anyway, run" });
}

/** Ends the credential of a source that was deleted or replaced, or whose namespace was. */
async function* endLost({ to, namespaceUid, description, kind }: Described, { order, tools }: Run): AsyncGenerator<Outcome> {
  const issuer = await order.open(kind);
  if (!isIssuer(issuer)) return;
  const name = azureName(namespaceUid, to.namespace ?? "", to.name);
  const owner: Owner = { to, namespaceUid, name, stem: name, description: async () => description };
  const account = await issuer.look(owner, { credential: undefined, claim: undefined });
  const { by, unlisted } = await order.revoking.holders(issuer.registry.loginServer).find(account.identity ?? "", () => true);
  if (by) return yield { to: account.ref, messages: [`${account.ref.name} is not revoked, because ${nameInPlace(by)} holds it`] };
  yield { to: account.ref, messages: uncheckedHolders(unlisted) };
  yield* issuer.remove(owner, account, { dryRun: tools.dryRun !== "none", send: (request) => request(), undo: [] });
}
