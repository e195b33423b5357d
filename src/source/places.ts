import { beyond } from "../credential/repository-scope.ts";
import { absent, asCliError, asForbidden, CliError, InTheWay, Interrupted, isForbidden, withLines } from "../errors.ts";
import { flag } from "../hint.ts";
import { type Ref, resourceOf } from "../kinds.ts";
import { type Decide, edit, outcomeOf } from "../kube/edit.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import { covers } from "../registry/repository.ts";
import type { ClusterScope, NamespaceScope } from "../scope/cluster-scopes.ts";
import { memoize } from "../scope/concurrency.ts";
import { missingNamespace, mostRead, type Selected, selectNamespaces, uidOfEach } from "../scope/namespaces.ts";
import { isGlob, isOpen } from "../scope/scope.ts";
import { type Copies, type Credential, copiesData, copiesOf, credentialOf } from "../secret/record.ts";
import { type Copying, copying, isCopyOf, mayWithdraw, StartAgain, withdrawing } from "../secret/source.ts";
import { attachTargets } from "../targets/attach.ts";
import { detachNoted, sayDangling } from "../targets/detach.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom, imagesIn } from "../usage/images.ts";
import { type NamespaceReader, readersOf } from "../usage/namespace-reader.ts";
import { type NamespaceState, readNamespace } from "../usage/namespace-state.ts";
import { picksOf, templatesOf, wantsTargets } from "../usage/targets.ts";
import { podsNeeding, usersOf } from "../usage/users.ts";
import { counted, inLine, maxNames, nameInPlace, pluralize } from "../wording.ts";
import { type Creating, type FileOrder, replacing } from "./desired.ts";

/** A namespace of a run. */
export type CreatePlace = {
  readonly namespace: string;
  /** It gets a copy of the source. */
  readonly hasCopy: boolean;
  /** Its targets get the Secret. */
  readonly isTarget: boolean;
  /** It loses its copy. */
  readonly isWithdrawn: boolean;
  /** It loses its copy later in this run. */
  readonly isLosing: boolean;
  read(): Promise<NamespaceState>;
};

export type Places = {
  /** The source. */
  readonly secret: Secret | undefined;
  /** The namespaces that have a copy, with their uids, also those that lose it in this run. */
  readonly copies: Copies;
  /** The namespaces that lose their copy. */
  readonly withdrawn: readonly string[];
  /** The recorded copies that the run does not select. They lose their login in this run, or keep it. */
  readonly unselected: readonly string[];
  /** What to say about the selection, and the named namespaces that do not exist. */
  readonly say: readonly Outcome[];
  readonly namespaces: readonly string[];
  all(): AsyncIterable<CreatePlace>;
  /** The images of a registry that the target namespaces use; none if pods don't tell. */
  images(host: string | undefined): Promise<readonly ImageRef[]>;
};

type Order = Creating & { readonly source: Ref<"secret"> };

