import { checkCopies } from "../credential/copies.ts";
import { type Attempts, claim, type Hold, restarting, sendToAzure, store } from "../credential/hold.ts";
import { type Holders, openHolders } from "../credential/holders.ts";
import { finish, issue, release, undoing, type Work } from "../credential/issue.ts";
import { type Account, type Issuer, isIssuer, isShown, type Taker } from "../credential/issuer.ts";
import { kindCalled } from "../credential/kinds.ts";
import { requireRepositories } from "../credential/missing-repositories.ts";
import { notOwn, type Owner, ownerOf } from "../credential/owner.ts";
import { type LoginTest, prove, stillPulls } from "../credential/prove.ts";
import { lackingIn, namedOrUsed, type RepositoryScope, repositoryScopeOf } from "../credential/repository-scope.ts";
import { CliError, Interrupted } from "../errors.ts";
import { type Command, flag, plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import { edit, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { isLoginServerOf } from "../registry/login-server.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import { isYoung } from "../retry.ts";
import { once } from "../scope/concurrency.ts";
import { missingNamespace } from "../scope/namespaces.ts";
import type { Scope } from "../scope/scope.ts";
import { fileId } from "../secret/azure-words.ts";
import { loginOf } from "../secret/login.ts";
import { obstacleTo, type Wanted } from "../secret/obstacle.ts";
import {
  type Copies,
  type Credential,
  claimOf,
  copiesOf,
  credentialOf,
  type FileOfRecord,
  isSameFile,
  type SourceOfCopy,
  sourceOf,
} from "../secret/record.ts";
import { type ShapeName, shapeOf } from "../secret/shapes.ts";
import { type Claiming, StartAgain, storingGiven } from "../secret/source.ts";
import type { RestartOptions } from "../targets/restart.ts";
import type { Tools } from "../tools.ts";
import { copyError } from "../usage/pull-secrets.ts";
import type { TargetOptions } from "../usage/targets.ts";
import { inLine } from "../wording.ts";
import { takeOver } from "./adopt.ts";
import { type FileOrder, type Given, type Places, placesOf, replacing, writePlaces } from "./create-places.ts";

export type CreateOrder = {
  readonly source: Ref<"secret">;
  /** The registry as the user named it: a name, a login server, or an id in Azure. */
  readonly registry: string;
  readonly kind: string;
  /** Azure generates passwords of this kind. */
  readonly isIssued: boolean;
  /** Opens the kind for the registry. Called only if the source lacks what was asked for. */
  open(): Promise<Issuer | Taker>;
  readonly repositories: readonly string[];
  /** Also grants the repositories that pods use. */
  readonly fromPods: boolean;
  /** Pods tell the repositories if none is named, because the Secret is for pods. */
  readonly podsTell: boolean;
  /** Takes away the repositories that are not named. */
  readonly exact: boolean;
  readonly expiresAt: string | undefined;
  readonly verify: boolean;
  /** The layout of the Secret for another reader than the kubelet. */
  readonly shape: ShapeName | undefined;
  /** The namespaces that get a copy; undefined: the recorded copies stay as they are. */
  readonly copyTo: Scope | undefined;
  readonly targets: TargetOptions;
  /** How long to wait for the default ServiceAccount of a new namespace, in milliseconds. */
  readonly wait: number;
  readonly restart: RestartOptions;
  readonly recreate: boolean;
  /** The current command, as the base of one that grants more. */
  readonly again: Command;
  /** The current command with exactly these repositories. */
  grantExactly?(repositories: readonly string[]): Command;
  /** The reader of the Secret, if it is not the kubelet. */
  readonly reader: string | undefined;
  /** Finds who holds a credential of a registry, for all sources of a run. */
  holders?(host: string): Holders;
  /** The file of `apply` that asks for the source. Copies and references that it does not name are taken away. */
  readonly file: FileOrder | undefined;
};

/** Gives a source a login that pulls, the same to its copies, and the Secret to the targets. */
export async function* createSecret(order: CreateOrder, tools: Tools): AsyncGenerator<Outcome> {
  try {
    yield* restarting(order.source, tools, (attempts) => attempt({ order, attempts, tools }));
  } catch (error) {
    // The outcomes so far are printed, and how many namespaces are left
    if (!(error instanceof Interrupted)) throw error;
  }
}

type Run = { readonly order: CreateOrder; readonly attempts: Attempts; readonly tools: Tools };

/** What the source holds before the run. */
type TestedSource = {
  readonly secret: Secret | undefined;
  readonly credential: Credential | undefined;
  readonly login: Login | undefined;
  readonly test: LoginTest;
};

async function* attempt(run: Run): AsyncGenerator<Outcome> {
  const { order, tools } = run;
  const places = await placesOf(order, tools);
  const copied = places.secret && sourceOf(places.secret);
  if (copied && !replacing(order, order.source)(places.secret))
    throw await copyError(order.source, copied, tools.cluster(), (credential) => forSource(copied, credential, order), "use another name");
  checkCopies(places.copies);
  yield* takeOver(order, places);
  if (places.note) yield places.note;
  for (const name of places.missing) yield { to: { kind: "namespace", name, namespace: name }, error: missingNamespace(name) };
  const before = await testSource(run, places);
  const isKept = isEnough(before, run, await places.images(before.credential?.host));
  const given = yield* isKept ? keep(before, run, places) : renew(before, run, places);
  const { failed, incomplete } = yield* writePlaces(places, given, order, tools);
  yield* settle(given, places, incomplete, order);
  const held = given.held();
  if (given.work) yield* finish(given.work, { failed });
  else if (held) await release(held);
}

/** Records what the file of `apply` does not name any more as taken away: namespaces with copies, and ServiceAccounts. */
async function* settle(
  given: Given,
  places: Places,
  incomplete: ReadonlySet<string>,
  { file, source }: CreateOrder,
): AsyncGenerator<Outcome> {
  const { login } = given;
  if (!file) return;
  const taken = places.withdrawn.filter((namespace) => !incomplete.has(namespace));
  const credential = given.held()?.credential ?? given.credential;
  const isLess = incomplete.size === 0 && credential.file?.serviceAccounts.some((word) => !file.serviceAccounts.includes(word));
  if (taken.length === 0 && !isLess) return;
  const copies = Object.fromEntries(Object.entries(places.copies).filter(([namespace]) => !taken.includes(namespace)));
  const record = isLess ? { ...credential, file: recordedFile(file, undefined) } : credential;
  const hold = await given.hold();
  await store(hold, { credential: record, login, copies, shape: undefined });
  if (taken.length === 0) return;
  const ending = plugin("rotate", source.name, "--grace", "0", "--force");
  yield { to: source, messages: [`the password stays known in ${inLine(taken)} until the next rotation. To end it now, run`], fix: ending };
}

/** The record of a file during a run: with the ServiceAccounts that it named before, until their references are removed. */
const recordedFile = ({ home, name, serviceAccounts }: FileOrder, before: Credential | undefined): FileOfRecord => ({
  home,
  name,
  serviceAccounts: [...new Set([...serviceAccounts, ...(before?.file?.serviceAccounts ?? [])])].sort(),
});

/** The command that grants the same to the source of a copy, without the flags that take rights away or write to namespaces. */
function forSource({ name }: SourceOfCopy, credential: Credential, { registry, repositories }: CreateOrder): Command | undefined {
  const kind = kindCalled(credential.kind)?.again?.(credential);
  return kind && plugin("create", name, "--registry", registry, kind, flag("repository", repositories));
}

async function testSource({ order, tools }: Run, places: Places): Promise<TestedSource> {
  const { secret } = places;
  const credential = credentialOf(secret);
  const login = credential && loginOf(secret, credential.host);
  if (!credential || !login || hasExpired(credential, tools.now())) return { secret, credential, login, test: { pulls: "no" } };
  // A record, which anyone in the namespace can write, sends a login to no other host
  const isAnother = !isLoginServerOf(credential.host, order.registry);
  if (!order.verify || isAnother) return { secret, credential, login, test: { pulls: "unknown", isSkipped: true } };
  const { host, repositories = [] } = credential;
  const scope = { host, repositories, images: await places.images(host) };
  const asking = () => stillPulls(scope, login, tools.registry());
  return { secret, credential, login, test: await tools.during(`Asking ${host} whether the credential still pulls`, asking) };
}

const hasExpired = ({ expiresAt }: Credential, now: Date): boolean => expiresAt !== undefined && new Date(expiresAt) <= now;

/** Whether the source holds a login of the wanted kind that works and may pull what was asked for. */
function isEnough({ secret, credential, test }: TestedSource, { order }: Run, images: readonly ImageRef[]): boolean {
  if (!secret || !credential || !order.isIssued || claimOf(secret) || test.pulls === "no") return false;
  if (shapeOf(secret) !== (order.shape ?? "pull-secret")) return false;
  const { kind, host, repositories = [] } = credential;
  if (kind !== order.kind || !isLoginServerOf(host, order.registry)) return false;
  if (order.file && !isOfFile(credential, order.file)) return false;
  const wanted = [...order.repositories, ...(order.fromPods ? images.map(({ repository }) => repository) : [])];
  return isPullable(repositories, wanted, order.exact);
}

const fileInAzure = ({ file }: CreateOrder) => file && { id: fileId(file), isEach: file.isOfTeam };

/** Whether Azure shows what the source records: its description must name the file. */
const isOfFile = ({ file, repositories = [] }: Credential, order: FileOrder): boolean =>
  isSameFile(order, file) && order.isDescribed && isPullable(order.granted ?? repositories, repositories, true);

const isPullable = (granted: readonly string[], wanted: readonly string[], exact: boolean): boolean =>
  lackingIn(granted, wanted).length === 0 && !(exact && lackingIn(wanted, granted).length > 0);

/** The login stays. The source is claimed only if a copy is missing or differs. */
async function* keep(
  { secret, credential: recorded, login, test }: TestedSource,
  run: Run,
  places: Places,
): AsyncGenerator<Outcome, Given> {
  const { order } = run;
  const { source, file } = order;
  if (!recorded) throw new CliError("internal", "a source without a record was kept");
  const credential = file ? { ...recorded, file: recordedFile(file, recorded) } : recorded;
  const messages = [...tooLong(credential, order), ...untested(test, source)];
  yield { to: source, result: "unchanged", because: "holds this credential", object: secret, messages };
  const isSame =
    JSON.stringify(copiesOf(secret)) === JSON.stringify(places.copies) && JSON.stringify(credential) === JSON.stringify(recorded);
  let held: Hold | undefined;
  // The places share one claim
  const hold = once(async () => {
    const claimed = await claimAsRead(run, recorded, { creates: { shape: order.shape, obstacle: () => undefined } });
    if (!isSame) await store(claimed, { credential, login, copies: places.copies, shape: order.shape });
    held = claimed;
    return claimed;
  });
  if (!isSame) await hold();
  return { credential, login, isRenewed: false, hold, held: () => held };
}

/**
 * Claims the source, if it still has the record that this attempt has read.
 * @throws StartAgain if another run had claimed it, which may have left a password, or has written the record
 */
async function claimAsRead({ attempts, tools }: Run, read: Credential | undefined, claiming: Claiming): Promise<Hold> {
  const hold = await claim(attempts, claiming, tools);
  const isOld = hold.hasWaited || JSON.stringify(hold.credential) !== JSON.stringify(read);
  if (isOld) throw new StartAgain("another run has written the Secret");
  return hold;
}

const tooLong = ({ expiresAt }: Credential, { expiresAt: wanted, source: { name }, file }: CreateOrder): string[] => {
  if (file || wanted === undefined || (expiresAt !== undefined && expiresAt <= wanted)) return [];
  const now = expiresAt === undefined ? "never expires" : `works until ${expiresAt}`;
  return [`secret/${name} keeps its password, which ${now}. To use --expires-in, run rotate with it`];
};

const untested = ({ untestedBecause }: LoginTest, { name }: Ref): string[] =>
  untestedBecause === undefined ? [] : [`secret/${name} keeps its password, which was not tested: ${untestedBecause}`];

/** Opens the kind of credential, and gives the source its login. */
async function* renew(before: TestedSource, run: Run, places: Places): AsyncGenerator<Outcome, Given> {
  const { order, tools } = run;
  const opened = await order.open();
  const wanted: Wanted = {
    kind: opened.kind,
    host: isIssuer(opened) ? opened.registry.loginServer : opened.host,
    shape: order.shape,
    fieldManager: tools.fieldManager,
    force: tools.force,
    pulls: before.test.pulls,
    mayChangeKind: order.file !== undefined,
    isDescribed: order.file?.maker !== undefined,
    replaces: replacing(order, order.source),
  };
  const obstacle = (secret: Secret) => obstacleTo(order.source, secret, wanted);
  const problem = before.secret && obstacle(before.secret);
  if (problem) throw problem;
  const creating = { shape: order.shape, obstacle };
  return isIssuer(opened) ? yield* issueTo(opened, creating, before, run, places) : yield* take(opened, creating, before, run, places);
}

/** Another kind of credential is a rotation: pods may still start with the old one, so it does not end now. */
function leftBehind(old: Credential | undefined, { source, registry, file }: CreateOrder): Outcome[] {
  if (!old || file?.endsReplaced || kindCalled(old.kind)?.notRenewable !== undefined) return [];
  const messages = [`${old.kind} ${old.identity} still works. To end it once no Secret holds it, run`];
  return [{ to: source, messages, fix: plugin("prune", "--registry", registry) }];
}

type Creating = { readonly shape: ShapeName | undefined; obstacle(secret: Secret): CliError | undefined };

/** Grants what was asked for, and generates a password unless that of the source works. */
async function* issueTo(
  issuer: Issuer,
  creating: Creating,
  before: TestedSource,
  run: Run,
  places: Places,
): AsyncGenerator<Outcome, Given> {
  const { order, attempts, tools } = run;
  const file = order.file ? recordedFile(order.file, before.credential) : before.credential?.file;
  const owner = await ownerOf(order.source, tools.cluster(), { file: fileInAzure(order) });
  const known = before.credential?.kind === issuer.kind ? before : { test: before.test, credential: undefined, login: undefined };
  const evidence = { credential: known.credential, claim: claimOf(before.secret) };
  const account = await issuer.look(owner, evidence);
  const host = issuer.registry.loginServer;
  const images = await places.images(host);
  const login = reusableLogin({ ...known, test: await testYoung(known, account, images, tools) }, owner, issuer, tools.force);
  const scope = scopeToGrant(issuer, account, images, order);
  await checkRepositories(issuer, order, tools);
  const slot = account.exists ? undefined : issuer.slotFor(account, undefined, () => false, owner);
  const intent = slot === undefined ? undefined : { slot };
  const hold = await claimAsRead(run, before.credential, { creates: creating, identity: owner.name, intent });
  const holders = order.holders?.(host) ?? openHolders(tools.cluster(), tools.registry, host);
  const work: Work = { hold, attempts, issuer, owner, undo: [], endsAtOnce: false, holders };
  const wanted = { account, scope, login, copies: places.copies, file };
  // Printed when the login is in the Secret: a run that fails reverses them
  const done: Outcome[] = known.credential ? [] : leftBehind(before.credential, order);
  for await (const outcome of undoing(work, giveLogin(work, wanted, order), !account.exists)) done.push(outcome);
  yield* done;
  const { credential } = hold;
  if (!credential) throw new StartAgain("the source has no login");
  return { credential, login: hold.login, isRenewed: true, hold: async () => hold, held: () => hold, work };
}

/**
 * Checks the repositories that are named with --exact, because a misspelled one would replace the right one. A file may name one that does
 * not exist yet, of which the proof warns.
 * @throws CliError notFound; invalid if a file names repositories for a credential that pulls the whole registry
 */
async function checkRepositories(issuer: Issuer, order: CreateOrder, tools: Tools): Promise<void> {
  if (!order.file) return requireRepositories(issuer, order, tools);
  const { name: registry } = issuer.registry;
  if (!issuer.isScoped && order.repositories.some((one) => one !== "*"))
    throw new CliError("invalid", `registry ${registry} has no roles for single repositories, so a service principal pulls all of them`, {
      hint: "write repositories: ['*'], or credential: acr-token",
    });
}

/** Tests again what a registry refused, if it may not know a password yet that Azure shows. */
async function testYoung(
  { credential, login, test }: Omit<TestedSource, "secret">,
  account: Account,
  images: readonly ImageRef[],
  tools: Tools,
): Promise<LoginTest> {
  if (!credential || !login || test.pulls !== "no" || hasExpired(credential, tools.now())) return test;
  if (!isYoung(credential.madeAt, tools.cluster().now()) || !isShown(account, credential)) return test;
  const { host, repositories = [] } = credential;
  return stillPulls({ host, repositories, images }, login, tools.registry(), tools.sleep);
}

/** Returns the login of the source, unless the registry rejects it. @throws Unconfirmed if another account has it, without --force */
function reusableLogin(
  { credential, login, test }: Omit<TestedSource, "secret">,
  owner: Owner,
  issuer: Issuer,
  force: boolean,
): Login | undefined {
  if (!credential || test.pulls === "no") return undefined;
  if (!issuer.hasOwnName || credential.identity === owner.name) return login;
  if (force) return undefined;
  throw notOwn(owner, credential);
}

type WantedLogin = {
  readonly account: Account;
  readonly scope: RepositoryScope;
  readonly login: Login | undefined;
  readonly copies: Copies;
  readonly file: FileOfRecord | undefined;
};

/** Creates what is missing in Azure, and stores a login that may pull: the source's own, or a new one. */
async function* giveLogin(work: Work, { account, scope, login, copies, file }: WantedLogin, order: CreateOrder): AsyncGenerator<Outcome> {
  const { hold, attempts, issuer, owner, undo } = work;
  const { tools, credential } = hold;
  const { exact, expiresAt, shape, source } = order;
  const dryRun = tools.dryRun !== "none";
  const sending = { dryRun, undo, send: <T>(request: () => Promise<T>) => sendToAzure(hold, attempts, request) };
  const ready = yield* issuer.ensure(owner, account, { repositories: scope.repositories, exact, file: fileInAzure(order) }, sending);
  const repositories = issuer.isScoped ? [...new Set(ready.granted ?? scope.repositories)].sort() : ["*"];
  const proof = order.verify ? scope : undefined;
  if (!login || !credential || !isShown(ready, credential)) {
    const issuing = { expiresAt, shape, scope: proof, grace: 0, copies, repositories, file, isNewAccount: !account.exists } as const;
    // The login of the source does not work, so it needs a slot now, unless the registry may not know the password yet
    return yield* issue({ ...work, endsAtOnce: !isYoung(credential?.madeAt, tools.cluster().now()) }, ready, issuing);
  }
  if (!dryRun) yield* prove({ ...work, hasNewRight: ready.hasNewRight }, login, proof);
  yield outcomeOf(source, await store(hold, { credential: { ...credential, repositories, file }, login, copies, shape }));
}

/** The repositories to grant and to prove. If the kind can't be limited to repositories, only those of images are proven. */
function scopeToGrant(issuer: Issuer, { granted }: Account, images: readonly ImageRef[], order: CreateOrder): RepositoryScope {
  const host = issuer.registry.loginServer;
  const { repositories, fromPods, grantExactly } = order;
  const had = order.exact ? undefined : granted;
  if (issuer.isScoped)
    return { ...repositoryScopeOf({ host, ...order }, { repositories, fromPods, images }, had), named: repositories, grantExactly };
  return { host, repositories: [...new Set(images.map(({ repository }) => repository))].sort(), images };
}

/** Takes a login that exists already, or that the registry issues. Only copies need a claim: the plugin generates nothing. */
async function* take(taker: Taker, creating: Creating, before: TestedSource, run: Run, places: Places): AsyncGenerator<Outcome, Given> {
  const { order, attempts, tools } = run;
  const { host } = taker;
  const images = await places.images(host);
  const { repositories: named } = order;
  const scope = { host, repositories: namedOrUsed({ repositories: named, images }), named, images };
  const { login, credential, warnings, isProven } = await taker.take({ to: order.source, ...before }, scope);
  const hasCopies = Object.keys(places.copies).length > 0 || Object.keys(copiesOf(before.secret)).length > 0;
  const hold = hasCopies ? await claim(attempts, { creates: creating }, tools) : undefined;
  if (order.verify && !isProven) yield* prove({ hold, tools }, login, scope);
  const of = { credential, login, copies: places.copies, shape: order.shape };
  const decide = storingGiven(order.source, of, creating.obstacle);
  const edited = hold ? await store(hold, of) : await edit(order.source, decide, tools, { object: before.secret });
  if (warnings.length > 0) yield { to: { kind: "registry", name: host }, messages: warnings };
  const stored = outcomeOf(order.source, edited);
  yield hold?.isNew ? { ...stored, result: "created", before: undefined } : stored;
  const noHold = () => Promise.reject(new CliError("internal", "a source without copies was claimed"));
  return { credential, login, isRenewed: true, hold: async () => hold ?? noHold(), held: () => hold };
}
