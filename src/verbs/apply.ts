import type { Azure, AzureRegistry } from "../azure/port.ts";
import { InGrace, StillHeld } from "../credential/issue.ts";
import type { Issuer, Shown, Taker } from "../credential/issuer.ts";
import { unverified } from "../credential/prove.ts";
import { lackingIn } from "../credential/repository-scope.ts";
import { formatLifetime } from "../duration.ts";
import { asCliError, asForbidden, asRefusal, CliError, InTheWay, Interrupted, isForbidden, unlessForbidden } from "../errors.ts";
import type { DesiredFile, Entry } from "../file/entry.ts";
import { type Command, flag, plugin } from "../hint.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { mapConcurrently, memoize, runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { missingNamespace, selectNamespaces } from "../scope/namespaces.ts";
import { isGlob, isOpen } from "../scope/scope.ts";
import { fileId } from "../secret/azure-words.ts";
import { dueAt, notDue } from "../secret/due.ts";
import { loginOf, loginsIn } from "../secret/login.ts";
import { type Credential, copiesOf, credentialOf, isOurs, isSameFile, recordIn, samePassword, sourceOf } from "../secret/record.ts";
import { Claimed, isAbandoned, isCopyOf } from "../secret/source.ts";
import { isSameTime, toSeconds } from "../timestamp.ts";
import type { Tools } from "../tools.ts";
import { uidOf } from "../usage/namespace.ts";
import type { TargetOptions } from "../usage/targets.ts";
import { inLine, nameInPlace } from "../wording.ts";
import { fileWords, issued } from "./adopt.ts";
import type { Effects } from "./apply-effects.ts";
import { isTooWide, noRoom, planTokens, tooManyActions, withoutRoom } from "./apply-limits.ts";
import { type Loss, needsOf, othersNaming, overlap, type Progress, recordBehind, type UnmetNeed } from "./apply-needs.ts";
import { describedAccount, idOf, isAsDescribed, otherFile, type TakingAway, takeAway } from "./apply-removals.ts";
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
import type { DeleteOrder } from "./delete.ts";
import { notShown, type Question, unshown } from "./question.ts";
import { type Listed, rotateSources } from "./rotate.ts";

export type ApplyOrder = {
  readonly files: readonly DesiredFile[];
  /** Takes whole entries away, and what a selector or pattern selected that matches nothing now. */
  readonly prune: boolean;
  /** A namespace whose own objects are in the way is a warning. */
  readonly skipBlocked: boolean;
  /** The sources that a file may take over although something is lost: NAMESPACE/NAME. */
  readonly adopt: readonly string[];
  readonly confirmed: Question;
  readonly verify: boolean;
  /** Opens a kind of credential, once for each registry. */
  open(kind: Kind): Promise<Issuer | Taker>;
  /** The same for the credential that a source records. */
  openRecorded(credential: Credential): Promise<Issuer | Taker>;
  readonly revoking: Pick<DeleteOrder, "open" | "holders">;
  /** Gets the namespaces whose Secrets could not be listed, while those of others could. */
  readonly unread: Map<string, CliError>;
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
  const wanted: Run["wanted"] = { isUnread: false, all: new Map() };
  const plans: Plan[] = [];
  const planned: (readonly [Run, Steps])[] = [];
  for (const file of order.files) planned.push(yield* planFile(file, recorded, { wanted, plans }, order, tools));
  const refused = await refusedBy(planned, order, tools);
  const runs = planned.map(([run, steps]) => [{ ...run, refused }, steps] as const);
  yield* takeMade(runs);
  for (const [run, { away }] of runs) yield* taking(stillUnnamed(away, runs), run);
  for (const [{ unverified: paths }] of runs) for (const [host, found] of paths) yield unverified(host, [...found].sort());
  const places = new Set(runs.flatMap(([{ made }]) => [...made.values()]).map(({ source }) => placeOf(source)));
  for (const place of order.adopt.filter((one) => !places.has(one))) {
    const [namespace, name = ""] = place.split("/");
    yield { to: { kind: "secret", name, namespace }, error: new CliError("notFound", `no entry makes secret/${name} there`) };
  }
}

/** Returns the sources whose scope maps would have too many actions. @throws CliError invalid if there are any, without --skip-blocked */
function refuseWide(made: readonly Making[], { skipBlocked }: ApplyOrder): Map<string, CliError> {
  const wide = made.filter(isTooWide);
  if (wide.length > 0 && !skipBlocked) throw tooManyActions(wide);
  return new Map(wide.map((one) => [keyOf(one.source), tooManyActions([one])]));
}

/**
 * Returns the sources for which a scope map or a registry has no room.
 * @throws CliError invalid if there are any, without --skip-blocked
 */
async function refusedBy(runs: readonly (readonly [Run, Steps])[], order: ApplyOrder, tools: Tools): Promise<Run["refused"]> {
  const all = runs.map(([run, { shared, each }]) => ({ tokens: run.tokens, made: [...shared, ...each], removed: removedFrom(run) }));
  const refused = refuseWide(
    all.flatMap(({ made }) => made),
    order,
  );
  const files = all.map(({ made, ...file }) => ({ ...file, made: made.filter((one) => !isTooWide(one)) }));
  for (const plan of planTokens(files)) {
    if (plan.needs.length === 0 && tools.dryRun === "none") continue;
    const limit = await (await order.azure()).tokenLimit(plan.at);
    const over = withoutRoom(plan, limit);
    order.effects.seeTokens({ ...plan, needs: plan.needs.filter((one) => !over.includes(one)) }, limit);
    if (over.length > 0 && !order.skipBlocked) throw noRoom(plan, limit, over);
    for (const one of over) refused.set(keyOf(one.source), noRoom(plan, limit, [one]));
  }
  return refused;
}