/** Reads which namespaces a run writes: its own, or with copies those that the source records and those that the flags select. */
export async function placesOf(order: Order, tools: Tools): Promise<Places> {
  const { source, copyTo } = order;
  const { namespace = "" } = source;
  const cluster = tools.cluster();
  const reads = readsOf(order, tools);
  const own = copyTo ? undefined : await readNamespace({ cluster, namespace }, { ...reads, lenient: false });
  const secret = own ? own.secret : await cluster.get(source);
  const selected = await selectionOf(order, cluster);
  const isTaken = takesAway(order, selected);
  const { rest, unread, copies } = await copiesAfter(secret, namespace, selected?.uids ?? new Map(), {
    cluster,
    isTaken,
    isEach: order.file?.isEach,
  });
  const losing: readonly string[] = isTaken ? rest : [];
  const withdrawn = losing.length > 0 && order.file?.postpones() ? [] : losing;
  const kept: readonly string[] = isTaken ? [] : rest;
  const targetScope = {
    cluster,
    namespaces: selected ? [...selected.uids.keys()] : [namespace],
    open: copyTo !== undefined && isOpen(copyTo),
    trace: tools.trace,
  };
  const copyOnly = { secret: source.name, targets: { picks: [], whereUsed: false }, pods: "none", lenient: true } as const;

  async function* all(): AsyncGenerator<CreatePlace> {
    const place = ({ scope, read }: NamespaceReader, isTarget: boolean, isWithdrawn = false): CreatePlace => ({
      namespace: scope.namespace,
      hasCopy: !isWithdrawn && Object.hasOwn(copies, scope.namespace),
      isTarget,
      isWithdrawn,
      isLosing: !isWithdrawn && losing.includes(scope.namespace),
      read,
    });
    if (own) yield { namespace, hasCopy: false, isTarget: true, isWithdrawn: false, isLosing: false, read: async () => own };
    else for await (const reader of readersOf(targetScope, { ...reads, lenient: true })) yield place(reader, true);
    const others: ClusterScope = { ...targetScope, namespaces: rest, open: rest.length > 0 };
    for await (const reader of readersOf(others, copyOnly)) yield place(reader, false, withdrawn.includes(reader.scope.namespace));
  }

  const images = new Map<string, Promise<readonly ImageRef[]>>();
  const readImages = async (host: string): Promise<readonly ImageRef[]> => {
    if (own) return imagesFrom([host], [...own.pods, ...templatesOf(own.targets)]);
    if (!order.podsTell || (order.repositories.length > 0 && !order.fromPods)) return [];
    return imagesIn(targetScope, { hosts: [host], picks: picksOf(order.targets) });
  };
  return {
    secret,
    copies,
    ...{ withdrawn, unselected: [...rest, ...unread.keys()] },
    say: [...(selected ? sayOf(order, selected, kept) : []), ...sayUnread(order, unread)],
    namespaces: [...targetScope.namespaces, ...rest],
    all,
    images: (host) => (host === undefined ? Promise.resolve([]) : memoize(images, host, () => readImages(host))),
  };
}

/** @throws CliError notFound for a namespace of the command line that does not exist. That of a file may be a team's to delete */
async function selectionOf({ copyTo, file }: Order, cluster: Cluster): Promise<Selected | undefined> {
  const selected = copyTo && (await selectNamespaces(copyTo, cluster));
  const [missing] = selected?.missing ?? [];
  if (!file && missing !== undefined) throw missingNamespace(missing);
  return selected;
}

const takesAway = ({ file, copyTo }: Order, selected: Selected | undefined): boolean =>
  file !== undefined && (file.prune || !copyTo || !isOpen(copyTo) || (selected?.uids.size ?? 0) > 0);

function sayOf({ source, file }: Order, { uids, ending, missing }: Selected, kept: readonly string[]): Outcome[] {
  const matches = file ? `no namespace matches copyTo of ${source.name}` : "no namespace matches";
  const none = uids.size + ending.length + missing.length === 0 ? [matches] : [];
  const skipped = ending.length > 0 ? [`skipped namespaces that are being deleted: ${inLine(ending)}`] : [];
  const keep = kept.length > 1 ? "keep their copies" : "keeps its copy";
  const messages = [...none, ...skipped, ...(kept.length > 0 ? [`${inLine(kept)} ${keep}, although not selected`] : [])];
  const note = messages.length > 0 ? [{ to: namespaceOf(source), messages, isInfo: true } as const] : [];
  return [
    ...note,
    ...missing.map((name) => ({ to: { kind: "namespace", name, namespace: name }, error: missingNamespace(name) }) as const),
  ];
}

/** The most names that stay in a list of a team although the run may not read them. */
const mostOfTeam = 16;

/** Returns the recorded copies that are not selected, and all copies of the source. */
async function copiesAfter(
  secret: Secret | undefined,
  own: string,
  selected: ReadonlyMap<string, string>,
  { cluster, isTaken, isEach }: { readonly cluster: Cluster; readonly isTaken: boolean; readonly isEach: boolean | undefined },
) {
  const recorded = credentialOf(secret) ? copiesOf(secret) : {};
  const others = Object.entries(recorded).filter(([name]) => !selected.has(name));
  // A schedule may read only the namespaces that its file names now
  const names = others.map(([name]) => name);
  const uids = await uidOfEach(names, cluster, isEach ? mostOfTeam : mostRead);
  const refused = new Map([...uids].flatMap(([name, uid]) => (uid instanceof CliError ? [[name, uid] as const] : [])));
  const [refusal] = refused.values();
  if (refusal && !isTaken) throw refusal;
  // A namespace that was deleted and created again was given nothing
  const stay = isEach && refused.size > mostOfTeam ? new Map() : refused;
  const listed = others.filter(([name, uid]) => stay.has(name) || uids.get(name) === uid);
  const copies: Copies = Object.fromEntries([...listed, ...selected].filter(([name]) => name !== own).sort());
  // To take something away, a run need not know more. What a team lists is no reason to fail
  const unread = isEach ? refused : new Map<string, CliError>();
  return { rest: listed.map(([name]) => name).filter((name) => !unread.has(name)), unread, copies };
}

