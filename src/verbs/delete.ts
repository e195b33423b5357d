import type { Holders } from "../credential/holders.ts";
import type { Issuer, Unrevocable } from "../credential/issuer.ts";
import { asForbidden, CliError, InTheWay } from "../errors.ts";
import { type Hint, plugin } from "../hint.ts";
import { nameOf, type Ref } from "../kinds.ts";
import { type Decide, edit, outcomeOf } from "../kube/edit.ts";
import type { Pod, Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { mapConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
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
  type SourceOfCopy,
  sourceOf,
} from "../secret/record.ts";
import { claimedBy, discarding, isCopyOf, mayWithdraw, otherClaim, StartAgain, withdrawing } from "../secret/source.ts";
import { removing } from "../source/desired.ts";
import { reconcile } from "../source/reconcile.ts";
import { otherLogins } from "../source/rows-remove.ts";
import { detachNoted, detachTargets } from "../targets/detach.ts";
import { listAfter } from "../targets/lists.ts";
import type { Tools } from "../tools.ts";
import { type NamespaceState, readNamespace } from "../usage/namespace-state.ts";
import { everything, targetOf } from "../usage/targets.ts";
import { podsNeeding } from "../usage/users.ts";
import { counted, inLine, joinNames, nameInPlace, pluralize } from "../wording.ts";
import { warnOfFile } from "./adopt.ts";
import { type Question, unshown, unshownCopies } from "./question.ts";

export type DeleteOrder = {
  readonly to: Ref<"secret">;
  /** Also ends the credential in Azure. */
  readonly revoke: boolean;
  /** Opens the kind of a recorded credential, or returns why this plugin can't revoke it. */
  open(credential: Credential, to: Ref<"secret">): Promise<Issuer | Unrevocable>;
  holders(host: string): Holders;
  /** For `apply`: removes only the references that it has added. Pods that need the Secret don't stop it. */
  readonly onlyAdded?: boolean;
  /** A team writes the list of copies: a namespace without a copy loses nothing. */
  readonly isOfTeam?: boolean;
  /** A rerun finds the source by what Azure says and not by its name, so the Secret is deleted first. */
  readonly isFoundInAzure?: boolean;
  /** Why a source stays. */
  readonly objection?: ((secret: Secret) => CliError | undefined) | undefined;
  /** What the run may take away. Default: anything. */
  readonly confirmed?: Question | undefined;
};

type Run = { readonly order: DeleteOrder; readonly tools: Tools };

/** Deletes a Secret, the references to it, and its copies. With `revoke`, also the credential. */
export async function* remove(order: DeleteOrder, tools: Tools): AsyncGenerator<Outcome> {
  const run = { order, tools };
  const { namespace = "" } = order.to;
  const state = await stateIn(namespace, order, tools);
  const { secret } = state;
  if (!secret) return yield* detach(state, order, tools);
  if (!order.onlyAdded && !tools.force) await refuseNeeded(secret, state.pods, order, tools);
  if (order.isFoundInAzure && tools.dryRun !== "none") yield* sayNeeded(secret, order, tools);
  const source = sourceOf(secret);
  if (source && isOurs(secret)) return yield* removeCopy(state, secret, source, run);
  const credential = credentialOf(secret);
  if (!credential) return yield* removeOther(state, secret, run);
  if (!order.isFoundInAzure) yield* warnOfFile(order.to, credential, "makes it again");
  yield* removeSource(state, secret, run);
}

/** Reads what a run takes away in one namespace. @throws CliError conflict if that was not in the question */
async function stateIn(namespace: string, { to, onlyAdded, confirmed }: DeleteOrder, tools: Tools): Promise<NamespaceState> {
  const state = await readNamespace(
    { cluster: tools.cluster(), namespace },
    { secret: to.name, targets: { picks: onlyAdded ? [] : everything, whereUsed: false }, pods: onlyAdded ? "none" : "all", lenient: true },
  );
  const { secret, targets } = state;
  if (!confirmed || (secret && namespace !== to.namespace && !isCopyOf(secret, to))) return state;
  const changed = targets.filter((object) => listAfter(targetOf(object), { does: "detach", secret: to.name }).act === "change");
  const errors = [
    secret && unshown(nameInPlace({ ...to, namespace }), idOf(secret), confirmed),
    ...changed.map((object) => unshown(nameInPlace(targetOf(object).to), object.metadata.uid ?? "", confirmed)),
  ];
  const error = errors.find((one) => one);
  if (error) throw error;
  return state;
}

/** Names a Secret with what it holds. A rotation does not change the name. */
function idOf(secret: Secret): string {
  const { kind, host, identity } = credentialOf(secret) ?? {};
  const { namespace, name } = sourceOf(secret) ?? {};
  return JSON.stringify([secret.metadata.uid, isOurs(secret), kind, host, identity, namespace, name]);
}

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

/** @param pods those of the Secret's namespace @throws CliError conflict if pods need the Secret or a copy of it */
async function refuseNeeded(secret: Secret, pods: readonly Pod[], { to, isFoundInAzure }: DeleteOrder, tools: Tools): Promise<void> {
  const own = podsNeeding(secret, pods).map(({ name }) => name);
  const names = own.length > 0 ? [`${pluralize(own.length, "pod", "pods")} ${joinNames(own)}`] : [];
  // The plan of a file names them
  const others = isFoundInAzure ? [] : await podsOfCopies(secret, to, tools);
  const users = [...names, ...others.map(podsIn)];
  if (users.length === 0) return;
  const anyway = "--force to delete it anyway";
  const detach = { ...plugin("detach", to.name, "--where-used"), namespace: to.namespace, or: anyway };
  const hint = own.length > 0 ? detach : `add ${anyway}`;
  throw refusal(to, `is used by ${inLine(users)}; create another credential first, otherwise new pods cannot pull`, hint);
}

/** Says which pods need a Secret that a file no longer has. They don't stop it. */
async function* sayNeeded(secret: Secret, { to }: DeleteOrder, tools: Tools): AsyncGenerator<Outcome> {
  const { namespace = "" } = to;
  const users = await Promise.all([podsThere(namespace, to, tools), podsOfCopies(secret, to, tools)]).catch(asForbidden);
  if (users instanceof CliError) return yield { to, messages: [`cannot list the pods that need ${nameInPlace(to)}: ${users.message}`] };
  const all = users.flat().filter(({ count }) => count > 0);
  const neededBy = `${inLine(all.map(podsIn))} ${all.length === 1 && all[0]?.count === 1 ? "needs" : "need"} ${nameInPlace(to)}`;
  if (all.length > 0) yield { to, neededBy, messages: [neededBy] };
}

type Users = { readonly namespace: string; readonly count: number };

const podsIn = ({ namespace, count }: Users): string => `${counted(count, "pod")} in ${namespace}`;

/** Counts the pods of a namespace that need a Secret, or its copy there. */
async function podsThere(namespace: string, to: Ref<"secret">, tools: Tools): Promise<Users> {
  const { secret, pods } = await readNamespace(
    { cluster: tools.cluster(), namespace },
    { secret: to.name, targets: { picks: [], whereUsed: false }, pods: "all", lenient: true },
  );
  const isOne = secret && (namespace === to.namespace || isCopyOf(secret, to));
  return { namespace, count: isOne ? podsNeeding(secret, pods).length : 0 };
}

/** Counts the pods that need a copy of a source. */
async function podsOfCopies(secret: Secret, to: Ref<"secret">, tools: Tools): Promise<readonly Users[]> {
  const copies = sourceOf(secret) ? [] : Object.keys(copiesOf(secret)).filter((namespace) => namespace !== to.namespace);
  const users = await mapConcurrently(copies, limits.cluster, (at) => podsThere(at, to, tools));
  return users.filter(({ count }) => count > 0);
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
  // A run that has only claimed the Secret may send its next request to Azure without it
  const claim = otherClaim(secret, { run: tools.runId, now: tools.cluster().now() });
  const obstacle = claim ? claimedBy(to, claim) : otherLogins(to, secret, undefined);
  if (obstacle && !tools.force) throw obstacle;
  await rehearse(to, secret, tools);
  yield* detach(state, order, tools);
  const discard = discarding(secret.metadata.uid, tools.force);
  const overtaken = { act: "refuse", error: new StartAgain("another run has written the Secret") } as const;
  yield outcomeOf(to, await edit(to, (old) => (credentialOf(old) ? overtaken : discard(old)), tools));
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
  // Another name is a copy that a user has made, and its source does not list it
  const isOwn = from.name === to.name;
  const isRecordedHere = isOwn && !(record instanceof CliError) && Object.hasOwn(copiesOf(record), namespace);
  // `apply` has just read it as a source
  if (order.isFoundInAzure) throw new CliError("conflict", `${nameInPlace(to)} has changed`, { hint: "run the command again" });
  if (order.revoke) {
    const hint: Hint = isRecordedHere ? { ...plugin("delete", from.name, "--revoke"), namespace: from.namespace } : "omit --revoke";
    throw refusal(to, `is a copy of secret "${from.name}" in namespace "${from.namespace}", which holds the credential`, hint);
  }
  await rehearse(to, secret, tools);
  // First, because a rerun after a kill does not know the source once the copy is deleted
  if (isOwn) yield* unlist(from, namespace, record, tools);
  yield* detach(state, order, tools);
  const host = (!(record instanceof CliError) && credentialOf(record)?.host) || loginsIn(secret)[0]?.server || "";
  yield outcomeOf(to, await edit(to, withdrawing(from, host), tools));
}

/** Takes a namespace out of the list of its source, if the run may. */
async function* unlist(
  from: Ref<"secret">,
  namespace: string,
  record: Secret | CliError | undefined,
  tools: Tools,
): AsyncGenerator<Outcome> {
  const isRead = !(record instanceof CliError);
  const error = isRead ? await edit(from, withoutCopy(namespace), tools).then(() => undefined, asForbidden) : record;
  if (!error) return;
  const problem = `${nameInPlace(from)} ${isRead ? "still lists" : "may still list"} namespace ${namespace}, so create makes the copy again`;
  yield { to: from, messages: [`${problem}: ${error.message}`] };
}

const withoutCopy =
  (namespace: string): Decide<"secret"> =>
  (old) => {
    const { [namespace]: uid, ...copies } = copiesOf(old);
    if (!old || uid === undefined) return { act: "keep", because: "it does not list the namespace" };
    return { act: "patch", patch: { data: { [copiesKey]: copiesData(copies) } }, because: "a copy was deleted" };
  };

/** Deletes a source with its copies and all references. Its record stays until the credential is revoked, so a rerun continues. */
async function* removeSource(state: NamespaceState, secret: Secret, { order, tools }: Run): AsyncGenerator<Outcome> {
  const { to, open, holders, revoke, onlyAdded, isFoundInAzure, confirmed } = order;
  let own: NamespaceState | undefined = state;
  async function* takeAway(namespace: string, { file, host }: Credential): AsyncGenerator<Outcome> {
    if (namespace !== to.namespace) return yield* removeCopyIn(namespace, { file, host }, order, tools);
    // A second time after another run has come first
    yield* detach(own ?? (await stateIn(namespace, order, tools)), order, tools, file);
    own = undefined;
  }
  const isUnshown = (now: Secret) =>
    confirmed && (unshown(nameInPlace(to), idOf(now), confirmed) ?? unshownCopies(now, to, idOf(now), confirmed));
  const desired = removing({
    source: to,
    force: tools.force,
    revoke,
    onlyAdded: onlyAdded ?? false,
    isFoundInAzure: isFoundInAzure ?? false,
    objection: order.objection ?? isUnshown,
  });
  yield* reconcile(desired, { tools, open, holders, waited: new Map(), takeAway }, secret);
}

/** Takes the copy in one namespace away, and the references to it. */
async function* removeCopyIn(
  namespace: string,
  { file, host }: Pick<Credential, "file" | "host">,
  order: DeleteOrder,
  tools: Tools,
): AsyncGenerator<Outcome> {
  const there = await stateIn(namespace, order, tools);
  if (!mayWithdraw(there.secret, order.to, order.isOfTeam === true)) return;
  const to = { ...order.to, namespace };
  const withdrawn = there.secret && outcomeOf(to, await edit(to, withdrawing(order.to, host), tools));
  if (withdrawn) yield withdrawn;
  // A Secret that stays is not this run's copy any more: a tenant has replaced it, or it holds other logins
  if (!withdrawn || withdrawn.result === "deleted") yield* detach(there, order, tools, file);
}
