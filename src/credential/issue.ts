import { skewOfAzure } from "../clock.ts";
import { asCliError, CliError, InTheWay, isRefusal, withLines } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { outcomeOf } from "../kube/edit.ts";
import type { Outcome } from "../outcome.ts";
import type { Login } from "../registry/port.ts";
import { type Copies, type Credential, type FileOfRecord, isRecorded, samePassword } from "../secret/record.ts";
import { type ShapeName, shapeOf } from "../secret/shapes.ts";
import { claimLasts, extending, releasing, requestLimit, StartAgain } from "../secret/source.ts";
import { isTimestamp, renewedExpiry, toSeconds } from "../timestamp.ts";
import { nameInPlace } from "../wording.ts";
import { type Attempts, byOf, type Hold, noteIntent, sendToAzure, store, writeSource } from "./hold.ts";
import { type Held, type Holders, isNewerCopy, isOther, uncheckedHolders } from "./holders.ts";
import { type Account, type Issuer, isShown, type Made, type Shown } from "./issuer.ts";
import type { Owner } from "./owner.ts";
import { prove } from "./prove.ts";
import type { RepositoryScope } from "./repository-scope.ts";

/** One credential of one source, in one attempt of a run. */
export type Work = {
  readonly hold: Hold;
  readonly attempts: Attempts;
  readonly issuer: Issuer;
  readonly owner: Owner;
  readonly holders: Holders;
  /** A replaced password ends although a Secret holds it, and in its grace period. */
  readonly endsAtOnce: boolean;
  /** What reverses the steps so far, the last one last. */
  readonly undo: (() => Promise<unknown>)[];
};

export type Order = {
  /** RFC 3339. Default: the new password lasts as long as the one that it replaces. */
  readonly expiresAt: string | undefined;
  /** How long the replaced password works, in milliseconds; `next`: until the next rotation. */
  readonly grace: number | "next";
  /** The repositories and images to prove it with; undefined: it is not proven. */
  readonly scope: RepositoryScope | undefined;
  readonly shape: ShapeName | undefined;
  /** Absent: they stay. */
  readonly copies?: Copies | undefined;
  readonly repositories: readonly string[] | undefined;
  /** The file of `apply` that the source belongs to. */
  readonly file: FileOfRecord | undefined;
  /** This run created the account, so its slots were looked at when it was created. */
  readonly isNewAccount: boolean;
};

/** How long a Secret that holds a replaced password delays its end, in milliseconds. A rotation that failed is completed for as long. */
const holderDelay = 24 * 3_600_000;
const endOfDelay = ({ madeAt = "" }: Credential): number => (isTimestamp(madeAt) ? Date.parse(madeAt) : 0) + holderDelay;

/** Whether a rotation may still have to complete the one before. Later it replaces the password, whatever copies and other Secrets hold. */
export const isRecent = (credential: Credential, now: number): boolean => now < endOfDelay(credential);

/** Generates a password, proves it, and writes it to the source with its record, in one write. */
export async function* issue(work: Work, seen: Account, order: Order): AsyncGenerator<Outcome> {
  const { hold, attempts, issuer, undo } = work;
  const { tools } = hold;
  const account = yield* makeRoom(work, seen);
  const slot = yield* noteSlot(work, account, order);
  const old = hold.credential;
  const changed: Outcome[] = account.exists && !order.isNewAccount ? [{ to: account.ref, result: "configured" }] : [];
  const replaced = old !== undefined && isShown(account, old) ? old : undefined;
  const expiresAt = order.expiresAt ?? lifetimeOf(account, old, tools.now());
  if (tools.dryRun !== "none") {
    const made = { identity: account.identity ?? account.ref.name, slot, expiresAt };
    yield* changed;
    return yield* storeAs(work, recordOf(issuer, made, order, { replaced, now: tools.cluster().now() }), undefined, order);
  }
  const send = <T>(request: () => Promise<T>) => sendToAzure(hold, attempts, request);
  const generate = () => issuer.generate(account, slot, expiresAt, send);
  const made = await tools.during(`Generating a password of ${account.ref.name}`, generate);
  undo.push(() => issuer.end(account, made));
  yield* prove({ ...work, hasNewRight: account.hasNewRight, isNewPassword: true }, made.login, order.scope);
  yield* changed;
  const credential = recordOf(issuer, made, order, { replaced, now: Date.parse(made.madeAt) });
  yield* storeAs(work, credential, made.login, order);
  // The password is in the Secret now, so nothing reverses it any more
  undo.length = 0;
}

