import type { Ref } from "../kinds.ts";
import type { Change } from "./change.ts";

/** A pod that has not started, with an image of the registry in question. */
export type WaitingPod = {
  readonly to: Ref<"pod">;
  readonly uid: string;
  readonly account: string;
  /** The repositories of that registry that its images are of. */
  readonly repositories: readonly string[];
  /** Its own imagePullSecrets: what admission copied from the ServiceAccount, or what its author wrote. */
  readonly names: readonly string[];
  /** What it waits for; see {@link readWait}. */
  readonly waits: "image" | "node" | "other";
  /** Its node has tried to pull, and has failed. */
  readonly fails: boolean;
  /** The kind of its controller, `ReplicaSet`; absent for a pod that has none. */
  readonly owner: string | undefined;
};

/** Controllers that make a pod anew and count no failure for it (apps/v1, core/v1); a Job does count one, and may be over. */
const makesAnew = new Set(["ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet"]);

/** An attached ServiceAccount: the names that it then has. */
export type Attached = { readonly to: Ref<"serviceaccount">; readonly names: readonly string[] };

/**
 * Pods that were made before their ServiceAccount carried the Secret. Admission copies the names once, when a pod is made, so such a
 * pod never recovers by itself: one that its controller makes anew goes and comes back, of the others we only tell.
 * A pod that waits for something which the Secret may not pull would wait for it again.
 *
 * @param mayPull whether the Secret's credential may pull from a repository, as far as that is known
 */
export function planRestarts(
  secret: string,
  accounts: readonly Attached[],
  pods: readonly WaitingPod[],
  mayPull: (repository: string) => boolean,
): Change[] {
  const byName = new Map(accounts.map((account) => [account.to.name, account]));
  const changes = pods.flatMap((pod) => {
    const account = byName.get(pod.account);
    return account ? planRestart(secret, account, pod, mayPull) : [];
  });
  const others = accounts.length > 0 ? tellOthers(secret, pods, (pod) => !byName.has(pod.account) && pod.repositories.some(mayPull)) : [];
  // What is done comes before what is left to do
  return [...changes.filter(({ act }) => act !== "tell"), ...changes.filter(({ act }) => act === "tell"), ...others];
}

/** Pods that wait for what the Secret may pull, and run as a ServiceAccount that is not named: each of these is told once. */
function tellOthers(secret: string, pods: readonly WaitingPod[], isMeant: (pod: WaitingPod) => boolean): Change[] {
  const stuck = pods.filter((pod) => pod.fails && pod.waits === "image" && !pod.names.includes(secret) && isMeant(pod));
  const byAccount = Map.groupBy(stuck, ({ account }) => account);
  return [...byAccount].flatMap(([account, [first, ...more]]): Change[] => {
    if (!first) return [];
    const also = more.length > 0 ? ` (and ${more.length} more)` : "";
    const says = `pod/${first.to.name}${also} cannot pull either, and runs as serviceaccount/${account}: add --serviceaccount ${account}`;
    return [{ act: "tell", to: first.to, says }];
  });
}

function planRestart(secret: string, account: Attached, pod: WaitingPod, mayPull: (repository: string) => boolean): Change[] {
  const { to, repositories, names } = pod;
  const beyond = repositories.filter((repository) => !mayPull(repository));
  const flags = beyond.map((repository) => `--repository ${repository}`).join(" ");
  const told = tell(account, pod, `waits for ${beyond.join(" and ")}, which secret/${secret} may not pull: add ${flags}`);
  const lost = beyond.length > 0 ? [told] : [];
  if (names.includes(secret) || beyond.length === repositories.length) return lost;
  const why = hindrance(secret, account, pod);
  if (why !== undefined) return [...lost, tell(account, pod, why)];
  const because = `made before serviceaccount/${account.to.name} carried ${secret}`;
  return [...lost, { act: "restart", needs: account.to, to, uid: pod.uid, because }];
}

/** Why a pod that lacks the Secret is left alone, and what to do about it. */
function hindrance(
  secret: string,
  { to, names: carried }: Attached,
  { to: { name, namespace }, names, waits, owner }: WaitingPod,
): string | undefined {
  const late = `was made before serviceaccount/${to.name} carried ${secret}`;
  if (String(names) !== String(carried.filter((one) => one !== secret)))
    return `has other imagePullSecrets than serviceaccount/${to.name}: if its template lists them, add ${secret} there, else delete the pod`;
  if (waits === "node") return `${late} and waits for a node: if it cannot pull there, kubectl delete pod ${name} -n ${namespace}`;
  if (waits === "other")
    return `${late} and does not wait for an image: if it cannot pull later, kubectl delete pod ${name} -n ${namespace}`;
  if (owner === undefined) return `${late} and has no controller: delete it and create it again`;
  if (makesAnew.has(owner)) return undefined;
  return `${late} and belongs to a ${owner}, which would count a deleted pod as failed: make the ${owner} anew`;
}

const tell = (account: Attached, { to }: WaitingPod, says: string): Change => ({
  act: "tell",
  needs: account.to,
  to,
  says: `pod/${to.name} ${says}`,
});

/** What {@link readWait} looks at, of core/v1 PodStatus. */
export type PodWait = {
  readonly reasons: readonly string[];
  /** Of a container that is no sidecar. */
  readonly running: boolean;
  /** The condition PodScheduled is False. */
  readonly unscheduled: boolean;
};

/**
 * What a pod that has not started waits for: its image, a node, or something else. No container of it runs, but for sidecars.
 * A reason of several words is the kubelet's error for a pull secret that it cannot read.
 */
export function readWait({ reasons, running, unscheduled }: PodWait): WaitingPod["waits"] {
  if (unscheduled) return "node";
  if (running) return "other";
  return reasons.length === 0 || failsToPull(reasons) ? "image" : "other";
}

/** Whether one of the reasons for which containers wait is a pull that failed. */
export const failsToPull = (reasons: readonly string[]): boolean =>
  reasons.some((reason) => reason === "ErrImagePull" || reason === "ImagePullBackOff" || reason.includes(" "));
