import { inWords, second } from "../duration.ts";
import { type Command, kubectl, plugin } from "../hint.ts";
import { kinds, nameOf, type PodKind, type Ref, type TargetKind, targetKindOf } from "../kinds.ts";
import { type PullingPod, recreatingControllers } from "../usage/pods.ts";
import type { OwnerRef } from "../usage/references.ts";
import { hasPods, pluralize } from "../wording.ts";

/** A target that has the Secret or will get it, with the names that it then has. */
type Attached = { readonly to: Ref<TargetKind>; readonly names: readonly string[] };

/** Which pods to restart: those that can't start, all that lack the Secret, or none. */
export type RestartOptions = "stuck" | "all" | "none";

export type RestartOrder = {
  readonly secret: string;
  /** The Secret is written in this run, so pods that already name it can pull now. */
  readonly renewed?: boolean;
  readonly restart: RestartOptions;
  /** Whether the Secret's credential can pull from a repository, if known. */
  mayPull(repository: string): boolean;
  /** The repositories out of reach that another warning of the run names for all pods. */
  readonly reported?: readonly string[];
};

/** Pods to end, so that new ones have the Secret. */
export type Restart = {
  /** The target whose list must have the Secret first. */
  readonly needs: Ref<TargetKind>;
  /** A pod to evict, or a workload whose pods are replaced a few at a time, as by `kubectl rollout restart`. */
  readonly to: Ref<PodKind>;
  /** The uid of the pod; absent for a workload. */
  readonly uid?: string;
  readonly because: string;
};

type PodWarning = {
  /** The target without whose Secret the warning is wrong. */
  readonly needs?: Ref<TargetKind>;
  readonly to: Ref<"pod">;
  readonly message: string;
  readonly fix?: Command | undefined;
  readonly isInfo?: true;
};

/**
 * Decides which pods to restart: those that were created before their target had the Secret. Admission copies the names only when it
 * creates a pod, so such a pod never recovers by itself. A pod is restarted if its controller recreates it. The warnings name the others. A
 * pod that waits for an image that the Secret can't pull is not restarted, because it would wait again.
 * @param refused targets whose error already says that their pods can't pull
 */
export function restartsOf(
  targets: readonly Attached[],
  pods: readonly PullingPod[],
  order: RestartOrder,
  refused: readonly Ref[] = [],
): { readonly restarts: readonly Restart[]; readonly warnings: readonly PodWarning[] } {
  const targetOf = targetFinder(targets);
  const mine = pods.flatMap((pod) => {
    const target = targetOf(pod);
    return target ? [{ pod, target }] : [];
  });
  const rollouts = order.restart === "all" ? rolloutsOf(mine, order) : [];
  const decided = mine
    .filter(({ pod }) => pod.waits !== "nothing" && !rollouts.some(({ to }) => isOf(pod.above, to)))
    .map(({ pod, target }) => decideRestart(target, pod, order));
  const isOther = (pod: PullingPod) =>
    !refused.some((target) => isFrom(pod, target)) && !targetOf(pod) && !isRolledOut(pod, targets) && pod.repositories.some(order.mayPull);
  const others = targets.length > 0 ? warnOthers(order.secret, pods, isOther) : [];
  return {
    restarts: [...rollouts, ...decided.flatMap(({ restart }) => restart ?? [])],
    warnings: [...decided.flatMap(({ warnings }) => warnings), ...warnRecovering(pods, order), ...others],
  };
}

/**
 * Returns a function that finds the target from which a pod gets its names: its controller or its ServiceAccount. Pods that a rollout
 * replaces have none.
 */
function targetFinder(targets: readonly Attached[]): (pod: PullingPod) => Attached | undefined {
  const byKey = new Map(targets.map((target) => [`${target.to.kind}/${target.to.name}`, target]));
  const targetCalled = ({ kind, name }: OwnerRef) => byKey.get(`${targetKindOf(kind)}/${name}`);
  return (pod) =>
    (pod.owner && targetCalled(pod.owner)) ?? (isRolledOut(pod, targets) ? undefined : byKey.get(`serviceaccount/${pod.account}`));
}

const isRolledOut = ({ above }: PullingPod, targets: readonly Attached[]): boolean => targets.some(({ to }) => isOf(above, to));

const isOf = (owner: OwnerRef | undefined, { kind, name }: Ref): boolean =>
  owner !== undefined && owner.name === name && targetKindOf(owner.kind) === kind;

/** Whether a pod is an object, or was created by it. */
export const isFrom = ({ to, owner }: PullingPod, object: Ref): boolean => nameOf(to) === nameOf(object) || isOf(owner, object);

/** A pod with the target from which it gets its names. */
type PodOfTarget = { readonly pod: PullingPod; readonly target: Attached };

/** Returns one rollout for each workload whose pods have an older copy of their ServiceAccount's names. */
function rolloutsOf(mine: readonly PodOfTarget[], { secret, mayPull }: RestartOrder): Restart[] {
  const rollouts = mine.flatMap(({ pod, target }): Restart[] => {
    const to = rolloutOf(pod);
    if (!to || pod.names.includes(secret) || isCopiedFrom(target, secret, pod) === false || !pod.repositories.some(mayPull)) return [];
    return [{ needs: target.to, to, because: `some pods were ${createdBefore(target, secret)}` }];
  });
  return [...new Map(rollouts.map((rollout) => [`${rollout.to.kind}/${rollout.to.name}`, rollout])).values()];
}