type Replaced = { readonly replaced: Credential | undefined; readonly now: number };

/** @param made without a time and a creator in a dry run */
function recordOf(
  { kind, registry }: Issuer,
  made: Omit<Made, "login" | "madeAt"> & { readonly madeAt?: string },
  order: Order,
  { replaced, now }: Replaced,
): Credential {
  const { identity, slot, madeAt, expiresAt, by } = made;
  const { grace, repositories, file } = order;
  const until = grace === "next" ? undefined : new Date(now + grace).toISOString();
  const previous = replaced && { slot: replaced.slot ?? "", madeAt: replaced.madeAt ?? "", until };
  return { kind, host: registry.loginServer, identity, slot, madeAt, expiresAt, by, repositories, previous, file };
}

async function* storeAs({ hold }: Work, credential: Credential, login: Login | undefined, order: Order): AsyncGenerator<Outcome> {
  const { shape, copies = hold.copies } = order;
  const isLast = Object.keys(copies).length === 0 && !isDue(credential, hold.tools.cluster().now());
  const stored = await store(hold, { credential, login, copies: order.copies, shape }, { endsClaim: isLast });
  const outcome = outcomeOf(hold.to, stored);
  yield hold.isNew ? { ...outcome, result: "created", before: undefined } : outcome;
}

/** Returns the expiry of a new password that lasts as long as the one that it replaces, according to the times that Azure shows. */
function lifetimeOf({ passwords }: Account, replaced: Credential | undefined, now: Date): string | undefined {
  const shown = passwords.find((password) => samePassword(password, replaced));
  return shown && renewedExpiry(shown.madeAt, shown.expiresAt ?? "", now);
}

/** Notes the slot that is about to be filled, and looks at it again: a password that a person has generated since must not end. */
async function* noteSlot(work: Work, account: Account, { isNewAccount }: Order): AsyncGenerator<Outcome, string> {
  const { hold, issuer, owner } = work;
  const found = issuer.slotFor(account, hold.claim?.intent, (password) => isLeftOver(hold, password), owner);
  const slot = found ?? (yield* endUnknown(work, account));
  const inside = found === undefined ? undefined : account.passwords.find((password) => password.slot === found);
  const noted = hold.claim?.intent;
  // The note of a killed run is about the time of its own claim
  const isOld = noted === undefined || Date.parse(noted.until) < hold.tools.cluster().now() + requestLimit;
  if (isOld || noted.slot !== slot || noted.madeAt !== inside?.madeAt) await noteIntent(hold, { slot, madeAt: inside?.madeAt });
  if (isNewAccount || hold.tools.dryRun !== "none") return slot;
  const again = await issuer.look(owner, hold);
  if (again.passwords.find((password) => password.slot === slot)?.madeAt === inside?.madeAt) return slot;
  // Without the note, that password is not taken for one that this run has left
  await noteIntent(hold, "none");
  throw new StartAgain(`${slot} of ${account.ref.name} has changed`);
}

/** Whether a killed run has left a password that is in no Secret. One that was generated outside of the time of its claim is a person's. */
export function isLeftOver({ claim, credential }: Hold, password: Shown): boolean {
  const { intent } = claim ?? {};
  if (!intent || isRecorded(credential, password)) return false;
  // A key has a unique name, which the intent notes
  if (password.name !== undefined) return intent.slot === password.name;
  if (intent.slot !== password.slot) return false;
  const beforeEnd = Date.parse(intent.until) - Date.parse(password.madeAt);
  return intent.madeAt === password.madeAt || (beforeEnd >= -skewOfAzure && beforeEnd <= claimLasts + skewOfAzure);
}

/**
 * Ends the older of two passwords that no record names, with --force: a source that was deleted by hand may have left it.
 * @returns its slot
 * @throws CliError conflict
 */