/** Warns of copies that this run leaves, because it may not read their namespaces. */
function* sayUnread({ source }: Order, unread: ReadonlyMap<string, CliError>): Generator<Outcome> {
  const [refusal] = unread.values();
  if (refusal) yield { to: source, messages: [withLines(`its copies in ${inLine([...unread.keys()])} stay`, refusal.message)] };
}

/** The most bytes of a Secret's data (core/v1 MaxSecretSize), less room for the login and for entries of other hosts. */
const mostBytes = 1024 * 1024 - 64 * 1024;

/** @throws CliError invalid if the list of the copies would not fit into the source */
export function checkCopies(copies: Copies): void {
  const bytes = Buffer.byteLength(copiesData(copies) ?? "", "base64");
  if (bytes <= mostBytes) return;
  const count = Object.keys(copies).length.toLocaleString("en-US");
  throw new CliError("invalid", `the list of ${count} copies has ${bytes} bytes, and a Secret has room for ${mostBytes}`, {
    hint: "share the namespaces among several Secrets, each with a selector of its own",
  });
}

/** What to read in the target namespaces: all pods if their images determine the repositories or prove the credential. */
function readsOf(order: Order, { sleep }: Tools) {
  const { source, targets, repositories, restart, podsTell, copyTo, wait, file } = order;
  const isAll = copyTo === undefined || repositories.length === 0 || targets.whereUsed || restart === "all";
  const waiting = wantsTargets(targets) ? "waiting" : "none";
  const isOnlyRestart = file ? (restart === "none" ? "none" : waiting) : undefined;
  const pods = isOnlyRestart ?? (podsTell ? (isAll ? "all" : waiting) : "none");
  return {
    secret: source.name,
    targets,
    pods,
    wait: { milliseconds: wait, sleep },
    mayLack: file !== undefined,
    isCapped: file !== undefined,
  } as const;
}

/** The ServiceAccounts that the file names and that this namespace lacks. */
function* namedButAbsent({ targets, cut, scope: { namespace } }: NamespaceState, { file }: Order): Generator<Outcome> {
  for (const name of file?.serviceAccounts ?? []) {
    const to = { kind: "serviceaccount", name, namespace } as const;
    const isThere = isGlob(name) || cut.includes("targets") || targets.some(({ metadata }) => metadata.name === name);
    if (!isThere) yield { to, error: absent(resourceOf(to.kind), name) };
  }
}

/** Names the lists that were not read to their end. The next run restarts more pods, but it selects the same ServiceAccounts. */
function* unread({ cut, scope: { namespace } }: NamespaceState): Generator<Outcome> {
  const to = namespaceOf({ namespace });
  if (cut.includes("pods")) yield { to, messages: ["only the first waiting pods were read; the next run restarts others"] };
  if (cut.includes("targets"))
    yield { to, error: new InTheWay(`the ServiceAccounts that a pattern selects in namespace "${namespace}" are too large`) };
}

/** The login that the places get. */
export type Given = {
  readonly source: Ref<"secret">;
  readonly credential: Credential;
  readonly login: Login | undefined;
  /** This run has stored the login, so pods that failed with the old one recover by themselves. */
  readonly isRenewed: boolean;
  /** Claims the source, or makes its claim last. @throws StartAgain if another run has written the source */
  claim(): Promise<void>;
  /** Whether the claim ends before a request that is sent now is applied. */
  isEnding(): boolean;
  /** Whether a namespace is still the one that the run has read. */
  isSame(namespace: string): Promise<boolean>;
};

