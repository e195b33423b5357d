import { withdrawCopy } from "../credential/copies.ts";
import { type Attempts, byOf, claim, type Hold, restarting, sendToAzure, writeSource } from "../credential/hold.ts";
import { type Holders, hasOtherKey, uncheckedHolders } from "../credential/holders.ts";
import { isLeftOver, release } from "../credential/issue.ts";
import type { Issuer } from "../credential/issuer.ts";
import { type Owner, ownerOf, requireOwn } from "../credential/owner.ts";
import { asCliError, asForbidden, CliError, InTheWay } from "../errors.ts";
import { type Hint, plugin } from "../hint.ts";
import { nameOf, type Ref } from "../kinds.ts";
import { type Decide, edit, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { isKeyOf } from "../registry/server-key.ts";
import { once, runConcurrently } from "../scope/concurrency.ts";
import { uidsOf } from "../scope/namespaces.ts";
import { loginsIn } from "../secret/login.ts";
import {
  type Credential,
  claimOf,
  copiesData,
  copiesKey,
  copiesOf,
  credentialOf,
  type FileOfRecord,
  isOurs,
  isRecorded,
  type SourceOfCopy,
  sourceOf,
} from "../secret/record.ts";
import { discarding, emptying, forgetting, isCopyOf, StartAgain, withdrawing } from "../secret/source.ts";
import { detachNoted, detachTargets } from "../targets/detach.ts";
import type { Tools } from "../tools.ts";
import { type NamespaceState, readNamespace } from "../usage/namespace-state.ts";
import { everything, targetOf } from "../usage/targets.ts";
import { podsNeeding } from "../usage/users.ts";
import { joinNames, nameInPlace, pluralize } from "../wording.ts";
import { warnOfFile } from "./adopt.ts";

export type DeleteOrder = {
  readonly to: Ref<"secret">;
  /** Also ends the credential in Azure. */
  readonly revoke: boolean;
  /** Opens the kind of a recorded credential, or returns why this plugin can't revoke it. */
  open(credential: Credential): Promise<Issuer | string>;
  holders(host: string): Holders;
  /** For `apply`: removes only the references that it has added. Pods that need the Secret don't stop it. */
  readonly onlyAdded?: boolean;
  /** A rerun finds the source by what Azure says and not by its name, so the Secret is deleted first. */
  readonly isFoundInAzure?: boolean;
};

/** Deletes a Secret, the references to it, and its copies. With `revoke`, also the credential. */
export const remove = (order: DeleteOrder, tools: Tools): AsyncGenerator<Outcome> =>
  restarting(order.to, tools, (attempts) => attempt({ order, attempts, tools }));

type Run = { readonly order: DeleteOrder; readonly attempts: Attempts; readonly tools: Tools };

async function* attempt(run: Run): AsyncGenerator<Outcome> {
  const { order, tools } = run;
  const { namespace = "" } = order.to;
  const state = await stateIn(namespace, order, tools);
  const { secret } = state;
  if (!secret) return yield* detach(state, order, tools);
  if (!order.onlyAdded) refuseNeeded(state, order, tools);
  const source = sourceOf(secret);
  if (source && isOurs(secret)) return yield* removeCopy(state, secret, source, run);
  const credential = credentialOf(secret);
  if (!credential) return yield* removeOther(state, secret, run);
  if (!order.isFoundInAzure) yield* warnOfFile(order.to, credential, "makes it again");
  yield* removeSource(state, secret, credential, run);
}

const stateIn = (namespace: string, { to, onlyAdded }: DeleteOrder, tools: Tools): Promise<NamespaceState> =>
  readNamespace(
    { cluster: tools.cluster(), namespace },
    { secret: to.name, targets: { picks: onlyAdded ? [] : everything, whereUsed: false }, pods: onlyAdded ? "none" : "all", lenient: true },
  );

/** Removes the references in one namespace. @param file what the source records, for those that `apply` has added */
async function* detach(state: NamespaceState, { to, onlyAdded }: DeleteOrder, tools: Tools, file?: FileOfRecord): AsyncGenerator<Outcome> {
  const { targets, scope } = state;
  const { namespace } = scope;
  if (onlyAdded) return yield* detachNoted(scope, { secret: to.name, named: file?.serviceAccounts ?? [], except: [] }, tools);
  const named = targets.filter((object) => targetOf(object).names.includes(to.name));
  const recreateOptions = { recreate: false, force: false };
  for await (const outcome of detachTargets({ secret: { ...to, namespace }, targets: named, recreateOptions }, tools)) {
    // An object whose list can't be changed still names the Secret. That does no more harm than any other name of a missing Secret
    if (outcome.error?.kind === "invalid")
      yield { to: outcome.to, messages: [`${nameOf(outcome.to)} cannot be changed and still lists secret/${to.name}`] };
    else yield outcome;
  }
}

/** @throws CliError conflict if pods need the Secret */
function refuseNeeded({ secret, pods }: NamespaceState, { to }: DeleteOrder, { force }: Tools): void {
  const needing = secret && !force ? podsNeeding(secret, pods) : [];
  if (needing.length === 0) return;
  const names = `${pluralize(needing.length, "pod", "pods")} ${joinNames(needing.map(({ name }) => name))}`;
  throw refusal(to, `is used by ${names}; create another credential first, otherwise new pods cannot pull`, {
    ...plugin("detach", to.name, "--where-used"),
    namespace: to.namespace,
    or: "--force to delete it anyway",
  });
}

/** Deletes a Secret without a record: of another tool, with --force, or what a killed run has claimed. */
async function* removeOther(state: NamespaceState, secret: Secret, { order, tools }: Run): AsyncGenerator<Outcome> {
  const { to } = order;
  if (!tools.force && !isOurs(secret))
    throw refusal(
      to,
      `(type ${secret.type ?? "Opaque"}) was not created by kubectl acr-secret`,
      "use another name, or add --force to delete it",
    );
  refuseOtherLogins(to, secret, undefined, tools);
  await rehearse(to, secret, tools);
  yield* detach(state, order, tools);
  yield outcomeOf(to, await edit(to, discarding(secret.metadata.uid, tools.force), tools));
  const identity = claimOf(secret)?.identity;
  if (identity === undefined && order.revoke)
    yield { to, messages: [`nothing in Azure was revoked, because this plugin does not manage secret "${to.name}"`] };
  if (identity === undefined) return;
  yield {
    to,
    messages: [`a run that did not end may have created ${identity} in Azure. To delete it, run`],
    fix: plugin("prune", "--registry", "REGISTRY"),
  };
}

const refusal = ({ name, namespace }: Ref, what: string, hint: Hint) =>
  new InTheWay(`secret "${name}" in namespace "${namespace}" ${what}`, hint);

/** @throws CliError conflict if a login that another user added would be lost */
function refuseOtherLogins(to: Ref<"secret">, secret: Secret, credential: Credential | undefined, { force }: Tools): void {
  const others = loginsIn(secret).flatMap(({ server }) => (credential && isKeyOf(credential.host, server) ? [] : [server]));
  if (force || others.length === 0) return;
  throw refusal(to, `also holds a login for ${others.join(", ")}`, "add --force to delete that login too");
}

/** Has the API server check, before anything changes, that the Secret may be deleted. */
async function rehearse(to: Ref<"secret">, secret: Secret, tools: Tools): Promise<void> {
  if (tools.dryRun === "client") return;
  const decide: Decide<"secret"> = (old) =>
    old ? { act: "delete", because: "it is checked" } : { act: "keep", because: "it was deleted" };
  await edit(to, decide, { ...tools, dryRun: "server" }, { object: secret });
}

/** Deletes a copy and the references to it, and takes its namespace out of the record of its source, if the run may. */
async function* removeCopy(state: NamespaceState, secret: Secret, source: SourceOfCopy, { order, tools }: Run): AsyncGenerator<Outcome> {
  const { to } = order;
  const { namespace = "" } = to;
  const from = { kind: to.kind, name: source.name, namespace: source.namespace } as const;
  const record = await tools.cluster().get(from).catch(asForbidden);
  const isRecordedHere = !(record instanceof CliError) && Object.hasOwn(copiesOf(record), namespace);
  if (order.revoke) {
    const hint: Hint = isRecordedHere ? { ...plugin("delete", from.name, "--revoke"), namespace: from.namespace } : "omit --revoke";
    throw refusal(to, `is a copy of secret "${from.name}" in namespace "${from.namespace}", which holds the credential`, hint);
  }
  await rehearse(to, secret, tools);
  // First, because a rerun after a kill does not know the source once the copy is deleted
  const unwritten =
    record instanceof CliError ? record : await edit(from, withoutCopy(namespace), tools).then(() => undefined, asForbidden);
  if (unwritten) {
    const still = record instanceof CliError ? "may still list" : "still lists";
    const problem = `${nameInPlace(from)} ${still} namespace ${namespace}, so create makes the copy again`;
    yield { to: from, messages: [`${problem}: ${unwritten.message}`] };
  }
  yield* detach(state, order, tools);
  const host = (!(record instanceof CliError) && credentialOf(record)?.host) || loginsIn(secret)[0]?.server || "";
  yield outcomeOf(to, await edit(to, withdrawing(from, host), tools));
}

const withoutCopy =
  (namespace: string): Decide<"secret"> =>
  (old) => {
    const { [namespace]: uid, ...copies } = copiesOf(old);
    if (!old || uid === undefined) return { act: "keep", because: "it does not list the namespace" };
    return { act: "patch", patch: { data: { [copiesKey]: copiesData(copies) } }, because: "a copy was deleted" };
  };

/** Deletes a source with its copies and all references. Its record stays until the credential is revoked, so a rerun continues. */
async function* removeSource(state: NamespaceState, secret: Secret, credential: Credential, run: Run): AsyncGenerator<Outcome> {
  const { order, attempts, tools } = run;
  const { to } = order;
  // A run of `apply` removes only its own login
  if (!order.onlyAdded) refuseOtherLogins(to, secret, credential, tools);
  // A missing right or object is reported before anything changes
  const opened = order.revoke ? await order.open(credential) : undefined;
  const revocation = typeof opened === "object" ? { issuer: opened, owner: await ownerOf(to, tools.cluster()) } : undefined;
  if (revocation) requireOwn(revocation.owner, revocation.issuer, credential);
  await revocation?.issuer.requireRemoval?.();
  await rehearse(to, secret, tools);
  const hold = await claim(attempts, {}, tools);
  if (revocation) yield { to, messages: uncheckedHolders(await refuseHeld(hold, order, isElsewhere(hold))) };
  let isLeft = false;
  for await (const outcome of unused(state, hold, run)) {
    isLeft ||= isFailed(outcome);
    yield outcome;
  }
  const forget = once(() => writeSource(hold, forgetting(byOf(tools), credential.host, hold.object?.metadata.uid, tools.force)));
  if (revocation) yield* revoke(hold, revocation, { ...run, forget }, isLeft);
  // A rerun finds by the record what is left
  if (isLeft) {
    await release(hold);
    return yield { to, left: "failed" };
  }
  if (typeof opened === "string")
    yield { to, messages: [`credential "${credential.identity}" (${credential.kind}) still works: ${opened}`] };
  yield outcomeOf(to, await forget());
}

/** Removes all references to a source, and its copies. A namespace that fails doesn't stop the others. */
async function* unused(state: NamespaceState, hold: Hold, { order, tools }: Run): AsyncGenerator<Outcome> {
  yield* detach(state, order, tools, hold.credential?.file);
  const recorded = Object.entries(hold.copies);
  const uids = await uidsOf(Object.keys(hold.copies), tools.cluster());
  const given = recorded.flatMap(([namespace, uid]) => (uids.get(namespace) === uid ? [namespace] : []));
  yield* runConcurrently(given, tools, async function* (namespace): AsyncGenerator<Outcome> {
    try {
      yield* removeCopyIn(namespace, hold, order, tools);
    } catch (error) {
      if (error instanceof StartAgain || tools.interrupted()) throw error;
      yield { to: { kind: "namespace", name: namespace, namespace }, error: asCliError(error) };
    }
  });
}

async function* removeCopyIn(namespace: string, hold: Hold, order: DeleteOrder, tools: Tools): AsyncGenerator<Outcome> {
  const there = await stateIn(namespace, order, tools);
  if (there.secret && !isCopyOf(there.secret, hold.to)) return;
  const withdrawn = there.secret && (await withdrawCopy(hold, namespace));
  if (withdrawn) yield withdrawn;
  // A Secret that stays is not this run's copy any more: a tenant has replaced it, or it holds other logins
  if (!withdrawn || withdrawn.result === "deleted") yield* detach(there, order, tools, hold.credential?.file);
}

const isElsewhere =
  ({ to: source, copies }: Hold) =>
  ({ to: { name, namespace = "" } }: { readonly to: Ref }): boolean =>
    name !== source.name || (namespace !== source.namespace && !Object.hasOwn(copies, namespace));

type Counts = Parameters<Holders["find"]>[1];

/**
 * @returns why other Secrets could not be checked
 * @throws CliError conflict if a pull Secret holds the credential, without --force
 */
async function refuseHeld({ credential, tools }: Hold, { holders }: DeleteOrder, counts: Counts): Promise<CliError | undefined> {
  if (!credential || tools.force) return undefined;
  const { by, unlisted } = await holders(credential.host).find(credential.identity, (one) => counts(one) && !hasOtherKey(one, credential));
  if (!by) return unlisted;
  throw new CliError("conflict", `credential "${credential.identity}" is not revoked, because ${nameInPlace(by)} holds it`, {
    hint: "delete that Secret first, or add --force to end the credential anyway",
  });
}

type Revoking = Run & {
  /** Deletes the Secret. */
  forget(): Promise<unknown>;
};

type Revocation = { readonly issuer: Issuer; readonly owner: Owner };

/**
 * Empties the source, and ends the recorded passwords, with the account unless it has others.
 * @param isLeft a reference or a copy could not be removed, so only --force revokes: a leaked password must end now
 */
async function* revoke(hold: Hold, revocation: Revocation, run: Revoking, isLeft: boolean): AsyncGenerator<Outcome> {
  const { to, tools, credential } = hold;
  const { order } = run;
  if (isLeft && !tools.force)
    return yield {
      to,
      messages: [`credential "${credential?.identity}" was not revoked. To revoke it now, run`],
      fix: { ...plugin("delete", to.name, "--revoke", "--force"), namespace: to.namespace },
    };
  await writeSource(hold, emptying(byOf(tools), credential?.host ?? ""));
  // A tenant may have put the login back
  if (tools.dryRun === "none") await refuseHeld(hold, order, () => true);
  yield* endAccount(hold, revocation, run);
}

async function* endAccount(hold: Hold, { issuer, owner }: Revocation, { order, attempts, forget }: Revoking): AsyncGenerator<Outcome> {
  const { tools, credential } = hold;
  const account = await issuer.look(owner, hold);
  const dryRun = tools.dryRun !== "none";
  // Without a Secret there is no claim
  const send = <T>(request: () => Promise<T>) => (hold.object || dryRun ? sendToAzure(hold, attempts, request) : request());
  const ours = account.passwords.filter((password) => isRecorded(credential, password) || isLeftOver(hold, password));
  if (ours.length === account.passwords.length)
    return yield* issuer.remove(owner, account, { dryRun, send, undo: [], beforeTrace: order.isFoundInAzure ? forget : undefined });
  for (const password of ours) {
    if (!dryRun) await send(() => issuer.end(account, password));
    yield { to: account.ref, result: "configured", slot: password.slot, because: "it is revoked" };
  }
}