async function* endUnknown({ hold, attempts, issuer, holders }: Work, account: Account): AsyncGenerator<Outcome, string> {
  const { tools, credential, login } = hold;
  const { name } = account.ref;
  const unknown = account.passwords.filter((password) => !isRecorded(credential, password));
  const [older] = unknown.toSorted((a, b) => Date.parse(a.madeAt) - Date.parse(b.madeAt));
  if (!older) throw new InTheWay(`both passwords of ${name} are in use until the next rotation`, undefined, "azure");
  const { slot } = older;
  const problem = `no Secret records ${slot} of ${name}, and another tool may use it`;
  if (!tools.force) throw new InTheWay(problem, `add --force to end ${slot} if no pull Secret holds it`, "azure");
  const isHolder = isOther(login);
  const held = await holders.find(account.identity ?? "", (one) => isHolder(one) && !isNewerCopy(one, hold.to, account.passwords, older));
  if (held.by) throw new CliError("conflict", `${nameInPlace(held.by)} holds ${slot} of ${name}`);
  if (tools.dryRun === "none") await sendToAzure(hold, attempts, () => issuer.end(account, older));
  yield { to: account.ref, result: "configured", slot, because: "no Secret records it", messages: uncheckedHolders(held.unlisted) };
  return slot;
}

/** Ends the password that was replaced before: a token has only two, and a record names only one replaced password. */
async function* makeRoom(work: Work, account: Account): AsyncGenerator<Outcome, Account> {
  const { hold } = work;
  const { credential, tools } = hold;
  const { previous } = credential ?? {};
  if (!credential || !previous || !isShown(account, previous)) return account;
  const isInGrace = previous.until !== undefined && !isDue(credential, tools.cluster().now());
  if (isInGrace && !work.endsAtOnce) throw new InGrace(account, previous, previous.until);
  yield* endPrevious(work, account, { isRotation: true });
  return { ...account, passwords: account.passwords.filter((password) => !samePassword(password, previous)) };
}

type Previous = NonNullable<Credential["previous"]>;

/** The last rotation replaced a password that works until then. */
export class InGrace extends CliError {
  constructor({ ref }: Account, { slot }: Previous, until: string) {
    super("conflict", `${slot} of ${ref.name} is in its grace period until ${toSeconds(new Date(until))}`, {
      hint: "run the command again after that time: only one replaced password is kept",
    });
  }
}

/** Whether the time of the replaced password is over, by any clock. Without grace, it is over when the new one is created. */
export function isDue({ previous, madeAt }: Credential, now: number): boolean {
  if (previous?.until === undefined) return false;
  const until = Date.parse(previous.until);
  return until <= (madeAt === undefined ? now : Date.parse(madeAt)) || now >= until + skewOfAzure;
}

/**
 * Ends the replaced password. A Secret that holds it delays its end until the next rotation, and at least for 24 hours.
 * @param isRotation the run needs its slot
 * @returns whether it has ended
 * @throws StillHeld if a rotation comes earlier
 */
async function* endPrevious(
  work: Work,
  account: Account,
  { isRotation }: { readonly isRotation: boolean },
): AsyncGenerator<Outcome, boolean> {
  const { hold, attempts, issuer } = work;
  const { credential, tools } = hold;
  const password = account.passwords.find((one) => samePassword(one, credential?.previous));
  if (!credential || !password) return true;
  const { slot } = password;
  const { name } = account.ref;
  const { by, unlisted } = await findHolder(work, account, password);
  const mayEnd = work.endsAtOnce || (isRotation && !isRecent(credential, tools.cluster().now()));
  if (by && !mayEnd) {
    const delayed = delay(`${slot} of ${name} stays, because ${nameInPlace(by)} holds it`, endOfDelay(credential), isRotation);
    yield { to: account.ref, messages: [delayed], isInfo: true };
    return false;
  }
  if (tools.dryRun === "none") await sendToAzure(hold, attempts, () => issuer.end(account, password));
  const messages = by ? [`${nameInPlace(by)} held ${slot} of ${name}, which has ended`] : uncheckedHolders(unlisted);
  yield { to: account.ref, result: "configured", slot, because: "another password replaced it", messages };
  return true;
}

/** Finds a Secret that holds another password than the source. A dry run that only seems to replace it would find the source. */
async function findHolder({ hold, holders }: Work, { identity = "", passwords }: Account, ending: Shown): Promise<Held> {
  const { login, tools, credential } = hold;
  if (tools.dryRun !== "none" && !login) return {};
  const replacedBy = passwords.find((password) => samePassword(password, credential));
  const at = Date.parse(replacedBy?.madeAt ?? "") + skewOfAzure;
  return holders.find(identity, isOther(login, ending), at);
}