/** The sources with tokens whose entries the file no longer has. */
const removedFrom = ({ described, file: { entries } }: Run): readonly Described[] =>
  described.filter(({ to, kind }) => kind.credential === "acr-token" && !entries.some(({ name }) => name === to.name));

/** Reads what a file changes. Nothing is written before all files are read. */
async function* planFile(
  written: DesiredFile,
  recorded: readonly RecordedSource[],
  { wanted, plans }: Pick<Run, "wanted"> & { readonly plans: Plan[] },
  order: ApplyOrder,
  tools: Tools,
): AsyncGenerator<Outcome, readonly [Run, Steps]> {
  // First, so that no source of a later run is among those to take away
  const inAzure: InAzure = { sources: [], read: new Set(), spellings: new Map(), tokens: new Map() };
  yield* describe(written, inAzure, order, tools);
  const entries = written.entries.map((entry) => ({ ...entry, registry: inAzure.spellings.get(entry.registry) ?? entry.registry }));
  const file = { ...written, entries };
  const run: Run = {
    ...{ order, tools, file, wanted, plans, read: inAzure.read, tokens: inAzure.tokens, refused: new Map() },
    described: inAzure.sources.filter((one) => one.file === fileId(file)),
    byKey: Map.groupBy(inAzure.sources, ({ to }) => keyOf(to)),
    recorded: recorded.filter((one) => isSameFile(file, one.file)),
    ...{
      made: new Map(),
      selected: new Map(),
      said: new Set(),
      unverified: new Map(),
      accounts: new Map(),
      begun: new Set(),
      claimed: 0,
    },
  };
  plans.push(run);
  return [run, yield* stepsOf(run)];
}

function taking(phase: Iterable<Step>, run: Run): AsyncGenerator<Outcome> {
  const bounds = { width: limits.credentials, interrupted: run.tools.interrupted };
  return runConcurrently(phase, bounds, (step) => takeUnlessNeeded(step, run));
}

/** Makes the sources. Entries may exchange namespaces and repositories, also those of several files. */
async function* takeMade(runs: readonly (readonly [Run, Steps])[]): AsyncGenerator<Outcome> {
  const isAlone = runs.flatMap(([{ made }]) => [...made]).length === 1;
  const later = () => (isAlone ? undefined : new Set<Making>());
  const postponing = runs.map(([run, steps]) => [{ ...run, waiting: later(), postponed: later() }, steps] as const);
  // A copy that becomes a source does so before its old source would withdraw it
  for (const [run, { each }] of postponing) yield* taking(each, run);
  for (const [run, { shared }] of postponing) yield* taking(shared, run);
  yield* takeWaiting(postponing.map(([run]) => run));
  for (const [run] of postponing) yield* taking(run.postponed ?? [], { ...run, waiting: undefined, postponed: undefined });
}

/** Makes the sources that wait for others, each once those that it waits for are written. The last try says what is in the way. */
async function* takeWaiting(runs: readonly Run[]): AsyncGenerator<Outcome> {
  const waitingIn = runs.map((run) => ({ run, makings: [...(run.waiting ?? [])] }));
  for (let isLast = false; waitingIn.some(({ makings }) => makings.length > 0); ) {
    const before = waitingIn.flatMap(({ makings }) => makings).length;
    for (const one of waitingIn) {
      const again = new Set<Making>();
      yield* taking(one.makings, { ...one.run, waiting: isLast ? undefined : again, isWaiting: true });
      one.makings = [...again];
    }
    isLast = waitingIn.flatMap(({ makings }) => makings).length === before;
  }
}

/** Returns the steps that take away what no file of the run has made: another one may have adopted it. */
function stillUnnamed(away: readonly Step[], runs: readonly (readonly [Run, Steps])[]): readonly Step[] {
  const made = new Map(runs.flatMap(([run]) => [...run.made].map(([key, making]) => [key, [making, run]] as const)));
  function isAdopted({ source, described, isReplaced }: TakingAway): boolean {
    const [making, run] = made.get(keyOf(source)) ?? [];
    if (!making || !run || isReplaced || making.uid !== described.namespaceUid) return false;
    const { hasFailed, failedIn } = progressOf(making.entry, run);
    return !hasFailed && !failedIn.has(making.source.namespace ?? "") && !replacesKind(making, described, run);
  }
  return away.filter((step) => step.does === "make" || !isAdopted(step));
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
  /** The sources that can't be made, because Azure has no room for them. */
  readonly refused: ReadonlyMap<string, CliError>;
  /** The sources to make, by key. */
  readonly made: Map<string, Making>;
  /** Their namespaces and those of their copies, for those whose name several entries have. */
  readonly selected: Map<string, ReadonlySet<string>>;
  /** What all files of the run make: a copy can move from one to another. */
  readonly plans: readonly Plan[];
  /** The sources that record the file, and their kinds of credential. */
  readonly recorded: readonly RecordedSource[];
  /** The errors and warnings that this run has printed: of an object, or for all entries of a registry. */
  readonly said: Set<string>;
  /** The paths without an image, by host: one warning for all entries. */
  readonly unverified: Map<string, Set<string>>;
  readonly wanted: WantedByAll;
  /** The accounts of sources that could not be written everywhere. */
  readonly accounts: Map<string, ReturnType<typeof describedAccount>>;
  /** Gets the sources that are made, or written to some places, after the others: something there loses what another entry gets. */
  readonly waiting?: Set<Making> | undefined;
  /** The others are written: what a source still waits for decides. */
  readonly isWaiting?: true;
  /** Gets the sources whose copies are taken away once all others are written. */
  readonly postponed?: Set<Making> | undefined;
  /** The sources that an earlier round has made, or tried to make. */
  readonly begun: Set<Making>;
  /** How many claims of other runs have not ended. */
  claimed: number;
};

