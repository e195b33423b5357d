import { createHash } from "node:crypto";
import { writeCopy } from "../credential/copies.ts";
import { warnOfRights } from "../credential/granted-rights.ts";
import { type Attempts, claim, type Hold, restarting, store } from "../credential/hold.ts";
import type { Holders } from "../credential/holders.ts";
import { finish, InGrace, isDue, isRecent, issue, release, StillHeld, undoing, type Work } from "../credential/issue.ts";
import { type Account, type Issuer, isIssuer, isShown, type Taker } from "../credential/issuer.ts";
import { OthersLogin, ownerOf, requireOwn, Unconfirmed } from "../credential/owner.ts";
import { prove, sleepHolding, stillPulls } from "../credential/prove.ts";
import type { RepositoryScope } from "../credential/repository-scope.ts";
import { asCliError, asRefusal, CliError, InTheWay, Interrupted, isNotFound, unlessForbidden, withLines } from "../errors.ts";
import { plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import { edit } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { isYoung } from "../retry.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { uidsOf } from "../scope/namespaces.ts";
import type { Credential } from "../secret/record.ts";
import { shapeOf } from "../secret/shapes.ts";
import { copying } from "../secret/source.ts";
import { toSeconds } from "../timestamp.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom } from "../usage/images.ts";
import { readersOf } from "../usage/namespace-reader.ts";
import { nameInPlace } from "../wording.ts";

/** A source that was listed, with its record. */
export type Listed = { readonly to: Ref<"secret">; readonly credential: Credential };

export type RotateOrder = {
  readonly sources: readonly Listed[];
  /** The command line names one Secret, so its error is the error of the run. */
  readonly isNamed: boolean;
  /** Why a source is not due for rotation; none if it is due. */
  notDue(credential: Credential): readonly string[];
  skipped(reasons: readonly string[], to: Ref): void;
  /** How long the replaced password works, in milliseconds; `next`: until the next rotation. */
  readonly grace: number | "next";
  /** RFC 3339, for the new password. */
  readonly expiresAt: string | undefined;
  readonly verify: boolean;
  /** Opens the kind of a recorded credential, once for each registry. */
  open(credential: Credential): Promise<Issuer | Taker>;
  /** Finds who holds a credential of a registry. */
  holders(host: string): Holders;
};

/** Replaces the passwords of sources and of their copies without a failed pull. One that can't be rotated doesn't stop the others. */
export async function* rotateSources(order: RotateOrder, tools: Tools): AsyncGenerator<Outcome> {
  const bounds = { width: limits.credentials, interrupted: tools.interrupted };
  const rotations: Rotations = { order, defects: [], waited: new Map(), unconfirmed: [] };
  for (const { credential } of order.sources) order.holders(credential.host).expect(credential.identity);
  yield* runConcurrently(order.sources, bounds, (source) => rotateListed(source, rotations, tools));
  const [defect] = rotations.defects;
  if (defect) throw defect;
  // A role that was taken away looks like forged records
  if (rotations.unconfirmed.length > 0 && rotations.unconfirmed.length === order.sources.length)
    throw new CliError("conflict", "nothing was rotated, because Azure confirms no record", {
      hint: "check that this Azure identity may read the registries",
    });
}

type Rotations = {
  readonly order: RotateOrder;
  /** Gets each defect of this program. It must not end the other rotations halfway. */
  readonly defects: unknown[];
  readonly waited: Attempts["waited"];
  /** The sources whose record Azure does not confirm. */
  readonly unconfirmed: Ref[];
};

async function* rotateListed({ to, credential }: Listed, rotations: Rotations, tools: Tools): AsyncGenerator<Outcome> {
  const { order, defects, waited } = rotations;
  const reasons = order.notDue(credential);
  const isOnlyEnding = reasons.length > 0;
  if (isOnlyEnding) order.skipped(reasons, to);
  if (isOnlyEnding && !isDue(credential, tools.cluster().now())) return;
  const progress = { isRotated: false, isWarned: false };
  try {
    yield* restarting(to, tools, (attempts) => attempt({ order, attempts, tools, progress, isOnlyEnding }), waited);
  } catch (error) {
    if (order.isNamed) throw error;
    if (error instanceof CliError) yield* failed(to, error, rotations);
    else defects.push(error);
  }
}

function* failed(to: Ref<"secret">, error: CliError, { order, unconfirmed }: Rotations): Generator<Outcome> {
  if (error instanceof Unconfirmed) unconfirmed.push(to);
  if (error instanceof InGrace) order.skipped(["grace"], to);
  else if (error instanceof OthersLogin) order.skipped(["unable"], to);
  else if (error instanceof Unconfirmed || error instanceof StillHeld) yield { to, messages: [error.message] };
  else if (error instanceof Interrupted) yield { to, left: "interrupted" };
  else yield { to, error };
}

type Run = {
  readonly order: RotateOrder;
  readonly attempts: Attempts;
  readonly tools: Tools;
  /** The run replaces a password that works at most once, and warns of the rights of a credential once. */
  readonly progress: { isRotated: boolean; isWarned: boolean };
  /** The source is not due: only a replaced password whose time is over ends. */
  readonly isOnlyEnding: boolean;
};

async function* attempt(run: Run): AsyncGenerator<Outcome> {
  const { order, attempts, tools } = run;
  const hold = await claim(attempts, {}, tools);
  const { credential, to } = hold;
  if (!credential) throw noRecord(to);
  if (credential.isExported) throw exported(to, credential);
  const opened = await order.open(credential).catch((error: unknown) => {
    throw isNotFound(error) ? noRegistry(to, error) : error;
  });
  if (!isIssuer(opened)) return yield* takeAgain(opened, hold, run);
  const owner = await ownerOf(to, tools.cluster());
  const work: Work = {
    hold,
    attempts,
    issuer: opened,
    owner,
    undo: [],
    holders: order.holders(credential.host),
    endsAtOnce: tools.force && order.grace === 0,
  };
  requireOwn(owner, opened, credential);
  const account = await opened.look(owner, hold);
  if (!account.exists) throw deleted(opened, credential, to);
  const copies = await readCopies(hold);
  if (!run.isOnlyEnding) yield* replaceOnce(work, account, copies, run);
  const old: Ref[] = [];
  for await (const outcome of giveToCopies(hold, copies)) {
    if (isFailed(outcome)) old.push(outcome.to);
    yield outcome;
  }
  yield* finish(work, { failed: old });
  if (run.progress.isRotated) yield* report(hold);
}

/** Warns that the credential can do more than pull. */
function* warnOnce({ ref, rights }: Account, { progress }: Run): Generator<Outcome> {
  const warning = progress.isWarned ? undefined : warnOfRights(rights);
  progress.isWarned = true;
  if (warning !== undefined) yield { to: ref, messages: [warning] };
}

const noRecord = ({ name, namespace }: Ref) =>
  new CliError("invalid", `secret "${name}" holds no login of this plugin`, { hint: { ...plugin("list"), namespace } });

const exported = ({ name, namespace }: Ref, { host }: Credential) =>
  new InTheWay(`secret "${name}" was exported, so it is not rotated in the cluster`, {
    ...plugin("create", name, "--registry", host, "--export"),
    namespace,
  });

const noRegistry = (to: Ref, { message, hint }: CliError) =>
  new Unconfirmed(withLines(`${nameInPlace(to)} records a registry that was not found`, message), hint);

/** The name of an ACR token is that of its source, while a record may name any application. */
function deleted({ hasOwnName }: Issuer, { identity, host }: Credential, to: Ref): CliError {
  const hint = { ...plugin("create", to.name, "--registry", host), namespace: to.namespace };
  if (hasOwnName) return new CliError("notFound", `"${identity}" was deleted from ${host}`, { hint });
  return new Unconfirmed(`${nameInPlace(to)} records application "${identity}", which does not exist`, hint);
}

/**
 * Whether the source needs a new password. A rotation that was killed or that failed for a copy is completed with the password that it has
 * stored, for a day: a tenant can always write a copy, or hold the replaced password.
 */
async function mustReplace({ hold, endsAtOnce }: Work, account: Account, copies: KnownCopies, run: Run): Promise<boolean> {
  const { tools, progress } = run;
  const { credential, login } = hold;
  if (!credential || !login || !isShown(account, credential)) return true;
  if (await isRefused(hold, run)) return true;
  if (progress.isRotated) return false;
  if (endsAtOnce || !isRecent(credential, tools.cluster().now())) return true;
  const { previous, madeAt = "" } = credential;
  const isOverdue = previous?.until !== undefined && Date.parse(previous.until) <= Date.parse(madeAt);
  return !isOverdue && !isBehind(hold, copies);
}

/** Whether the registry rejects the login of a source. It may not know a young password yet. */
async function isRefused(hold: Hold, { order, tools }: Run): Promise<boolean> {
  const { credential, login } = hold;
  if (!order.verify || !credential || !login) return false;
  const { host, repositories = [], identity, madeAt } = credential;
  const sleep = login.username === identity && isYoung(madeAt, tools.cluster().now()) ? sleepHolding(hold) : undefined;
  return (await stillPulls({ host, repositories, images: [] }, login, tools.registry(), sleep)).pulls === "no";
}

/** Whether a copy lacks the login of its source. One that can't be read may hold the replaced password. */
const isBehind = ({ to: source, credential, login }: Hold, copies: KnownCopies): boolean =>
  credential !== undefined &&
  [...copies].some(([namespace, secret]) => {
    if (secret instanceof CliError) return credential.previous !== undefined;
    const of = { source, credential, login, mayCreate: false };
    return copying({ ...source, namespace }, of)(secret).act === "patch";
  });

/** @throws OthersLogin if a user has put a login of another account into the source, unless the registry rejects it */
async function refuseOthers(hold: Hold, run: Run): Promise<void> {
  const { to, credential, login } = hold;
  if (!credential || !login || login.username === credential.identity || run.tools.force) return;
  if (await isRefused(hold, run)) return;
  const message = `secret "${to.name}" holds a login of "${login.username}", and not the recorded one of "${credential.identity}"`;
  throw new OthersLogin(message, "add --force to replace it");
}

/** Replaces the password, unless an attempt or a killed run has done so. */
async function* replaceOnce(work: Work, account: Account, copies: KnownCopies, run: Run): AsyncGenerator<Outcome> {
  const { hold } = work;
  const { order, progress } = run;
  await refuseOthers(hold, run);
  yield* warnOnce(account, run);
  if (!(await mustReplace(work, account, copies, run))) {
    if (!progress.isRotated) yield { to: hold.to, result: "unchanged", because: "an interrupted rotation is completed" };
    return;
  }
  // Copies that an earlier rotation missed hold the password that ends to make room. What is written here is printed with the next password
  if (hold.credential?.previous && isShown(account, hold.credential)) await Array.fromAsync(giveToCopies(hold, copies));
  const repositories = hold.credential?.repositories ?? account.granted;
  const scope = order.verify ? await proofFor(work, repositories ?? []) : undefined;
  const { expiresAt, grace } = order;
  const shape = hold.object && shapeOf(hold.object);
  const file = hold.credential?.file;
  yield* undoing(work, issue(work, account, { expiresAt, grace, scope, shape, repositories, file, isNewAccount: false }));
  progress.isRotated = true;
}

async function proofFor({ hold, issuer }: Work, granted: readonly string[]): Promise<RepositoryScope> {
  const host = issuer.registry.loginServer;
  return { host, repositories: issuer.isScoped ? granted : [], images: await imagesAround(hold, host) };
}

/** Images of some pods in the source's namespace; none without permission to list pods. */
async function imagesAround({ to: { namespace = "" }, tools }: Hold, host: string) {
  const pages = tools.cluster().pages("pod", { namespace })[Symbol.asyncIterator]();
  const first = await pages.next().catch(unlessForbidden(undefined));
  return imagesFrom([host], first?.value ?? []);
}

/** The copies that the source records, as they were read, or why not, without those in namespaces that were created again. */
type KnownCopies = ReadonlyMap<string, Secret | CliError | undefined>;

async function readCopies({ to, copies, tools }: Hold): Promise<KnownCopies> {
  const names = Object.keys(copies);
  if (names.length === 0) return new Map();
  const cluster = tools.cluster();
  const uids = await uidsOf(names, cluster);
  const namespaces = names.filter((name) => uids.get(name) === copies[name]);
  const known = new Map<string, Secret | CliError | undefined>();
  const reads = { secret: to.name, targets: { picks: [], whereUsed: false }, pods: "none", lenient: true } as const;
  for await (const { scope, read } of readersOf({ cluster, namespaces, open: true, trace: tools.trace }, reads))
    known.set(scope.namespace, await read().then(({ secret }) => secret, asRefusal));
  return known;
}

/** Gives the recorded copies that exist the login. A Secret in the way that is not a copy is only named. */
async function* giveToCopies(hold: Hold, copies: KnownCopies): AsyncGenerator<Outcome> {
  const { to: source, credential, login, tools } = hold;
  if (!credential) return;
  yield* runConcurrently(copies, { interrupted: tools.interrupted }, async function* ([namespace, secret]) {
    const to = { ...source, namespace };
    if (secret instanceof CliError) return yield { to, error: secret };
    const decision = copying(to, { source, credential, login, mayCreate: false })(secret);
    if (decision.act === "refuse") yield { to, messages: [decision.error.message], isInfo: true };
    else if (decision.act !== "keep") yield await writeCopy(hold, namespace, { mayCreate: false, known: { object: secret } });
  });
}

/** Replaces a login that the registry issues and that ends by itself. */
async function* takeAgain(taker: Taker, hold: Hold, { order, tools }: Run): AsyncGenerator<Outcome> {
  const { to, credential, login, object } = hold;
  const scope = { host: taker.host, repositories: credential?.repositories ?? [], images: await imagesAround(hold, taker.host) };
  const taken = await taker.take({ to, credential, login }, scope);
  if (order.verify && !taken.isProven) yield* prove({ hold, tools }, taken.login, scope);
  const stored = await store(hold, { credential: taken.credential, login: taken.login, shape: object && shapeOf(object) });
  if (taken.warnings.length > 0) yield { to: { kind: "registry", name: taker.host }, messages: taken.warnings };
  yield { to, result: stored.did === "keep" ? "unchanged" : "configured", object: stored.object, before: stored.before };
  yield* giveToCopies(hold, await readCopies(hold));
  await release(hold);
}

/** Creates an Event for the rotated Secret. The rotation is done, so an Event that can't be created is only a warning. */
async function* report({ to, object, credential, tools }: Hold): AsyncGenerator<Outcome> {
  if (tools.dryRun !== "none") return;
  const { name, namespace = "" } = to;
  const message = `now holds another password of ${credential?.identity}`;
  const at = toSeconds(tools.now());
  const unique = createHash("sha256")
    .update(JSON.stringify([tools.runId, message]))
    .digest("hex")
    .slice(0, 16);
  const ref = { kind: "event", name: `${name.slice(0, 200)}.${unique}`, namespace } as const;
  const event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: ref.name, namespace },
    involvedObject: { apiVersion: "v1", kind: "Secret", namespace, name, uid: object?.metadata.uid },
    type: "Normal",
    reason: "Rotated",
    message,
    ...{ source: { component }, reportingComponent: component, firstTimestamp: at, lastTimestamp: at, count: 1 },
  };
  const decide = (old: object | undefined) =>
    old ? ({ act: "keep", because: "it exists" } as const) : ({ act: "create", object: event } as const);
  const error = await edit(ref, decide, tools, { object: undefined }).then(() => undefined, asCliError);
  if (error && !(error instanceof Interrupted)) yield { to, messages: [withLines("no Event was created", error.message)] };
}

/** The component that reports, in the output of `kubectl describe`. */
const component = "kubectl-acr-secret";