/** Another pull Secret holds the password that a rotation must end. A tenant can cause this, so it fails no run on others. */
export class StillHeld extends CliError {
  constructor(message: string) {
    super("conflict", message, { hint: "run rotate with --grace 0 --force to end it now" });
  }
}

/** @throws StillHeld if the run is a rotation, which needs the slot */
function delay(message: string, earliest: number, isRotation: boolean): string {
  const until = toSeconds(new Date(earliest));
  if (!isRotation) return `${message}. The next rotation after ${until} ends it`;
  throw new StillHeld(`${message} until ${until}`);
}

/**
 * Ends what is left to end: passwords of killed runs, the replaced password if its time is over, and the claim.
 * @param failed copies that could not be written, which hold the replaced password
 * @throws StartAgain if the password was ended since, or if another run has taken over
 */
export async function* finish(work: Work, { failed = [] }: { readonly failed?: readonly Ref[] } = {}): AsyncGenerator<Outcome> {
  const { hold, attempts, issuer, owner } = work;
  const { tools, credential, login } = hold;
  if (!credential) return;
  const isEnding = isDue(credential, tools.cluster().now());
  if (!isEnding && !hold.claim?.intent) return release(hold);
  const account = await issuer.look(owner, hold);
  if (login && !isShown(account, credential)) throw new StartAgain(`${credential.slot} of ${account.ref.name} was replaced`);
  const left = account.passwords.filter((password) => tools.dryRun === "none" && isLeftOver(hold, password));
  for (const password of left) await sendToAzure(hold, attempts, () => issuer.end(account, password));
  const isEnded = isEnding && (yield* endReplaced(work, account, failed));
  const { previous: _, ...rest } = credential;
  if (isEnded) await store(hold, { credential: rest, login, shape: hold.object && shapeOf(hold.object) }, { endsClaim: true });
  else await release(hold, true);
}

async function* endReplaced(work: Work, account: Account, [failed]: readonly Ref[]): AsyncGenerator<Outcome, boolean> {
  if (!failed || work.endsAtOnce) return yield* endPrevious(work, account, { isRotation: false });
  const { slot } = work.hold.credential?.previous ?? {};
  yield { to: account.ref, messages: [`${slot} of ${account.ref.name} stays, because ${nameInPlace(failed)} could not be written`] };
  return false;
}

/** Ends the claim of a run that is done. @throws StartAgain if another run has rotated in between: its last copy may be old */
export async function release(hold: Hold, isSettled = false): Promise<void> {
  const { claim, credential, tools } = hold;
  if (claim && credential && tools.dryRun === "none") await writeSource(hold, releasing(byOf(tools), credential, isSettled));
}

/**
 * Runs steps, and reverses them if one fails, unless another attempt follows or a request to Azure is under way.
 * @param isNewAccount the account did not exist before: once the steps are reversed, no password can be left that the claim must note
 */
export async function* undoing(work: Work, steps: AsyncGenerator<Outcome>, isNewAccount = false): AsyncGenerator<Outcome> {
  try {
    yield* steps;
  } catch (error) {
    if (error instanceof StartAgain || work.attempts.hasOpenRequest) throw error;
    // The claim still notes what can't be reversed
    const left = await undoAll(work, isNewAccount).then(() => undefined, asCliError);
    throw left && isRefusal(error) ? notReversed(error, left) : error;
  }
}

/** Azure keeps what could not be reversed until the command runs again, or until `prune` deletes it. */
const notReversed = ({ kind, message, hint }: CliError, left: CliError): CliError =>
  new CliError(kind, withLines(message, `the changes in Azure were not rolled back: ${left.message}`), { hint });

/** Reverses the steps, the last one first, unless the Secret has the login: the response to its write may have been lost. */
async function undoAll({ hold, undo }: Work, isNewAccount: boolean): Promise<void> {
  const { tools, credential } = hold;
  if ((undo.length === 0 && !isNewAccount) || tools.dryRun !== "none") return;
  await tools.uninterrupted(async () => {
    // After this write the API server refuses that of the login, which may still be on its way
    await writeSource(hold, extending(byOf(tools)));
    if (JSON.stringify(hold.credential) !== JSON.stringify(credential)) return;
    for (const reverse of undo.toReversed()) await reverse();
    await noteIntent(hold, "none");
  });
}
