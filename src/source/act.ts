import { lifetimeOf } from "../credential/issue.ts";
import type { Account, Made, Reversal } from "../credential/issuer.ts";
import { asCliError, CliError, Interrupted, isLost } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { type Edited, edit, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { memoize, runConcurrently } from "../scope/concurrency.ts";
import { uidOfEach, uidsOf } from "../scope/namespaces.ts";
import { claimOf, copiesOf, credentialOf, sourceOf } from "../secret/record.ts";
import { Claimed, claiming, extending, forgetting, isCopyOf, requestLimit, StartAgain } from "../secret/source.ts";
import type { Tools } from "../tools.ts";
import type { Desired } from "./desired.ts";
import { type Deciding, type Fact, type Knowledge, leftOf, type Memory, mostRestarts, nothing, type Observed, observe } from "./observe.ts";
import { copyTo, type Given, type Places, writePlace } from "./places.ts";
import { readFact, type World } from "./read.ts";
import { isSecret, type Step } from "./steps.ts";
import { after, enough, withSource } from "./table.ts";
import { fileInAzure, issuerOf } from "./wanted.ts";

const remember = (known: Knowledge, memory: Partial<Memory> | undefined): Knowledge => ({
  ...known,
  memory: { ...known.memory, ...memory },
});

/** The knowledge left when another run may have written: this run's own acts on passwords and objects. */
function forgotten({ memory }: Knowledge): Knowledge {
  const { made: { slot, madeAt } = {}, replaces, stored, ended, uid, said, waits, restarts } = memory;
  const unstored = slot !== undefined && madeAt !== undefined ? { slot, madeAt } : memory.unstored;
  const once = new Set([...said].filter((one) => ["rights", "places"].includes(one)));
  return { ...nothing, memory: { ...nothing.memory, unstored, replaces, stored, ended, uid, said: once, waits, restarts: restarts + 1 } };
}

// Writes

export function byOf({ tools, creating }: World): Deciding {
  return { run: tools.runId, now: tools.cluster().now(), isDry: tools.dryRun !== "none", isPrinted: creating?.print !== undefined };
}

const without = (facts: Knowledge["facts"], ...old: readonly Fact[]): Knowledge["facts"] =>
  Object.fromEntries(Object.entries(facts).filter(([fact]) => !old.includes(fact as Fact)));

async function* write(known: Knowledge, d: Desired, step: Step & { kind: "write" }, { tools }: World): AsyncGenerator<Outcome, Knowledge> {
  const old = known.facts.source;
  await refuseAdopted(d, step, old?.value);
  const edited = await edit(d.source, step.decide, tools, old && { object: old.value ?? undefined });
  yield* step.print?.(edited) ?? [];
  const isDry = tools.dryRun !== "none";
  const memory = { uid: uidIn(edited), ...step.memory };
  if (step.isClaim) return claimed(remember(known, memory), edited, isDry);
  const next = isDry ? after(known, step) : withSource(remember(known, memory), edited.object ?? null);
  return step.last && !isDry ? { ...next, facts: without(next.facts, "account", "holder", "test", "proof") } : next;
}

/** @throws CliError if the Secret is a copy of a source that another file has taken over since this run has read it */
async function refuseAdopted({ source, creates, undo }: Desired, { does }: Step, old: Secret | null | undefined): Promise<void> {
  if (does !== "store" || undo || !old || !sourceOf(old)) return;
  const stays = await creates?.file?.staysInPlace(source, old);
  if (stays instanceof CliError) throw stays;
}

const uidIn = ({ before, object }: Edited<"secret">) => before?.metadata.uid ?? object?.metadata.uid;

/** The knowledge after a claim. If another client has written the source since it was read, the other facts and the kept login are old. */
function claimed(known: Knowledge, { object, before }: Edited<"secret">, isDry: boolean): Knowledge {
  if (isDry) return known;
  const claim = claimOf(object);
  // A run that was killed may have noted another slot, or the same one at another time
  const isNoted = claim?.intent !== undefined && claim.intent.until === claim.until;
  const memory = { isNew: claim?.created, noted: isNoted ? known.memory.noted : undefined };
  const next = withSource(remember(known, memory), object ?? null);
  const isSame = sourceText(before) === sourceText(known.facts.source?.value ?? undefined);
  return isSame ? next : { ...remember(next, { kept: undefined }), facts: { source: next.facts.source } };
}

/** What a Secret says as a source. */
const sourceText = (secret: Secret | undefined): string => JSON.stringify([credentialOf(secret), copiesOf(secret), claimOf(secret)]);

/** Azure did not answer a request, and may still apply it until then. */
class Unanswered extends Error {
  readonly open: NonNullable<Memory["open"]>;

  constructor(open: NonNullable<Memory["open"]>) {
    super(open.error.message);
    this.open = open;
  }
}

/** An interruption has ended such a request, so the claim must last. */
export class Open extends Interrupted {
  readonly open: NonNullable<Memory["open"]>;

  constructor({ open }: Unanswered) {
    super(open.error.message, { hint: open.error.hint });
    this.open = open;
  }
}

/** How long the run's claim lasts, in milliseconds. */
const timeLeft = ({ facts }: Knowledge, world: World): number => leftOf(claimOf(facts.source?.value ?? undefined), byOf(world));

/**
 * Sends a request to Azure, which has no preconditions, while the claim lasts. Later, it would end what another run makes.
 * @throws StartAgain if the claim may end before the request is applied; Unanswered
 */
async function send<T>(known: Knowledge, world: World, request: () => Promise<T>): Promise<T> {
  if (timeLeft(known, world) < requestLimit) throw new StartAgain("the claim is ending");
  // The name in Azure of a Secret that is printed is random, so another attempt would not find what a request without an answer did
  if (world.creating?.print) return request();
  const until = world.tools.cluster().now() + requestLimit;
  return request().catch((error: unknown) => {
    throw error instanceof CliError && isLost(error) ? new Unanswered({ until, error }) : error;
  });
}

const afterEnd = ({ passwords, ...account }: Account, ended: { readonly slot: string }): Account => ({
  ...account,
  passwords: passwords.filter(({ slot }) => slot !== ended.slot),
});

const afterMade = (account: Account, { slot, madeAt, expiresAt }: Made, name: string): Account => ({
  ...afterEnd(account, { slot }),
  passwords: [...afterEnd(account, { slot }).passwords, { slot, madeAt, expiresAt, ...(slot === name ? {} : { name }) }],
});

/** What several requests of one step share: the claim, which is made to last before each of them. */
function holding(known: Knowledge, d: Desired, world: World) {
  let held = known;
  let writing: Promise<unknown> | undefined;
  const isHeld = () => observe(held, byOf(world), noPatience).isHeld;
  const write = async (): Promise<void> => {
    held = await (isHeld() ? extend(held, d, world) : claimAsRead(held, d, world));
  };
  /** Concurrent callers share one write. */
  const last = async (): Promise<void> => {
    if (isHeld() && timeLeft(held, world) >= enough) return;
    writing ??= write().finally(() => {
      writing = undefined;
    });
    await writing;
  };
  return {
    last,
    isEnding: () => timeLeft(held, world) < requestLimit,
    known: () => held,
    async send<T>(request: () => Promise<T>): Promise<T> {
      await last();
      return send(held, world, request);
    },
  };
}

async function extend(known: Knowledge, { source }: Desired, world: World): Promise<Knowledge> {
  const edited = await edit(source, extending(byOf(world)), world.tools, { object: known.facts.source?.value ?? undefined });
  return withSource(known, edited.object ?? null);
}

const noPatience = { waited: 0, claimWait: 0 };

/** Claims a source that keeps its login. @throws StartAgain if another run has written or claimed it since it was read */
async function claimAsRead(known: Knowledge, d: Desired, world: World): Promise<Knowledge> {
  const { tools } = world;
  const isDry = tools.dryRun !== "none";
  const creates = { shape: d.creates?.shape, obstacle: () => undefined };
  const old = known.facts.source?.value ?? undefined;
  const edited = await edit(d.source, claiming(d.source, byOf(world), { creates }), tools, { object: old });
  if (sourceText(edited.before) !== sourceText(old)) throw new StartAgain("another run has written the Secret");
  return claimed(remember(known, { isClaimed: true, uid: uidIn(edited) }), edited, isDry);
}

/** Creates and grants what is missing. A failure is remembered, with what reverses the steps before it. */
async function grant(known: Knowledge, d: Desired, o: Observed, step: Step & { kind: "grant" }, world: World): Promise<Knowledge> {
  const held = holding(known, d, world);
  const reversals: Reversal[] = [];
  const say: Outcome[] = [...(step.say ?? [])];
  const { creates } = d;
  const wanted = { repositories: step.repositories, exact: creates?.exact ?? false, file: creates && fileInAzure(creates) };
  const sending = { dryRun: o.by.isDry, undo: reversals, send: held.send };
  const isNew = !step.account.exists;
  const done = (account: Account, failure?: CliError): Knowledge => {
    const { granted: repositories, hasNewRight } = account;
    const granted = { say, reversals, before: JSON.stringify(o.record ?? null), isNew, repositories, hasNewRight };
    const next = remember(held.known(), { granted, failure, isFenced: undefined });
    return { ...next, facts: { ...next.facts, account: { of: "", value: account } }, last: undefined };
  };
  try {
    const lifetime = { expiresAt: d.expiresAt, isExact: d.expiresExactly === true };
    // A new account gets a password, so nothing is created if the policies don't allow it
    if (isNew) await issuerOf(o).expiryOf?.(step.account, lifetime);
    const steps = issuerOf(o).ensure(o.ask("owner"), step.account, wanted, sending);
    let one = await steps.next();
    for (; !one.done; one = await steps.next()) say.push(one.value);
    return done(one.value);
  } catch (error) {
    if (!(error instanceof CliError) || error instanceof StartAgain) throw error;
    return done(step.account, error);
  }
}

async function generate(known: Knowledge, d: Desired, o: Observed, step: Step & { kind: "generate" }, world: World): Promise<Knowledge> {
  const { tools } = world;
  const { account, slot } = step;
  const { ref, identity = ref.name } = account;
  const issuer = issuerOf(o);
  const wanted = step.expiresAt ?? lifetimeOf(account, o.record?.kind === issuer.kind ? o.record : undefined, tools.now());
  const lifetime = { expiresAt: wanted, isExact: d.expiresExactly === true };
  const expiresAt = issuer.expiryOf ? await issuer.expiryOf(account, lifetime) : wanted;
  if (o.by.isDry) return remember(known, { made: { identity, slot, expiresAt }, noted: undefined });
  const held = holding(known, d, world);
  const made = await tools.during(`Generating a password of ${ref.name}`, () => issuer.generate(account, slot, expiresAt, held.send));
  const value = afterMade(account, made, slot);
  const next = remember(held.known(), { made, noted: undefined, isFenced: undefined, isSettled: undefined });
  return { ...next, facts: { ...without(next.facts, "holder"), account: { of: "", value } }, last: undefined };
}

async function* end(known: Knowledge, o: Observed, step: Step & { kind: "end" }, world: World): AsyncGenerator<Outcome, Knowledge> {
  const { account, password, memory, say = [] } = step;
  if (!o.by.isDry) await send(known, world, () => issuerOf(o).end(account, password));
  yield* say;
  const value = afterEnd(account, password);
  const ended = [...known.memory.ended, password];
  return {
    ...remember(known, { ...memory, ended }),
    facts: { ...without(known.facts, "holder"), account: { of: "", value } },
    last: undefined,
  };
}

/** The login of the source, for places that are written while the claim lasts. */
function givenBy(d: Desired, o: Observed, held: ReturnType<typeof holding>): Omit<Given, "isSame"> {
  if (!o.record) throw new TypeError("a source without a record has no login for copies");
  const isRenewed = o.memory.kept === undefined;
  return { source: d.source, credential: o.record, login: o.login, isRenewed, claim: held.last, isEnding: held.isEnding };
}

/** How long a list of namespaces is used, in milliseconds: one may be deleted and created again before it gets its copy. */
const uidsLast = 5_000;

/** Returns whether a namespace still has the uid that the run has read. */
function sameNamespaces(
  { by }: Observed,
  read: () => Promise<ReadonlyMap<string, unknown>>,
  wanted: Readonly<Record<string, string>>,
  { cluster }: Tools,
): Given["isSame"] {
  const uids = new Map<number, ReturnType<typeof read>>();
  const uidsNow = () => memoize(uids, Math.floor(cluster().now() / uidsLast), read);
  return async (namespace) => by.isDry || (await uidsNow()).get(namespace) === wanted[namespace];
}

/** Gives copies the login of the source while the claim lasts. The loop goes on with those that are left. */
async function* copy(
  known: Knowledge,
  d: Desired,
  o: Observed,
  step: Step & { kind: "copy" },
  world: World,
): AsyncGenerator<Outcome, Knowledge> {
  const { tools } = world;
  const end = tools.cluster().now() + timeLeft(known, world) - requestLimit;
  const isEnding = () => tools.cluster().now() > end;
  const isSame = sameNamespaces(o, () => uidOfEach([...step.copies.keys()], tools.cluster()), o.copies, tools);
  const given = { ...givenBy(d, o, holding(known, d, world)), claim: async () => undefined, isEnding, isSame };
  const places = new Map(known.memory.places);
  const copies = new Map(known.facts.copies?.value);
  const bounds = { interrupted: () => tools.interrupted() || isEnding() };
  const outcomes = runConcurrently(step.copies, bounds, async function* ([namespace, secret]) {
    const one = await copied(namespace, secret, given, tools);
    if (!one || one.outcome.left) return;
    const { how, outcome } = one;
    places.set(namespace, how);
    if (outcome.result) copies.set(namespace, outcome.object as Secret | undefined);
    if (outcome.result !== "unchanged") yield outcome;
  });
  for await (const outcome of outcomes) {
    // A rotation would end the password that the copy holds
    if (step.isSilent && outcome.error && isLost(outcome.error)) throw outcome.error;
    if (!step.isSilent) yield outcome;
  }
  const facts = o.by.isDry ? known.facts : without(known.facts, "account", "holder");
  const next = { ...known, facts: { ...facts, copies: { of: "", value: copies } }, last: undefined };
  // The claim may have ended before
  const isWhole = [...step.copies.keys()].every((namespace) => places.has(namespace));
  return remember(next, step.isSilent ? (isWhole ? step.memory : {}) : { places });
}

type Copied = { readonly how: "done" | "failed"; readonly outcome: Outcome };

/** Writes one copy. @returns undefined if the claim is ending */
async function copied(namespace: string, secret: Secret | CliError | undefined, given: Given, tools: Tools): Promise<Copied | undefined> {
  const to = { ...given.source, namespace };
  if (!isSecret(secret)) return { how: "failed", outcome: { to, error: secret } };
  try {
    const outcome = await copyTo(namespace, secret, given, { mayCreate: false }, tools);
    if (!outcome.error) return { how: "done", outcome };
    // A tenant has replaced the copy. Another one that can't be written fails the run, and delays the end of the password that it holds
    const isReplaced = secret !== undefined && !isCopyOf(secret, given.source);
    if (isReplaced) return { how: "done", outcome: { to, messages: [outcome.error.message], isInfo: true } };
    return { how: "failed", outcome };
  } catch (error) {
    if (error instanceof StartAgain) return undefined;
    throw error;
  }
}

/** Gives namespaces their copies and references, and takes away what a file does not name. */
async function* place(
  known: Knowledge,
  d: Desired,
  o: Observed,
  step: Step & { kind: "place" },
  world: World,
): AsyncGenerator<Outcome, Knowledge> {
  const { tools } = world;
  const { places, creates } = step;
  const { source } = d;
  const held = holding(known, d, world);
  // A schedule may not read the namespaces that its file names no more
  const unread = new Set(creates.file ? places.unselected : []);
  const selected = Object.keys(places.copies).filter((name) => !unread.has(name));
  const isRead = sameNamespaces(o, () => uidsOf(selected, tools.cluster()), places.copies, tools);
  const given = { ...givenBy(d, o, held), isSame: async (namespace: string) => unread.has(namespace) || isRead(namespace) };
  try {
    const order = { ...creates, source };
    const writing = runConcurrently(places.all(), tools, (one) => writePlace(one, given, order, tools));
    const { left, failed } = yield* countPlaces(writing, places, source);
    for (const namespace of tools.interrupted() ? left : []) yield { to: { ...source, namespace }, left: "interrupted" };
    const next = held.known();
    const facts = o.by.isDry ? next.facts : without(next.facts, "account", "holder");
    return remember({ ...next, facts, last: undefined }, { places: failed, isPlaced: true });
  } catch (error) {
    if (!(error instanceof CliError) || error instanceof StartAgain) throw error;
    // The claim may have been written since
    return remember(held.known(), { failure: error });
  }
}

/** Yields the outcomes of places. @returns the namespaces without one, and those in which something failed */
async function* countPlaces(outcomes: AsyncIterable<Outcome>, { namespaces, copies }: Places, { kind }: Ref) {
  const left = new Set(namespaces);
  // A copy that could not be read may hold the replaced password, too
  const unwritten = new Set(Object.keys(copies));
  const failed = new Map<string, "failed" | "incomplete">();
  for await (const outcome of outcomes) {
    const { kind: of, namespace = "" } = outcome.to;
    if (!outcome.left) left.delete(namespace);
    if (isFailed(outcome)) failed.set(namespace, unwritten.has(namespace) ? "failed" : "incomplete");
    else if (of === kind) unwritten.delete(namespace);
    yield outcome;
  }
  return { left, failed };
}

/** Prints the Secret. @throws CliError if it can't be printed */
async function* print(known: Knowledge, d: Desired, step: Step & { kind: "print" }, world: World): AsyncGenerator<Outcome, Knowledge> {
  const { secret, isUnmade, say = [], memory } = step;
  await world.creating?.print?.(secret);
  yield* say;
  yield { to: d.source, result: "created", unmade: isUnmade };
  return remember(known, memory);
}

/** Takes grants back while the claim lasts. The next run uses what is left. */
async function reverse(known: Knowledge, d: Desired, step: Step & { kind: "reverse" }, world: World): Promise<Knowledge> {
  const held = holding(known, d, world);
  for (const one of step.reversals.toReversed()) await one(world.creating?.print ? (request) => request() : held.send);
  const after = held.known();
  return remember({ ...after, facts: without(after.facts, "account", "holder"), last: undefined }, step.memory);
}

/** Takes references and copies away while the claim lasts. The loop goes on with those that are left. */
async function* withdraw(
  known: Knowledge,
  d: Desired,
  o: Observed,
  { namespaces }: Step & { kind: "withdraw" },
  world: World,
): AsyncGenerator<Outcome, Knowledge> {
  const { tools } = world;
  const places = new Map(known.memory.places);
  const bounds = { interrupted: () => tools.interrupted() || timeLeft(known, world) < requestLimit };
  const outcomes = runConcurrently(namespaces, bounds, async function* (namespace) {
    places.set(namespace, "done");
    yield* takeAwayIn(namespace, d, o, world);
  });
  for await (const outcome of outcomes) {
    // A reference has the namespace of its place
    if (isFailed(outcome)) places.set(outcome.to.namespace ?? "", "failed");
    yield outcome;
  }
  return remember({ ...known, facts: without(known.facts, "holder"), last: undefined }, { places });
}

async function* takeAwayIn(namespace: string, { source }: Desired, { record }: Observed, world: World): AsyncGenerator<Outcome> {
  try {
    if (record) yield* world.takeAway?.(namespace, record) ?? [];
  } catch (error) {
    const isEnd = error instanceof StartAgain || world.tools.interrupted() || namespace === source.namespace;
    if (isEnd) throw error;
    yield { to: { kind: "namespace", name: namespace, namespace }, error: asCliError(error) };
  }
}

/** Deletes the account with the objects that were created for it. */
async function* revoke(
  known: Knowledge,
  d: Desired,
  o: Observed,
  step: Step & { kind: "revoke" },
  world: World,
): AsyncGenerator<Outcome, Knowledge> {
  const { tools } = world;
  const held = holding(known, d, world);
  let forgotten: Edited<"secret"> | undefined;
  // Without a Secret there is no claim
  const send = <T>(request: () => Promise<T>): Promise<T> => (forgotten ? request() : held.send(request));
  const beforeTrace = async () => {
    const decide = forgetting(byOf(world), o.record?.host ?? "", o.memory.uid, d.force);
    forgotten = await edit(d.source, decide, tools, { object: held.known().facts.source?.value ?? undefined });
  };
  const order = { dryRun: o.by.isDry, send, undo: [], beforeTrace: d.isFoundInAzure ? beforeTrace : undefined };
  yield* issuerOf(o).remove(o.ask("owner"), step.account, order);
  if (forgotten) yield outcomeOf(d.source, forgotten);
  const next = { ...held.known(), facts: without(held.known().facts, "account"), last: undefined };
  return remember(next, { ...step.memory, isDone: forgotten ? true : undefined });
}

async function waitFor(known: Knowledge, d: Desired, step: Step & { kind: "wait" }, { tools, waited }: World): Promise<Knowledge> {
  const { milliseconds, why, inform, rereads, isForClaim, memory } = step;
  const { namespace = "" } = d.source;
  if (inform !== undefined) tools.inform(inform);
  if (isForClaim) {
    waited.set(namespace, (waited.get(namespace) ?? 0) + milliseconds);
    await tools.sleep(milliseconds);
  } else await tools.during(why, () => tools.sleep(milliseconds, why));
  const next =
    rereads === "everything" ? { ...nothing, memory: known.memory } : { ...known, facts: without(known.facts, rereads), last: undefined };
  return remember(next, { ...memory, open: undefined });
}

/** Another run came first. */
const isOvertaken = (error: unknown): boolean => error instanceof StartAgain || error instanceof Claimed;

/** Does one step. @returns what is known after it @throws CliError, NotRead */
export async function* act(known: Knowledge, d: Desired, o: Observed, step: Step, world: World): AsyncGenerator<Outcome, Knowledge> {
  try {
    return yield* does(known, d, o, step, world);
  } catch (error) {
    if (error instanceof Unanswered && error.open.error instanceof Interrupted) throw new Open(error);
    if (error instanceof Unanswered) return remember(forgotten(known), { open: error.open });
    if (!isOvertaken(error) || d.undo || known.memory.restarts >= mostRestarts || world.tools.interrupted()) throw error;
    return forgotten(known);
  }
}

async function* does(known: Knowledge, d: Desired, o: Observed, step: Step, world: World): AsyncGenerator<Outcome, Knowledge> {
  switch (step.kind) {
    case "read":
      return readFact(known, d, o, world, step);
    case "write":
      return yield* write(known, d, step, world);
    case "grant":
      return grant(known, d, o, step, world);
    case "generate":
      return generate(known, d, o, step, world);
    case "end":
      return yield* end(known, o, step, world);
    case "copy":
      return yield* copy(known, d, o, step, world);
    case "place":
      return yield* place(known, d, o, step, world);
    case "print":
      return yield* print(known, d, step, world);
    case "reverse":
      return reverse(known, d, step, world);
    case "withdraw":
      return yield* withdraw(known, d, o, step, world);
    case "revoke":
      return yield* revoke(known, d, o, step, world);
    case "wait":
      return waitFor(known, d, step, world);
    default:
      yield* step.say ?? [];
      return remember(known, step.memory);
  }
}