type Plan = Pick<Run, "described" | "made" | "selected">;

/** What all files of the run want, and how far the run is. */
type WantedByAll = {
  readonly all: Map<Entry, Progress>;
  /** The namespaces of an entry could not be read, so it may need any login. */
  isUnread: boolean;
};

/** A source to make as its entry says. */
type Making = {
  readonly does: "make";
  readonly source: Ref<"secret">;
  readonly entry: Entry;
  /** The uid of its namespace; undefined if it doesn't exist. */
  readonly uid: string | undefined;
};

type Step = Making | TakingAway;

type Steps = {
  /** Sources in a namespace of their own, with copies. */
  readonly shared: readonly Making[];
  /** Sources in the namespaces of teams. */
  readonly each: readonly Making[];
  /**
   * The sources that are taken away, the credentials that were replaced, and those of namespaces that were created again. Last, because what
   * replaces them works then.
   */
  readonly away: readonly Step[];
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
    for (const outcome of say) yield* judged(outcome, undefined, run);
    run.wanted.isUnread ||= isUnread === true;
    if (isUnread) unread.add(entry.name);
    else if (uids.size === 0) empty.add(entry.name);
    yield* placeEntry(entry, uids, made);
  }
  const isEach = ({ sources }: Entry) => "eachOf" in sources;
  const each = new Set(file.entries.filter(isEach).map(({ name }) => name));
  const kept = new Map(made.map((making) => [keyOf(making.source), making]));
  const isLost = ({ to, namespaceUid }: Described) => ![undefined, namespaceUid].includes(kept.get(keyOf(to))?.uid);
  const isReplaced = (one: Described) => made.some((making) => replacesKind(making, one, run));
  const away = described.filter(({ to }) => !kept.has(keyOf(to)) && !unread.has(to.name));
  const isTaken = ({ to: { name }, isEach: isOne }: Described) => order.prune || (isOne && each.has(name) && !empty.has(name));
  yield* away.filter((one) => !isTaken(one)).map((one) => unnamed(one, run));
  const known = new Set([...kept.keys(), ...described.map(({ to }) => keyOf(to))]);
  const isKnown = ({ to }: RecordedSource) => known.has(keyOf(to)) || unread.has(to.name);
  for (const { to } of undescribed(run).filter((one) => !isKnown(one))) yield notInAzure(to, run);
  const takingAway = (one: Described, onlyAdded: boolean): TakingAway => ({
    ...{ does: "take away", source: one.to, described: one, onlyAdded, isReplaced: isReplaced(one) },
  });
  const lost = described.filter((one) => isLost(one) && !isReplaced(one));
  const inPlace = [...described.filter(isReplaced), ...(await exceptUnmatched(lost, kept, run))];
  for (const making of made) run.made.set(keyOf(making.source), making);
  for (const entry of file.entries) run.wanted.all.set(entry, started(entry, run));
  await selectCopies(made, run);
  return {
    shared: made.filter(({ entry }) => !isEach(entry)),
    each: made.filter(({ entry }) => isEach(entry)),
    away: [...away.filter(isTaken).map((one) => takingAway(one, one.isEach)), ...inPlace.map((one) => takingAway(one, true))],
  };
}

/** Leaves out the sources whose selector or pattern matches nothing now: their copies keep the credential, except with --prune. */
async function exceptUnmatched(lost: readonly Described[], made: ReadonlyMap<string, Making>, { order, tools }: Run) {
  const found: Described[] = [];
  for (const one of lost) {
    const { copyTo } = made.get(keyOf(one.to))?.entry ?? {};
    const selected =
      copyTo && isOpen(copyTo) && !order.prune ? await selectNamespaces(copyTo, tools.cluster()).catch(asRefusal) : undefined;
    if (!selected || (!(selected instanceof CliError) && selected.uids.size > 0)) found.push(one);
  }
  return found;
}

/** Reads to which entry the copies of a namespace belong, if entries have the same name. */
async function selectCopies(made: readonly Making[], { order, selected, tools }: Run): Promise<void> {
  const names = order.files.flatMap(({ entries }) => entries.map(({ name }) => name));
  for (const { source, entry } of made) {
    if (entry.copyTo && names.filter((name) => name === entry.name).length === 1) continue;
    // Without an answer, the copies stay those of this source
    const found = entry.copyTo && (await selectNamespaces(entry.copyTo, tools.cluster()).catch(asRefusal));
    if (!(found instanceof CliError)) selected.set(keyOf(source), new Set([source.namespace ?? "", ...(found?.uids.keys() ?? [])]));
  }
}

