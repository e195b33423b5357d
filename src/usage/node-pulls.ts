import { randomBytes } from "node:crypto";
import { isLeftover, type PodPull, pendingReason, pullPod, pullPodSelector, readPullPod } from "../check/pull-pod.ts";
import { asCliError, CliError, Conflict, Interrupted, isForbidden, isLost, isNotFound } from "../errors.ts";
import { type Command, kubectl } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { managedBy, type Pod } from "../objects.ts";
import { memoize } from "../scope/concurrency.ts";
import type { Tools } from "../tools.ts";

type NodeAnswer = NonNullable<ReturnType<typeof readPullPod>>;

export type PullTools = Pick<Tools, "now" | "sleep" | "interrupted" | "uninterrupted"> & { warn(text: string, fix: Command): void };

/** Milliseconds between two reads of a pod. */
const interval = 500;

/**
 * Milliseconds in which a pull without a login is not final if the pod has one. A kubelet waits one second for a new pod's Secrets. Then it
 * pulls without them, and retries 10 to 17 seconds later.
 */
const secretDelay = 25_000;

const write = { dryRun: false, fieldManager: managedBy.value };

/**
 * Pulls images on nodes, each in a pod that is deleted afterwards, even after an interruption or a lost response.
 * @param node the node that pulls; undefined: any that the scheduler selects
 */
export function openNodePulls(cluster: Cluster, node: string | undefined, tools: PullTools) {
  const prepared = new Map<string, Promise<void>>();
  const running = new Set<Promise<unknown>>();

  /** Deletes the pods of killed runs. Checks the right to delete a pod before there is one. @throws CliError forbidden */
  async function prepare(namespace: string): Promise<void> {
    await cluster.write(podRef(namespace), { delete: { uid: "none" } }, { ...write, dryRun: true }).catch(unlessAbsent);
    const pods = await listAll(cluster, "pod", { namespace, labels: pullPodSelector });
    for (const { metadata } of pods.filter((pod) => isLeftover(pod, new Date(cluster.now())))) {
      const { name, uid = "", resourceVersion: version = "" } = metadata;
      await cluster.write({ kind: "pod", namespace, name }, { delete: { uid, version } }, write).catch(unlessAbsent);
    }
  }

  async function pull(question: PodPull, hasLogin: boolean): Promise<NodeAnswer> {
    await memoize(prepared, question.namespace, () => prepare(question.namespace)).catch(withRights);
    if (tools.interrupted()) throw new Interrupted();
    const to = podRef(question.namespace);
    const pod = pullPod(question, to.name, tools.now(), node);
    const stored = await create(to, pod);
    if (stored instanceof CliError) return rejection(stored);
    try {
      return changeIn(question, stored) ?? (await answerOf(cluster, stored, hasLogin, tools).catch(withRights));
    } finally {
      await remove(to, stored.metadata.uid ?? "");
    }
  }

  async function create(to: Ref<"pod">, pod: object): Promise<Pod | CliError> {
    const created = await cluster.write(to, { create: pod }, write).catch(asCliError);
    if (!(created instanceof CliError) || !isLost(created)) return created;
    return tools
      .uninterrupted(() => findLost(to, created))
      .catch((error: unknown) => {
        warnAbout(to);
        throw error;
      });
  }

  /** Looks for a pod if the response to its creation was lost. It may appear a little later. @returns the error if it doesn't */
  async function findLost(to: Ref<"pod">, lost: CliError): Promise<Pod | CliError> {
    for (const pause of [0, 1000, 2000]) {
      await tools.sleep(pause);
      const pod = await cluster.get(to);
      if (pod) return pod;
    }
    return lost;
  }

  async function remove(to: Ref<"pod">, uid: string): Promise<void> {
    const deletion = () => cluster.write(to, { delete: { uid } }, write).catch(unlessAbsent);
    const attempt = () => (tools.interrupted() ? tools.uninterrupted(deletion) : deletion()).then(() => undefined, asCliError);
    let error = await attempt();
    for (let more = 2; more > 0 && error && isLost(error); more--) error = await attempt();
    if (error) warnAbout(to);
  }

  const warnAbout = ({ name, namespace }: Ref<"pod">) =>
    tools.warn(`pod/${name} could not be deleted`, { ...kubectl("delete pod", name), namespace });

  return {
    /**
     * Pulls one image on a node.
     * @param hasLogin a pull secret has a login for the image, as far as this machine can tell
     * @throws CliError forbidden without a right to the pod
     */
    pull: (...of: Parameters<typeof pull>): Promise<NodeAnswer> => {
      const answer = pull(...of);
      running.add(answer);
      return answer.finally(() => running.delete(answer));
    },
    /** Waits until every pod is deleted. */
    close: async () => void (await Promise.allSettled(running)),
  };
}