/** Returns the workload whose rollout replaces a pod. */
function rolloutOf({ to: { namespace }, owner, above }: PullingPod): Ref<PodKind> | undefined {
  const top = above ?? owner;
  const kind = top && targetKindOf(top.kind);
  if (!kind || kinds[kind].pullSecretList.takesEffect !== "rollout") return undefined;
  return { kind: kind as PodKind, name: top.name, namespace };
}

/**
 * Warns about pods that wait for an image that the Secret can pull, and run as a ServiceAccount that was not selected. Prints one warning
 * for each ServiceAccount.
 */
function warnOthers(secret: string, pods: readonly PullingPod[], isMeant: (pod: PullingPod) => boolean): PodWarning[] {
  const stuck = pods.filter((pod) => pod.fails && pod.waits === "image" && !pod.names.includes(secret) && isMeant(pod));
  const byAccount = Map.groupBy(stuck, ({ account }) => account);
  return [...byAccount].flatMap(([account, [first, ...more]]): PodWarning[] => {
    if (!first) return [];
    const also = more.length > 0 ? ` (and ${more.length} more)` : "";
    const message = `pod/${first.to.name}${also} cannot pull an image and uses serviceaccount/${account}; add --serviceaccount ${account}`;
    return [{ to: first.to, message }];
  });
}

/** Informs about pods that already name the Secret: they can pull with its new login, and the kubelet retries by itself. */
function warnRecovering(pods: readonly PullingPod[], { secret, renewed = false, mayPull }: RestartOrder): PodWarning[] {
  const [first, ...more] = renewed
    ? pods.filter((pod) => pod.fails && pod.waits === "image" && pod.names.includes(secret) && pod.repositories.every(mayPull))
    : [];
  if (!first) return [];
  const most = Math.max(...[first, ...more].map(({ retries = 0 }) => retries));
  const also = more.length > 0 ? ` (and ${more.length} more)` : "";
  const message = `pod/${first.to.name}${also} already ${pluralize(more.length + 1, "lists", "list")} secret/${secret}; the kubelet retries within ${inWords(most * second)}`;
  return [{ to: first.to, message, isInfo: true }];
}

type Decided = { readonly restart?: Restart; readonly warnings: readonly PodWarning[] };

function decideRestart(target: Attached, pod: PullingPod, { secret, restart, mayPull, reported = [] }: RestartOrder): Decided {
  const { to, repositories, names, uid } = pod;
  const warn = (message: string, fix?: Command): PodWarning => ({ needs: target.to, to, message: `pod/${to.name} ${message}`, fix });
  const beyond = repositories.filter((repository) => !mayPull(repository));
  const unreported = beyond.filter((repository) => !reported.includes(repository));
  const add = `add --repository ${unreported.join(",")}`;
  const denied = unreported.length > 0 ? [warn(`waits for ${unreported.join(" and ")}, which secret/${secret} cannot pull; ${add}`)] : [];
  if (names.includes(secret) || beyond.length === repositories.length) return { warnings: denied };
  const obstacle = obstacleTo(target, pod, { secret, restart });
  if (obstacle) return { warnings: [...denied, warn(obstacle.message, obstacle.fix)] };
  return { restart: { needs: target.to, to, uid, because: createdBefore(target, secret) }, warnings: denied };
}

const createdBefore = ({ to }: Attached, secret: string): string => `created before ${secret} was added to ${nameOf(to)}`;

/** Returns why a pending pod that lacks the Secret is not restarted, with the command that helps; undefined if it is restarted. */
function obstacleTo(
  target: Attached,
  pod: PullingPod,
  { secret, restart }: Pick<RestartOrder, "secret" | "restart">,
): { readonly message: string; readonly fix?: Command } | undefined {
  const { to, waits, owner } = pod;
  const old = `was ${createdBefore(target, secret)}`;
  const deletion = { ...kubectl("delete pod", to.name), namespace: to.namespace };
  const recreationOf = (name: string) => plugin("attach", secret, name, "--recreate");
  if (!isCopiedFrom(target, secret, pod)) {
    const next = pod.own ? `add ${secret} to its template` : `if its template lists them, add ${secret} there, otherwise delete the pod`;
    return { message: `has other imagePullSecrets than ${nameOf(target.to)}, so it was not restarted; ${next}` };
  }
  if (waits === "node") return { message: `${old} and waits for a node; if its pull fails there, delete it`, fix: deletion };
  if (waits === "other") return { message: `${old} and does not wait for an image; if a later pull fails, delete it`, fix: deletion };
  if (!owner) return { message: `${old} and has no controller, so it must be recreated`, fix: recreationOf(nameOf(to)) };
  if (!recreatingControllers.has(owner.kind)) {
    const counts = `${old} and belongs to a ${owner.kind}, which counts a deleted pod as failed`;
    return { message: `${counts}; delete the ${owner.kind} and create it again` };
  }
  return restart === "none" ? { message: `${old}, so it must be recreated`, fix: deletion } : undefined;
}

/**
 * Whether a pod has the earlier names of its target. A list from the pod's own template always counts. An empty list is a copy of an empty
 * one: admission fills it.
 */
function isCopiedFrom({ to, names: carried }: Attached, secret: string, { names, own }: PullingPod): boolean {
  if (hasPods(to) || names.length === 0) return true;
  return !own && String(names) === String(carried.filter((one) => one !== secret));
}