/**
 * Whether the source gets another credential than the one that Azure describes. An application can pull from several registries. A registry
 * that was not read may be the same one in another spelling.
 */
function replacesKind(
  { source, entry, uid }: Making,
  { to, namespaceUid, kind, host }: Described,
  { tokens, file, order }: Pick<Run, "tokens" | "file" | "order">,
): boolean {
  const read = tokens.get(entry.registry);
  if (!read || keyOf(source) !== keyOf(to) || uid !== namespaceUid) return false;
  // A run that is killed once the role is removed finds the application no more: prune deletes both
  const isKept = kind.credential === "service-principal" && !order.prune && !file.entries.some((one) => one.credential === kind.credential);
  if (isKept) return false;
  if (entry.credential !== kind.credential) return true;
  return entry.credential !== "service-principal" && read.at.loginServer !== host;
}

/** Adds the sources of an entry. If two entries select one, only the first makes it: they would undo each other's changes in each run. */
function* placeEntry(entry: Entry, uids: Selection["uids"], made: Making[]): Generator<Outcome> {
  const { name, at } = entry;
  for (const [namespace, uid] of uids) {
    const source = { kind: "secret", name, namespace } as const;
    const other = made.find((one) => one.entry.name === name && one.source.namespace === namespace)?.entry;
    if (!other) made.push({ does: "make", source, entry, uid });
    else {
      const message = `${nameInPlace(source)} is in the entries at ${other.at} and ${at}`;
      yield { to: source, error: new InTheWay(message, "change one of them", "platform") };
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

/** Someone may have edited its description in Azure. In any other namespace than the home, its tenant may have written the record. */
function notInAzure(to: Ref, { file, byKey }: Pick<Run, "file" | "byKey">): Outcome {
  const message = `secret/${to.name} records ${fileWords(file)}, which does not name it, and Azure describes it otherwise, so it stays`;
  if (to.namespace !== file.home) return { to, messages: [message] };
  // A run of another file is adopting it, or was killed
  const isTaken = byKey.get(keyOf(to))?.some((one) => one.file !== undefined && one.file !== fileId(file));
  const revoke = { ...plugin("delete", to.name, "--revoke"), namespace: to.namespace, when: "if no pod needs it, run" };
  return { to, error: new InTheWay(message, isTaken ? "apply the file that has adopted it again" : revoke) };
}

/** How long a run with --skip-blocked waits for the claim of another run, in milliseconds: anyone in a namespace can write one. */
const shortWait = 5_000;
/** How many such claims it waits for. A tenant can write one in each of its namespaces. */
const mostWaits = 8;

/** @param what stays */
const kept = (to: Ref, what: string, need: UnmetNeed | "unread") => {
  const why = need === "unread" ? "the namespaces of an entry could not be read" : `${nameInPlace(placeIn(need))} was not written`;
  const hint = "run the command again; if that does not help, apply one of the two changes first";
  return new CliError("conflict", `${nameInPlace(to)} keeps ${what}, because ${why}`, { hint });
};

const placeIn = ({ by: { entry }, namespace }: UnmetNeed): Ref => ({ kind: "secret", name: entry.name, namespace });

const itsCredential = "its earlier credential";

/** Takes nothing away until what replaces it works. */
async function* takeUnlessNeeded(step: Step, run: Run): AsyncGenerator<Outcome> {
  const { source: to } = step;
  if (step.does === "make") return yield* take(step, run);
  const needed = await neededIn(step, run).catch(asRefusal);
  if (needed) return yield { to, error: needed instanceof CliError ? needed : kept(to, itsCredential, needed) };
  const { confirmed } = run.order;
  const id = idOf(step.described);
  if (!confirmed.has(id)) return yield { to, error: notShown(nameInPlace(to)) };
  const isCopy = run.tools.dryRun !== "none" && (await becomesCopy(to, run).catch(() => false));
  for await (const outcome of take({ ...step, isCopy }, run)) {
    if (outcome.result) confirmed.add(id);
    yield outcome;
  }
}

async function becomesCopy({ name, namespace = "" }: Ref, { plans, tools }: Run): Promise<boolean> {
  for (const { source, entry } of plans.flatMap(({ made }) => [...made.values()])) {
    if (entry.name !== name || source.namespace === namespace || !entry.copyTo) continue;
    if ((await selectNamespaces(entry.copyTo, tools.cluster())).uids.has(namespace)) return true;
  }
  return false;
}

/** What needs the credential of a source that is taken away. */
async function neededIn({ source, described, isReplaced }: TakingAway, run: Run): Promise<UnmetNeed | "unread" | undefined> {
  const { host, identity, granted = ["*"] } = described;
  const holds = (secret: Secret) => loginOf(secret, host)?.username === identity;
  const isUnwritten = run.tools.dryRun === "none" ? (secret: Secret) => credentialOf(secret) !== undefined && holds(secret) : undefined;
  const loss = { source, repositories: granted, isUnwritten };
  const [need] = await needed(isReplaced ? { ...loss, holds } : loss, run);
  return need;
}

/** Returns what needs a login that this run takes away, or `unread`: it is not known which namespaces there are. */
async function needed(loss: Loss, { wanted, tools }: Run): Promise<readonly (UnmetNeed | "unread")[]> {
  return wanted.isUnread ? ["unread"] : Array.fromAsync(needsOf(loss, wanted.all.values(), tools.cluster()));
}

function started(entry: Entry, { tools }: Run): Progress {
  const { sources, copyTo } = entry;
  const selecting = new Map<string, Promise<ReadonlySet<string>>>();
  async function select(): Promise<ReadonlySet<string>> {
    const scope = "eachOf" in sources ? sources.eachOf : copyTo;
    const selected = scope ? (await selectNamespaces(scope, tools.cluster())).uids.keys() : [];
    return new Set(["namespace" in sources ? sources.namespace : [], ...selected].flat());
  }
  return {
    ...{ entry, targets: targetsOf(entry), hasFailed: false, failedIn: new Set(), writtenIn: new Set() },
    namespaces: () => memoize(selecting, "", select),
  };
}

function targetsOf({ serviceAccounts }: Entry): TargetOptions {
  const [names, globs] = [serviceAccounts.filter((word) => !isGlob(word)), serviceAccounts.filter(isGlob)];
  const picks = serviceAccounts.length > 0 ? [{ kind: "serviceaccount", names, globs, selector: undefined } as const] : [];
  return { picks, whereUsed: false };
}

function progressOf(entry: Entry, { wanted }: Pick<Run, "wanted">): Progress {
  const found = wanted.all.get(entry);
  if (!found) throw new TypeError(`${entry.name} is not among the entries of the run`);
  return found;
}

function noteFailure({ source, entry }: Making, { to: { namespace } }: Outcome, run: Run): void {
  const progress = progressOf(entry, run);
  const isOfSource = namespace === undefined || namespace === source.namespace;
  if (isOfSource && !("eachOf" in entry.sources)) progress.hasFailed = true;
  else progress.failedIn.add(namespace ?? source.namespace ?? "");
}

/** Notes what failed at once, and what was written in the end, when its ServiceAccounts list it. */
async function* noting(making: Making, outcomes: AsyncIterable<Outcome>, run: Run): AsyncGenerator<Outcome> {
  const written: string[] = [];
  for await (const outcome of outcomes) {
    const { to, result } = outcome;
    if (isFailed(outcome)) noteFailure(making, outcome, run);
    if (result && keyOf(to) === keyOf({ ...making.source, namespace: to.namespace })) written.push(to.namespace ?? "");
    yield outcome;
  }
  for (const namespace of written) progressOf(making.entry, run).writtenIn.add(namespace);
}

async function* take(step: Step, run: Run): AsyncGenerator<Outcome> {
  const tools = toolsFor(step, run);
  const isAgain = step.does === "make" && run.begun.has(step);
  const outcomes = step.does === "make" ? noting(step, make(step, { ...run, tools }), run) : takeAway(step, { ...run, tools });
  try {
    for await (const outcome of outcomes) {
      run.order.effects.see(step, outcome);
      for (const one of withoutRepetition(outcome, run, isAgain)) yield* judged(one, step, run);
    }
  } catch (error) {
    yield* failedBy(error, step, run);
  }
}

async function* failedBy(error: unknown, step: Step, run: Run): AsyncGenerator<Outcome> {
  const to = step.source;
  if (step.does === "make") {
    noteFailure(step, { to }, run);
    run.postponed?.delete(step);
  }
  if (error instanceof Interrupted) return yield { to, left: "interrupted" };
  run.claimed += Number(isOfClaim(error));
  for (const one of withoutRepetition({ to: placeWithout(step) ?? to, error: asCliError(error) }, run, false))
    yield* judged(one, step, run);
}

/** The namespace of a source, if it doesn't exist or can't be read: the other sources there fail for the same reason. */
function placeWithout(step: Step): Ref | undefined {
  const { namespace = "" } = step.source;
  return step.does === "make" && step.uid === undefined ? { kind: "namespace", name: namespace, namespace } : undefined;
}

const isOfClaim = (error: unknown): boolean => error instanceof Claimed || (error instanceof CliError && error.cause instanceof Claimed);

function toolsFor(step: Step, { order, tools, claimed }: Run): Tools {
  if (!order.skipBlocked || homeOf(step) !== undefined) return tools;
  return { ...tools, claimWait: claimed < mostWaits ? shortWait : 0 };
}

/** Leaves out warnings about repositories that another entry has, too, and keeps those about paths for the end. */
function* withoutRepetition(outcome: Outcome, { said, unverified: paths }: Run, isAgain: boolean): Generator<Outcome> {
  const { to, result, error } = outcome;
  if (outcome.unverified) return void paths.set(to.name, new Set([...(paths.get(to.name) ?? []), ...outcome.unverified]));
  if (isAgain && result === "unchanged") return;
  if (result) return yield outcome;
  // A registry is in no namespace
  const about = `${error ? "error" : "warning"} ${to.namespace === undefined ? "" : keyOf(to)}`;
  const isNew = (text: string) => !said.has(about + text) && said.add(about + text);
  const messages = outcome.messages?.filter(isNew);
  const texts = error ? [error.message].filter(isNew) : messages;
  if (texts?.length !== 0) yield { ...outcome, messages };
}

/** The namespace of a source whose owners are those of the file; undefined for one in a team's namespace. */
function homeOf(step: Step): string | undefined {
  const isOfTeam = step.does === "make" ? "eachOf" in step.entry.sources : step.described.isEach;
  return isOfTeam ? undefined : step.source.namespace;
}

/** With --skip-blocked, an obstacle of a team's namespace is only a warning, unless a login of the file there is about to end. */
async function* judged(outcome: Outcome, step: Step | undefined, run: Run): AsyncGenerator<Outcome> {
  const { to, error, left } = outcome;
  const { namespace } = to;
  if (!run.order.skipBlocked || namespace === undefined || namespace === (step && homeOf(step))) return yield outcome;
  // A change that was left because of the error adds nothing
  if (left === "failed" && !error) return;
  if (error?.owner !== "namespace") return yield outcome;
  const found = step?.does === "make" ? await stillIn(namespace, step, run).catch(asRefusal) : nothingFound;
  yield found instanceof CliError ? outcome : blocked(namespace, error, outcome, found, run.tools.cluster().now());
}

function blocked(namespace: string, error: CliError, outcome: Outcome, { password, kept: repositories }: Found, now: number): Outcome {
  const { kind, message, hint, owner } = error;
  const why = repositories.length > 0 ? `its credential still pulls ${inLine(repositories)}` : endingOf(password, now);
  if (why !== undefined) return { ...outcome, error: new CliError(kind, `${message}, and ${why}`, { hint, owner, cause: error }) };
  const expiresAt = password === "ended" ? undefined : password?.expiresAt;
  const until = expiresAt === undefined ? undefined : `its password works until ${expiresAt}`;
  const [next, fix] = typeof hint === "object" ? [hint.when, { namespace, ...hint }] : [hint];
  const parts = [`namespace "${namespace}" is blocked: ${message}`, until, next];
  return { to: { kind: "namespace", name: namespace }, isBlocked: true, messages: [parts.filter(Boolean).join("; ")], fix };
}

type Found = {
  readonly password: Shown | "ended" | undefined;
  /** The repositories that the entry does not name any more. */
  readonly kept: readonly string[];
};

const nothingFound: Found = { password: undefined, kept: [] };

/** Returns what a namespace that has a source or a copy still has, if Azure describes it as one of this file. */
async function stillIn(namespace: string, { source, entry, uid }: Making, run: Run): Promise<Found> {
  const isOf = ({ to, kind, namespaceUid }: Described) =>
    keyOf(to) === keyOf(source) && namespaceUid === uid && readKey(kind) === readKey(entry);
  const described = run.described.find(isOf);
  if (!described) return unlessOfFile({ ...source, namespace }, source, run);
  const { account } = (await memoize(run.accounts, keyOf(source), () => describedAccount(described, run))) ?? {};
  const { identity, passwords = [], granted = [] } = account ?? {};
  const kept = source.namespace === namespace ? lackingIn(entry.repositories, granted) : [];
  const secret = await run.tools.cluster().get({ ...source, namespace });
  const login = loginOf(secret, described.host);
  if (secret && login && login.username !== identity && isCopyOf(secret, source)) throw unknownPassword();
  if (!secret || login?.username !== identity) return { password: undefined, kept };
  const { madeAt } = sourceOf(secret) ?? recordIn(secret) ?? {};
  const password = passwords.find((one) => isSameTime(one.madeAt, madeAt));
  return { password: password ? await asItEnds(password, source, entry, run) : "ended", kept };
}

/** A replaced password ends with its grace period, or with the next rotation. */
async function asItEnds(password: Shown, source: Ref<"secret">, { olderThan }: Entry, { tools }: Run): Promise<Shown> {
  const cluster = tools.cluster();
  const current = credentialOf(await cluster.get(source));
  if (!current?.previous || !samePassword(current.previous, password)) return password;
  const due = dueAt(current, olderThan, cluster.now());
  return { ...password, expiresAt: current.previous.until ?? (Number.isFinite(due) ? toSeconds(new Date(due)) : password.expiresAt) };
}

/** Azure does not describe a Secret of the file, or a copy of its source. @throws CliError if it holds another password than the source */
async function unlessOfFile(to: Ref<"secret">, source: Ref<"secret">, { file, tools }: Run): Promise<Found> {
  const secret = await tools.cluster().get(to);
  if (isSameFile(file, credentialOf(secret)?.file)) throw unknownPassword();
  const record = secret && isCopyOf(secret, source) ? credentialOf(await tools.cluster().get(source)) : undefined;
  if (record && loginOf(secret, record.host)?.username !== record.identity) throw unknownPassword();
  return nothingFound;
}

const unknownPassword = () => new CliError("conflict", "its password is not known");

/** Why the owners of a namespace must act now; undefined if its password lasts. @param now in milliseconds */
function endingOf(password: Found["password"], now: number): string | undefined {
  if (password === undefined) return undefined;
  if (password === "ended") return "its password has ended";
  const isEnding = notDue(password, { expiresWithin: "last third" }, now).length === 0;
  return isEnding ? `its password ends at ${password.expiresAt}` : undefined;
}

/** Makes a source as its entry says, and rotates its password if that is due. */
async function* make(making: Making, run: Run): AsyncGenerator<Outcome> {
  const { tools } = run;
  const { source, entry } = making;
  const refusal = run.refused.get(keyOf(source));
  if (refusal) throw refusal;
  if (await waitsForOthers(making, run)) return;
  const isAgain = run.begun.has(making);
  run.begun.add(making);
  const order = await createOrderOf(making, isAgain, run);
  let credential: Credential | undefined;
  try {
    for await (const outcome of createSecret(order, tools)) {
      if (keyOf(outcome.to) === keyOf(source) && outcome.object) credential = shownIn(outcome);
      yield outcome;
    }
    if (credential && !tools.interrupted()) yield* rotate({ to: source, credential }, entry, run);
  } catch (error) {
    throw withForce(error, createAnyway(entry), source);
  }
}

/** The record of a source after its outcome; undefined if a dry run would generate its password, which is not due. */
const shownIn = ({ object, unmade }: Outcome): Credential | undefined => (unmade ? undefined : credentialOf(object as Secret));

/**
 * Returns what needs the repositories that a source loses. In an earlier round (`isLater`), each entry that names them does, and its namespaces
 * are not looked at.
 */
async function needing(loss: Loss & { readonly by: Progress }, isLater: boolean, run: Run): Promise<readonly (UnmetNeed | "unread")[]> {
  const others = othersNaming(loss, run.wanted.all.values());
  if (isLater) return others.map((by) => ({ by, namespace: "" }));
  return others.length > 0 ? needed(loss, run) : [];
}

/**
 * Whether a source gets another credential later in the run, because it loses repositories that others need.
 * @throws CliError conflict if those could not be written
 */
async function waitsForOthers(making: Making, run: Run): Promise<boolean> {
  const { source, entry } = making;
  const isOnlyKind = run.byKey.get(keyOf(source))?.length === 1 && describedOf(making, run) !== undefined;
  if (run.wanted.all.size === 1 || (isOnlyKind && !mayBeCopy(source, run))) return false;
  const cluster = run.tools.cluster();
  const behind = await recordBehind(source, await cluster.get(source), cluster);
  const isCopy = behind.source !== source;
  if (!isCopy && behind.record?.kind === entry.credential) return false;
  const need = await needBehind(behind, making, isCopy ? source.namespace : undefined, run);
  if (need && !run.waiting) throw kept(source, itsCredential, need);
  if (need) run.waiting?.add(making);
  return need !== undefined;
}

/** Whether Azure describes a source that may have a copy in the place of this one. */
const mayBeCopy = (source: Ref<"secret">, { byKey }: Run): boolean =>
  [...byKey].some(([key, found]) => key !== keyOf(source) && found.some(({ to, isEach }) => to.name === source.name && !isEach));

async function accountsBehind(to: Ref<"secret">, cluster: Cluster): Promise<readonly string[]> {
  const { source, record } = await recordBehind(to, await cluster.get(to), cluster);
  return source === to ? [] : (record?.file?.serviceAccounts ?? []);
}

/** The source as Azure describes it, for any file. */
const describedOf = ({ source, entry, uid }: Making, { byKey }: Run): Described | undefined =>
  byKey.get(keyOf(source))?.find(({ namespaceUid, kind }) => namespaceUid === uid && readKey(kind) === readKey(entry));

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
  // A team may have written the list of the copies of its source
  const isOthers = (to: Ref) => "eachOf" in entry.sources && to.namespace !== source.to.namespace;
  try {
    for await (const outcome of rotateSources(rotating, tools))
      yield outcome.error && isForbidden(outcome.error) && isOthers(outcome.to)
        ? { to: outcome.to, messages: [outcome.error.message] }
        : outcome;
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

/** @param isAgain an earlier round has made it */
async function createOrderOf(making: Making, isAgain: boolean, run: Run): Promise<CreateOrder> {
  const { source, entry, uid } = making;
  const { order, tools, file, read } = run;
  const inAzure = describedOf(making, run);
  const isUnread = uid === undefined || !read.has(readKey(entry));
  const isEach = "eachOf" in entry.sources;
  const by = progressOf(entry, run);
  const granted = inAzure?.granted ?? ["*"];
  const loss = { source, repositories: lackingIn(entry.repositories, granted), by };
  const needs = await needing(loss, run.postponed !== undefined, run);
  const { registry, credential, repositories, expiresIn, copyTo, restart, serviceAccounts } = entry;
  return {
    ...{ source, registry, kind: credential, isIssued: true, open: () => order.open(entry) },
    repositories,
    ...{ fromPods: false, podsTell: false, exact: true, expiresAt: expiryOf(expiresIn, tools), verify: order.verify },
    ...{ shape: undefined, copyTo, targets: targetsOf(entry), wait: accountWait, restart, recreate: false },
    ...{ again: order.again, reader: undefined, holders: order.revoking.holders },
    file: {
      ...{ home: file.home, name: file.name, serviceAccounts, prune: order.prune, granted: inAzure?.granted, isEach },
      former: mayBeCopy(source, run) ? await accountsBehind(source, tools.cluster()) : [],
      isOfTeam: source.namespace !== file.home,
      uid,
      endsReplaced: run.described.some((one) => replacesKind(making, one, run)),
      postpones() {
        run.postponed?.add(making);
        return run.postponed !== undefined;
      },
      keeps(repository) {
        const need = needs.find((one) => one === "unread" || overlap(one.by.entry.repositories, [repository]));
        if (!need) return undefined;
        run.postponed?.add(making);
        return run.postponed ? "later" : kept(source, repository, need);
      },
      moves(accounts) {
        const isOne = (name: string) => accounts.some((one) => one === name || isGlob(one) || isGlob(name));
        const isMoved = order.files.some(({ entries }) => entries.some((one) => one.serviceAccounts.some(isOne)));
        if (isMoved) run.postponed?.add(making);
        return isMoved && (run.postponed ? "later" : "now");
      },
      async needed(to) {
        const [need] = await needed(
          { source, repositories: granted, at: to.namespace, by, byIn: isEach ? source.namespace : undefined },
          run,
        );
        return need && kept(to, itsCredential, need);
      },
      unshown(what, id) {
        return unshown(what, [keyOf(source), uid, what, id].join(), order.confirmed);
      },
      replaces: (to, old) => replaces(to, old, run),
      staysInPlace: (to, old) => staysInPlace(to, old, making, run),
      isDescribed: isUnread || (inAzure?.isIntact === true && inAzure.file === fileId(file) && inAzure.isEach === isEach),
      // The first round has taken over what it could
      maker: isAgain && tools.dryRun === "none" ? fileId(file) : inAzure?.file,
      identity: inAzure?.identity,
      inPlace: isAgain && tools.dryRun === "none" ? [] : (run.byKey.get(keyOf(source)) ?? []),
      isInPlaceRead: issued.every((kind) => read.has(readKey({ ...entry, credential: kind }))),
      adopts: order.adopt.includes(placeOf(source)),
    },
  };
}

/** In a team's namespace, its owners can write the record. What they refuse is only the login of their own source. */
async function staysInPlace(to: Ref<"secret">, old: Secret, making: Making, run: Run) {
  if (!replaces(to, old, run)) return undefined;
  const behind = await recordBehind(to, old, run.tools.cluster());
  const { source, record } = behind;
  const { file } = record ?? {};
  if (file && !run.order.files.some((one) => isSameFile(one, file))) return otherFile(source, fileWords(file));
  const files = new Set(run.order.files.map(fileId));
  const isOfOthers = run.byKey.get(keyOf(source))?.some((one) => one.file !== undefined && !files.has(one.file));
  if (!record && isOfOthers) return otherFile(source, "another file");
  const need = await needBehind(behind, making, to.namespace, run);
  if (!need) return droppedWith(to, old, run);
  run.waiting?.add(making);
  return run.waiting ? "later" : kept(to, itsCredential, need);
}

/** The error if a source that becomes a copy lists copies that no entry names. Without its list, they would stay permanently. */
async function droppedWith(to: Ref<"secret">, old: Secret, { wanted, byKey, tools }: Run): Promise<CliError | undefined> {
  // A team may have written the list of a source of its own
  if (byKey.get(keyOf(to))?.some(({ isEach }) => isEach)) return undefined;
  const entries = [...wanted.all.values()].filter(({ entry }) => entry.name === to.name);
  const named = new Set((await Promise.all(entries.map((one) => one.namespaces()))).flatMap((names) => [...names]));
  const others = Object.keys(credentialOf(old) ? copiesOf(old) : {}).filter((namespace) => !named.has(namespace));
  const isLeft = (one: Secret | CliError | undefined) => one instanceof CliError || (one && isCopyOf(one, to));
  const read = (namespace: string) =>
    tools
      .cluster()
      .get({ ...to, namespace })
      .catch(asForbidden);
  const copies = await mapConcurrently(others, limits.cluster, read);
  const left = others.filter((_, index) => isLeft(copies[index]));
  if (left.length === 0) return undefined;
  const hint = `first apply the file with the source in ${to.namespace}, and without these namespaces`;
  return new InTheWay(`${nameInPlace(to)} stays, because it has copies in ${inLine(left)}, which no entry names`, hint, "platform");
}

type Behind = Awaited<ReturnType<typeof recordBehind>>;

/** What needs the login of a Secret, which a source replaces there, or everywhere. */
async function needBehind(
  { source, record }: Behind,
  making: Making,
  at: string | undefined,
  run: Run,
): Promise<UnmetNeed | "unread" | undefined> {
  // A run that was killed may have granted more than the record names
  const described = (run.byKey.get(keyOf(source)) ?? []).filter(({ kind }) => !record || kind.credential === record.kind);
  const pulled = [...(record?.repositories ?? []), ...described.flatMap(({ granted }) => granted ?? ["*"])];
  const repositories = lackingIn(making.entry.repositories, [...new Set(pulled)]);
  const isLater = run.waiting !== undefined && !run.isWaiting;
  const [need] = await needing({ source, repositories, at, by: progressOf(making.entry, run) }, isLater, run);
  return need;
}

/**
 * Whether a Secret is a source, or a copy of one, that Azure describes as one of a file of the run. No file may name it any more for this
 * namespace. The same for a Secret that a killed run has only claimed.
 */
function replaces(to: Ref<"secret">, old: Secret, { plans, wanted, tools }: Run): boolean {
  const copied = sourceOf(old);
  const key = copied ? keyOf({ kind: "secret", name: copied.name, namespace: copied.namespace }) : keyOf(to);
  const isNamed = plans.some(({ made, selected }) => made.has(key) && selected.get(key)?.has(to.namespace ?? "") !== false);
  const record = credentialOf(old);
  // A team may have created a credential of its own under the name
  const isOfFile = (one: Described) => copied !== undefined || (record ? isAsDescribed(record, one) : loginsIn(old).length === 0);
  const isDescribed = () =>
    !wanted.isUnread && plans.some(({ described }) => described.some((one) => keyOf(one.to) === key && isOfFile(one)));
  return isOurs(old) && !isNamed && (isAbandoned(old, tools.cluster().now()) || isDescribed());
}