/** Gives one namespace its copy and the targets there the Secret, or takes both away. A failure doesn't stop the others. */
export async function* writePlace(place: CreatePlace, given: Given, order: Order, tools: Tools): AsyncGenerator<Outcome> {
  try {
    yield* place.isWithdrawn ? withdrawIn(place, given, order, tools) : writeIn(place, given, order, tools);
  } catch (error) {
    if (error instanceof StartAgain) throw error;
    if (error instanceof Interrupted) yield { to: namespaceOf(place), left: "interrupted" };
    else yield { to: namespaceOf(place), error: asCliError(error), endsPlace: place.namespace === order.source.namespace };
  }
}

async function* writeIn(place: CreatePlace, given: Given, order: Order, tools: Tools): AsyncGenerator<Outcome> {
  const state = await place.read();
  // Another entry has replaced the copy, or a user has deleted it
  if (place.isLosing && !(state.secret && isCopyOf(state.secret, order.source))) return;
  if (place.hasCopy) {
    const copied = await copyIn(place, state.secret, given, order, tools);
    if (copied) yield copied;
    if (!copied || isFailed(copied)) return;
  }
  if (!place.isTarget) return;
  yield* attachIn(state, given, order, tools);
  yield* detachUnnamed(state.scope, given, order, tools);
}

/** @returns undefined if the namespace gets its copy later in the run */
async function copyIn(
  { namespace, isTarget }: CreatePlace,
  secret: Secret | undefined,
  given: Given,
  { source, file }: Order,
  tools: Tools,
): Promise<Outcome | undefined> {
  // A team that writes its source can list any namespace as one of its copies
  const mayCreate = (isTarget || !file) && !secret;
  const to = { ...source, namespace };
  const stays = secret && !isCopyOf(secret, source) ? await file?.staysInPlace(to, secret) : undefined;
  if (stays) return stays === "later" ? undefined : { to, error: stays };
  return copyTo(namespace, secret, given, { mayCreate, replaces: replacing(file, to) }, tools);
}

function createdAgain(namespace: string): Outcome {
  const message = `namespace "${namespace}" was deleted during the run, so nothing is written to a new one`;
  return { to: { kind: "namespace", name: namespace, namespace }, error: new InTheWay(message, "run the command again") };
}

/**
 * Gives one namespace its copy.
 * @param secret the Secret there as it was listed
 * @returns the outcome, with the error if another Secret is in the way or the write was refused
 * @throws StartAgain if the claim is ending
 */
export async function copyTo(
  namespace: string,
  secret: Secret | undefined,
  given: Given,
  { mayCreate, replaces }: Pick<Copying, "mayCreate" | "replaces">,
  tools: Tools,
): Promise<Outcome> {
  const to = { ...given.source, namespace };
  const by = tools.dryRun === "none" ? { run: tools.runId, now: tools.cluster().now() } : undefined;
  const decide = copying(to, { ...given, mayCreate, replaces, by });
  const decision = decide(secret);
  if (decision.act === "keep") return { to, result: "unchanged", because: decision.because, object: secret };
  if (decision.act === "refuse") return { to, error: decision.error };
  if (tools.interrupted()) return { to, left: "interrupted" };
  try {
    if (!(await given.isSame(namespace))) return createdAgain(namespace);
    return await writeClaimed(to, decide, given, secret, tools);
  } catch (error) {
    if (!(error instanceof CliError) || error instanceof StartAgain || tools.interrupted()) throw error;
    return { to, error };
  }
}

/** Writes a copy while the claim lasts. A late write could give it a login that another run has ended since. */
async function writeClaimed(
  to: Ref<"secret">,
  decide: Decide<"secret">,
  given: Given,
  secret: Secret | undefined,
  tools: Tools,
): Promise<Outcome> {
  await given.claim();
  const late = () => ({ act: "refuse", error: new StartAgain("the claim is ending") }) as const;
  return outcomeOf(to, await edit(to, (old) => (given.isEnding() ? late() : decide(old)), tools, { object: secret }));
}

