import { type Holders, uncheckedHolders, whyHeld } from "../credential/holders.ts";
import { type Issuer, isIssuer, type Taker } from "../credential/issuer.ts";
import type { Owner } from "../credential/owner.ts";
import { CliError, InTheWay, isForbidden, isNotFound, unlessRefused } from "../errors.ts";
import type { DesiredFile } from "../file/entry.ts";
import { plugin } from "../hint.ts";
import { keyOf, type Ref } from "../kinds.ts";
import { type Decision, edit, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { uidsOf } from "../scope/namespaces.ts";
import { azureName, fileId, parseAzureOwner } from "../secret/azure-words.ts";
import { loginOf, loginsIn } from "../secret/login.ts";
import { type Credential, credentialOf, isOurs, isSameFile } from "../secret/record.ts";
import { abandoning, Claimed, claimedBy, claiming, discarding, extending, holdsNothingElse, otherClaim } from "../secret/source.ts";
import type { Tools } from "../tools.ts";
import { nameInPlace } from "../wording.ts";
import { fileWords } from "./adopt.ts";
import { type Described, type Kind, readKey } from "./apply-sources.ts";
import { type DeleteOrder, remove } from "./delete.ts";
import { type Question, unshown, unshownCopies } from "./question.ts";

// What a run of `apply` takes away: Secrets that its files do not name any more, and the credentials that they had.

/** What a removal needs of a run of `apply`. */
type Run = {
  readonly order: {
    readonly confirmed: Question;
    readonly revoking: Pick<DeleteOrder, "open" | "holders">;
    /** Opens a kind of credential, once for each registry. */
    open(kind: Kind): Promise<Issuer | Taker>;
  };
  readonly tools: Tools;
  readonly file: DesiredFile;
};

export type TakingAway = {
  readonly does: "take away";
  readonly source: Ref<"secret">;
  readonly described: Described;
  /** The namespace is that of a team: only the references that `apply` has added go. */
  readonly onlyAdded: boolean;
  /** The source has another credential now. */
  readonly isReplaced: boolean;
  /** In a dry run: the run would have made it a copy of another source. */
  readonly isCopy?: boolean;
};

/** Names a source with its credential. A namespace that is created again has another uid. */
export const idOf = ({ to, namespaceUid, kind }: Described): string => [keyOf(to), namespaceUid, readKey(kind)].join();

/**
 * Deletes a source that the file does not name any more, and ends its credential. In the home of the file, the record of the source decides.
 * In any other namespace, its owners can write the record, so Azure's description decides.
 */
export async function* takeAway({ described, onlyAdded, isReplaced, isCopy }: TakingAway, run: Run): AsyncGenerator<Outcome> {
  if (isReplaced) return yield* endReplaced(described, run);
  const { file } = run;
  const { to } = described;
  const secret = isCopy ? undefined : await sourceNow(described, run);
  const record = credentialOf(secret);
  const isHome = to.namespace === file.home;
  const isOwn = record && (isHome ? isRecordOf(record, described) : isAsDescribed(record, described));
  // A Secret of the home has a credential of another registry or kind
  if (!isOwn) return yield* endLost(described, secret, !isHome, run);
  const stays = secret && ofOtherFile(secret, to, file);
  if (stays) yield { to, messages: [stays.message] };
  else yield* removeUntilLost(described, secret, onlyAdded, run);
}

/** Reads a source; undefined also if its namespace was created again. */
async function sourceNow({ to, namespaceUid }: Described, { tools }: Run): Promise<Secret | undefined> {
  const { namespace = "" } = to;
  const isThere = (await uidsOf([namespace], tools.cluster())).get(namespace) === namespaceUid;
  return isThere ? tools.cluster().get(to) : undefined;
}

/** Whether a record is about a credential in Azure. The source may have had another kind, or its tenant has changed the record. */
const isRecordOf = ({ kind, host }: Credential, { kind: { credential }, host: shown }: Described): boolean =>
  kind === credential && host === shown;

/** Whether a record also names the account that Azure shows, and the file. A source with copies needs no file: its record lists them. */
export const isAsDescribed = (record: Credential, described: Described): boolean =>
  isRecordOf(record, described) &&
  !record.isExported &&
  record.identity.toLowerCase() === described.identity.toLowerCase() &&
  (record.file ? fileId(record.file) === described.file : !described.isEach);

/** Deletes a Secret that holds only the login that ends, and whose record was changed. A copy of another source and other data stay. */
async function* discard(read: Secret, username: string | undefined, { to, host }: Described, { tools }: Run): AsyncGenerator<Outcome> {
  const isOnly = (secret: Secret) => {
    const logins = loginsIn(secret);
    return logins.length > 0 && holdsNothingElse(secret, host) && logins.every(({ login }) => login.username === username);
  };
  const decide = (old: Secret | undefined): Decision =>
    old && isOurs(old) && isOnly(old) ? discarding(read.metadata.uid, true)(old) : { act: "keep", because: "it holds something else" };
  const outcome = outcomeOf(to, await edit(to, decide, tools, { object: read }));
  if (outcome.result === "deleted") yield outcome;
}

/**
 * Deletes a source. While this run waits for its claim, the run that had it may delete the Secret and not the rest. The owners of a team's
 * namespace can be in the way of the deletion, but not of the end of the credential.
 */
async function* removeUntilLost(described: Described, read: Secret | undefined, onlyAdded: boolean, run: Run): AsyncGenerator<Outcome> {
  const { order, tools } = run;
  const { to, isEach } = described;
  const held = new Set<string>();
  const { open } = order.revoking;
  const deletion = {
    ...{
      to,
      onlyAdded,
      isOfTeam: to.namespace !== run.file.home,
      open,
      revoke: true,
      isFoundInAzure: true,
      holders: () => namedHolders(held, described, order),
    },
    objection: (secret: Secret) => ofOtherFile(secret, to, run.file) ?? unshownParts(secret, described, order),
  };
  try {
    yield* remove(deletion, tools);
  } catch (error) {
    const isDeleted = isNotFound(error) && !(await tools.cluster().get(to));
    const isBlocked = isEach && isOfTeam(error);
    if (isDeleted || isBlocked) yield* endLost(described, read, false, run);
    if (!isDeleted) throw withDelete(error, to);
  }
  for (const message of held) yield { to, messages: [message] };
}

/** Whether a team is in the way, or lists in its Secret what the run has no right to read. */
const isOfTeam = (error: unknown): boolean =>
  error instanceof CliError && (error.owner === "namespace" || (error.owner === "platform" && isForbidden(error)));

/**
 * The error if another file has taken over a source since this run has read Azure. In the home, a source without a file is of no file: an
 * owner of its application can write the description.
 */
function ofOtherFile(secret: Secret, to: Ref<"secret">, file: DesiredFile): CliError | undefined {
  const record = credentialOf(secret);
  const maker = record?.file;
  if (maker) return isSameFile(file, maker) ? undefined : otherFile(to, fileWords(maker));
  return record && to.namespace === file.home ? otherFile(to, "no file") : undefined;
}

export const otherFile = (to: Ref<"secret">, words: string) =>
  new InTheWay(`${nameInPlace(to)} belongs to ${words} now, so it stays`, undefined);

/** The error if a source was created again or got another password after the question, or if it has copies that were not in it. */
function unshownParts(secret: Secret, described: Described, { confirmed }: Run["order"]): CliError | undefined {
  const { to } = described;
  const { slot, madeAt } = credentialOf(secret) ?? {};
  const id = idOf(described);
  return unshown(nameInPlace(to), [id, secret.metadata.uid, slot, madeAt].join(), confirmed) ?? unshownCopies(secret, to, id, confirmed);
}

/**
 * Names the holders of a credential that is taken away, without an effect on its end: to remove it from the file is to revoke it. The Secret
 * that is deleted is no holder, and neither is another one in the namespace of its team.
 */
function namedHolders(held: Set<string>, { to, isEach, host }: Described, { revoking }: Run["order"]): Holders {
  const holders = revoking.holders(host);
  const isLosing = (one: Ref) => one.namespace === to.namespace && (isEach || one.name === to.name);
  return {
    ...holders,
    async find(username, counts, replacedAt) {
      const { by, unlisted } = await holders.find(username, (one) => !isLosing(one.to) && counts(one), replacedAt);
      if (by) held.add(`${nameInPlace(by)} held ${username}, which is revoked`);
      return { unlisted };
    },
  };
}

/** A run of `apply` has no --force: `delete` has it, for one Secret. */
function withDelete(error: unknown, { name, namespace }: Ref): unknown {
  if (!(error instanceof CliError)) return error;
  const text = typeof error.hint === "object" ? error.hint.or : error.hint;
  if (!text?.includes("--force")) return error;
  return error.withHint({ ...plugin("delete", name, "--revoke", "--force"), namespace, when: "to delete it anyway, run" });
}

/**
 * Ends the credential of a source that was deleted or changed, or whose namespace was created again.
 * @param secret the source as this run has read it
 * @param isChanged whether its record was changed, so that the Secret is deleted
 */
async function* endLost(described: Described, secret: Secret | undefined, isChanged: boolean, run: Run): AsyncGenerator<Outcome> {
  const found = await accountToEnd(described, run);
  if (!found) return;
  const { identity } = found.account;
  const refuse = () => refuseTaken(described, found, secret, run);
  // First, because a rerun finds the credential in Azure
  if (secret && isChanged) {
    await refuse();
    yield* discard(secret, identity, described, run);
  }
  const held = new Set<string>();
  // Another tool manages it, or its owners are in the way
  const stays = !isChanged && identity !== undefined && loginOf(secret, described.host)?.username === identity;
  if (stays) held.add(`${nameInPlace(described.to)} stays. It holds ${identity}, which is revoked`);
  const { unlisted } = await namedHolders(held, described, run.order).find(identity ?? "", () => true);
  yield { to: found.account.ref, messages: [...(uncheckedHolders(unlisted) ?? []), ...held] };
  yield* removeAccount(found, run, refuse);
}

/** @throws CliError if another run has given the credential to its source since this run has read it, or may be about to */
async function refuseTaken(described: Described, found: FoundAccount, before: Secret | undefined, run: Run): Promise<void> {
  const { tools } = run;
  if (tools.dryRun !== "none") return;
  const now = await sourceNow(described, run);
  const claim = otherClaim(now, { run: tools.runId, now: tools.cluster().now() });
  const isNamed = claim?.identity !== undefined && [found.account.identity, found.account.ref.name].includes(claim.identity);
  if (claim && isNamed) throw taken(described, found, claimedBy(described.to, claim));
  const stateOf = (secret: Secret | undefined) => JSON.stringify([secret?.metadata.uid, credentialOf(secret)]);
  if (hasAccount(now, described, found) && stateOf(now) !== stateOf(before)) throw taken(described, found);
}

/** Not an obstacle of the namespace: the next run ends the credential, unless another file has it then. */
const taken = ({ to }: Described, { account }: FoundAccount, cause?: CliError) =>
  new CliError("conflict", `another run is writing ${nameInPlace(to)}, so ${account.ref.name} stays`, {
    hint: cause?.hint ?? "run the command again",
    cause,
  });

const hasAccount = (secret: Secret | undefined, described: Described, { account }: FoundAccount): boolean => {
  const record = credentialOf(secret);
  return record !== undefined && isRecordOf(record, described) && record.identity === account.identity;
};

/** Ends the credential that a source had before, unless another Secret holds it. In a dry run, the source still does. */
async function* endReplaced(described: Described, run: Run): AsyncGenerator<Outcome> {
  const { dryRun } = run.tools;
  const found = await accountToEnd(described, run);
  if (!found) return;
  const { ref: to, identity = "" } = found.account;
  const held = await run.order.revoking.holders(described.host).find(identity, () => dryRun === "none");
  const why = whyHeld(held);
  if (why !== undefined) return yield { to, messages: [`${to.name} is not revoked, because ${why}`] };
  yield { to, messages: uncheckedHolders(held.unlisted) };
  if (dryRun === "none") yield* removeWhileClaimed(described, found, run);
  else yield* removeAccount(found, run);
}

/** Ends a credential while no other run can give it to its source again. A Secret that can't be claimed can't get it either. */
async function* removeWhileClaimed(described: Described, found: FoundAccount, run: Run): AsyncGenerator<Outcome> {
  const { to } = described;
  const { tools } = run;
  const by = () => ({ run: tools.runId, now: tools.cluster().now(), isDry: false });
  const claim = edit(to, (old) => claiming(to, by(), {})(credentialOf(old) && old), tools);
  const claimed = await claim.catch((error: unknown) => {
    if (error instanceof Claimed || !(error instanceof CliError) || error.owner !== "namespace") throw error;
  });
  if (!claimed) return yield* removeAccount(found, run, () => refuseTaken(described, found, undefined, run));
  try {
    if (hasAccount(claimed.object, described, found)) throw taken(described, found);
    yield* removeAccount(found, run, () => edit(to, extending(by()), tools));
  } finally {
    // A claim that stays ends soon
    await edit(to, abandoning(by()), tools).catch(unlessRefused(undefined));
  }
}

type FoundAccount = NonNullable<Awaited<ReturnType<typeof describedAccount>>>;

/** @param before called before each request, which it may prevent */
const removeAccount = (
  { issuer, owner, account }: FoundAccount,
  { tools }: Run,
  before: () => Promise<unknown> = async () => undefined,
): AsyncGenerator<Outcome> =>
  issuer.remove(owner, account, {
    dryRun: tools.dryRun !== "none",
    undo: [],
    async send(request) {
      await before();
      return request();
    },
  });

/**
 * Reads an account that the file has no longer.
 * @throws CliError if another file has taken it over since this run has read Azure
 */
async function accountToEnd(described: Described, run: Run): Promise<FoundAccount | undefined> {
  const found = await describedAccount(described, run);
  const { describedAs } = found?.account ?? {};
  if (describedAs !== undefined && parseAzureOwner(describedAs)?.file !== described.file) throw otherFile(described.to, "another file");
  return found;
}

/** Reads the account that Azure describes. */
export async function describedAccount({ to, namespaceUid, description, kind }: Described, { order }: Run) {
  const issuer = await order.open(kind);
  if (!isIssuer(issuer)) return undefined;
  const name = azureName(namespaceUid, to.namespace ?? "", to.name);
  const owner: Owner = { to, namespaceUid, name, stem: name, description: async () => description };
  return { issuer, owner, account: await issuer.look(owner, { credential: undefined, claim: undefined }) };
}