const podRef = (namespace: string): Ref<"pod"> => {
  return { kind: "pod", namespace, name: `acr-secret-check-${randomBytes(8).toString("hex")}` };
};

/** Returns the reason why a pod proves nothing: admission has changed what it pulls, or added a pull secret. */
function changeIn({ isListFinal, names, image, account }: PodPull, pod: Pod): NodeAnswer | undefined {
  if (!isListFinal) return undefined;
  const { spec } = pod;
  const added = (spec.imagePullSecrets ?? []).find(({ name = "" }) => !names.includes(name));
  if (added) return { unproven: `admission adds the pull secret ${added.name} to pods` };
  const pull = pullOf(pod);
  if (pull?.image === image && pull.imagePullPolicy === "Always" && spec.serviceAccountName === account) return undefined;
  return { unproven: "admission changes the image, the imagePullPolicy or the ServiceAccount of pods" };
}

async function answerOf(cluster: Cluster, created: Pod, hasLogin: boolean, tools: PullTools): Promise<NodeAnswer> {
  const { name, namespace = "" } = created.metadata;
  const start = tools.now().getTime();
  for (;;) {
    const pod = await cluster.get({ kind: "pod", namespace, name });
    const elapsed = tools.now().getTime() - start;
    const answer = readInTime(pod, created, elapsed);
    if (answer && isFinal(answer, hasLogin, elapsed)) return answer;
    if (tools.interrupted()) throw new Interrupted();
    await tools.sleep(interval);
  }
}

/** Reads the status of a pod. A tenant may replace the pod, or change its image: then it proves nothing. */
function readInTime(pod: Pod | undefined, created: Pod, elapsed: number): NodeAnswer | undefined {
  const { name, uid } = created.metadata;
  if (!pod || pod.metadata.uid !== uid) return { unproven: `pod/${name} was deleted before its node answered` };
  if (pullOf(pod)?.image !== pullOf(created)?.image) return { unproven: `the image of pod/${name} was changed` };
  const unproven = pendingReason(pod, elapsed);
  return readPullPod(pod) ?? (unproven === undefined ? undefined : { unproven });
}

const pullOf = ({ spec }: Pod) => spec.containers.find(({ name }) => name === "pull");

function isFinal(answer: NodeAnswer, hasLogin: boolean, elapsed: number): boolean {
  const isWithoutLogin = "failures" in answer && answer.failures.some(({ cause }) => cause === "no-login");
  return elapsed >= secretDelay || !hasLogin || !isWithoutLogin;
}

/** Ignores that a pod does not exist, or that another pod has its name. */
function unlessAbsent(error: unknown): void {
  if (!(error instanceof Conflict) && !isNotFound(error)) throw error;
}

function withRights(error: unknown): never {
  throw isForbidden(error) ? error.withHint("--from-cluster requires the rights to create, delete, get and list pods") : error;
}

/**
 * Returns the API server's reason for rejecting the pod: a quota, PodSecurity, a webhook.
 * @throws CliError if it is not about this pod: a missing right, a missing namespace, no connection
 */
function rejection(error: CliError): NodeAnswer {
  if (/ cannot create resource "pods" /.test(error.message)) return withRights(error);
  const [, reason] = /^Error from server \([^)]*\): (.*)$/s.exec(error.message) ?? [];
  if (error.kind === "notFound" || (reason === undefined && error.kind !== "invalid")) throw error;
  return { unproven: `the API server rejected the pod: ${(reason ?? error.message).replace(/\s*\n\s*/g, " ")}` };
}