/** Takes the copy in one namespace away, and the references that `apply` has added. */
async function* withdrawIn({ namespace, read }: CreatePlace, given: Given, order: Order, tools: Tools): AsyncGenerator<Outcome> {
  const { scope, secret } = await read();
  if (!mayWithdraw(secret, order.source, order.file?.isOfTeam === true)) return;
  const to = { ...order.source, namespace };
  const keeps = (await order.file?.needed(to)) ?? (secret && order.file?.unshown(nameInPlace(to), secret.metadata.uid));
  if (keeps) return yield { to, error: keeps };
  if (secret && tools.dryRun !== "none") yield* sayNeeded(to, secret, scope);
  const recorded = given.credential.file?.serviceAccounts ?? [];
  // Another file may have taken over the source
  await given.claim();
  yield* detachNoted(scope, { secret: order.source.name, named: recorded, except: [], keeps: order.file?.unshown }, tools);
  if (!secret) return;
  const withdrawn = await writeClaimed(to, withdrawing(order.source, given.credential.host), given, secret, tools);
  yield withdrawn;
  if (withdrawn.result === "deleted") yield* sayDangling(scope, to.name);
}

/** Says which pods need a copy that a plan withdraws. They don't stop it. */
async function* sayNeeded(to: Ref<"secret">, secret: Secret, { cluster, namespace }: NamespaceScope): AsyncGenerator<Outcome> {
  const pods = await listAll(cluster, "pod", { namespace }).catch(asForbidden);
  if (pods instanceof CliError) return yield { to, messages: [`cannot list the pods that need ${nameInPlace(to)}: ${pods.message}`] };
  const { length } = podsNeeding(secret, pods);
  const neededBy = `${counted(length, "pod")} in ${namespace} ${pluralize(length, "needs", "need")} ${nameInPlace(to)}`;
  if (length > 0) yield { to, neededBy, messages: [neededBy] };
}

/** Removes the references that `apply` has added to ServiceAccounts that its file does not name any more. */
async function* detachUnnamed(scope: NamespaceScope, given: Given, { source, file }: Order, tools: Tools): AsyncGenerator<Outcome> {
  if (!file) return;
  const named = (given.credential.file?.serviceAccounts ?? []).filter((word) => !file.serviceAccounts.includes(word));
  if (named.length === 0) return;
  const needed = await neededIn(scope.namespace, named, file);
  if (needed === "later") return;
  if (needed.length > 0) return yield* needed;
  try {
    await given.claim();
    yield* detachNoted(scope, { secret: source.name, named, except: file.serviceAccounts, keeps: file.unshown }, tools);
  } catch (error) {
    // A team can record any ServiceAccount, also those that a schedule may not read
    throw file.isOfTeam && isForbidden(error) ? new InTheWay(error.message) : error;
  }
}

/** The errors of ServiceAccounts that still need the Secret, because another entry names them; `later`: they lose it later in this run. */
async function neededIn(namespace: string, named: readonly string[], file: FileOrder): Promise<readonly Outcome[] | "later"> {
  const moved = file.moves(named);
  if (moved !== "now") return moved || [];
  const accounts = named.map((name) => ({ kind: "serviceaccount", name, namespace }) as const);
  const errors = await Promise.all(accounts.map(async (to): Promise<Outcome> => ({ to, error: await file.needed(to) })));
  return errors.filter(({ error }) => error !== undefined);
}

async function* attachIn(state: NamespaceState, given: Given, order: Order, tools: Tools): AsyncGenerator<Outcome> {
  const { host, repositories = ["*"] } = given.credential;
  const mayPull = (repository: string) => repositories.some((one) => covers(one, repository));
  const used = imagesFrom([host], state.pods);
  const reported = order.isIssued && order.repositories.length === 0 && given.credential.repositories ? beyond(repositories, used) : [];
  const targets = order.targets.whereUsed ? usersOf([host], state) : state.targets;
  const secret = { ...order.source, namespace: state.scope.namespace };
  const { restart, recreate } = order;
  const recreateOptions = { recreate, force: false };
  const noted = order.file !== undefined;
  yield* attachTargets(
    { secret, targets, pods: state.pods, hosts: [host], restart, recreateOptions, mayPull, renewed: given.isRenewed, reported, noted },
    tools,
  );
  yield* namedButAbsent(state, order);
  yield* unread(state);
  if (reported.length === 0) return;
  const words = [...order.again.words, ...flag("repository", reported.slice(0, maxNames))];
  const fix = { ...order.again, namespace: order.source.namespace, words };
  yield { to: secret, messages: [`pods use ${inLine(reported)}, which secret/${secret.name} cannot pull`], fix };
}

const namespaceOf = ({ namespace = "" }: { readonly namespace?: string | undefined }): Ref => ({
  kind: "namespace",
  name: namespace,
  namespace,
});
