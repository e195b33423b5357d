import { type NodeAnswer, readWaiting } from "../kubelet/message.ts";
import { type ContainerStatus, managedBy, type Pod, type PodSpec } from "../objects.ts";
import { toSeconds } from "../timestamp.ts";

/** The image that a pod pulls, and how: the ServiceAccount, and its exact list of pull secrets. */
export type PodPull = {
  readonly namespace: string;
  readonly image: string;
  readonly account: string;
  /** If empty, admission copies the list of the ServiceAccount, as for every pod without a list. */
  readonly names: readonly string[];
  /** The pod proves nothing if admission adds a pull secret to its list. */
  readonly isListFinal?: true;
  /** Where the pods of the image may run; undefined if no pod or template names the image. */
  readonly placement?: Placement | undefined;
  /** The node of a pod that waits for the image. It pulls if it may run the pod. */
  readonly near: string | undefined;
};

export type Placement = Pick<PodSpec, "nodeSelector" | "affinity" | "tolerations">;

/** Milliseconds after which the kubelet ends a pod, and after which another run deletes it. */
const podLifetime = 150_000;

/** Milliseconds to wait for a node's answer. Shorter than the pod's lifetime, so that only a killed run leaves its pod. */
const answerTimeout = 120_000;

/** Milliseconds to wait while the scheduler finds no node. A tenant's pods can select nodes that don't exist. */
const schedulingTimeout = 30_000;

const purpose = { key: "acr-secret/purpose", value: "pull-check" };
const expiry = "acr-secret/expires-at";

/** A label selector for these pods. */
export const pullPodSelector = `${managedBy.key}=${managedBy.value},${purpose.key}=${purpose.value}`;

/**
 * A program that no image has: the name of the pod is random. The image's own program must not run. The kubelet pulls the image before it
 * looks for the program, so this failure proves the pull.
 */
const commandOf = (name: string) => [`/kubectl-acr-secret/${name}`];

/**
 * Returns a pod that pulls an image and runs nothing. PodSecurity `restricted` admits it.
 *
 * It has no labels of the workload, so no Service or NetworkPolicy selects it. It has no user ID, because OpenShift accepts only IDs of the
 * namespace. Without one, the kubelet rejects an image that runs as root only after the pull.
 *
 * @param name starts with `acr-secret-check-`. It is known before the request, so the pod is found even if the response is lost
 * @param node the node to run on
 */
export function pullPod(pull: PodPull, name: string, now: Date, node?: string) {
  const { image, account, names, namespace } = pull;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      // A service mesh would add containers that the node has to pull first
      labels: { [managedBy.key]: managedBy.value, [purpose.key]: purpose.value, "sidecar.istio.io/inject": "false" },
      annotations: { [expiry]: toSeconds(new Date(now.getTime() + podLifetime)), "linkerd.io/inject": "disabled" },
    },
    spec: {
      serviceAccountName: account,
      imagePullSecrets: names.length > 0 ? names.map((secret) => ({ name: secret })) : undefined,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: "Never",
      activeDeadlineSeconds: podLifetime / 1000,
      // A deletion then removes the pod at once
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      ...(node === undefined ? placementOf(pull) : onNode(node, pull)),
      containers: [
        {
          name: "pull",
          image,
          // The kubelet asks the registry for the manifest, even if the node has the image
          imagePullPolicy: "Always",
          command: commandOf(name),
          // Many quotas require both
          resources: { requests: tiny, limits: tiny },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  } as const;
}

const tiny = { cpu: "10m", memory: "16Mi" } as const;

/**
 * Selects a node like a DaemonSet does. `nodeName` would bypass the scheduler. Then a pod for a node that doesn't exist or has no room would
 * wait without a reason. A taint that the image's pods don't tolerate keeps them off the node, and this pod too.
 */
const onNode = (node: string, { placement: { tolerations = [] } = {} }: PodPull): Placement => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [isNode(node)] } } },
  tolerations: [...tolerations, { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" }],
});

function placementOf({ placement: { nodeSelector, affinity, tolerations } = {}, near }: PodPull): Placement {
  const preference = near !== undefined && {
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: isNode(near) }],
  };
  return { nodeSelector, affinity: { nodeAffinity: { ...affinity?.nodeAffinity, ...preference } }, tolerations };
}

/** core/v1 NodeSelectorTerm. */
const isNode = (name: string) => ({ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] });

/** Whether a pod has the complete form of {@link pullPod}. Labels alone prove nothing, because others can write them. */
export function isPullPod({ metadata, spec }: Pod): boolean {
  const { name, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const [container, ...others] = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  return (
    /^acr-secret-check-[0-9a-f]{16}$/.test(name) &&
    labels[managedBy.key] === managedBy.value &&
    labels[purpose.key] === purpose.value &&
    annotations[expiry] !== undefined &&
    ownerReferences.length === 0 &&
    spec.restartPolicy === "Never" &&
    spec.activeDeadlineSeconds === podLifetime / 1000 &&
    others.length === 0 &&
    String(container?.command) === String(commandOf(name))
  );
}

/**
 * Whether a killed run has left a pod. The annotation must be over, and the lifetime since the API server created the pod too. So neither a
 * changed annotation nor a wrong clock ends another run's check.
 */
export function isLeftover(pod: Pod, now: Date): boolean {
  const { creationTimestamp, annotations = {} } = pod.metadata;
  const end = Math.max(Date.parse(creationTimestamp ?? "") + podLifetime, Date.parse(annotations[expiry] ?? ""));
  return isPullPod(pod) && pod.status?.phase !== "Running" && end < now.getTime();
}

/** Reasons of a container that the kubelet creates after the pull (k8s.io/kubernetes/pkg/kubelet/container/sync_result.go). */
const afterPull = ["CreateContainerConfigError", "CreateContainerError", "PreCreateHookError", "RunContainerError", "PostStartHookError"];

/** Reasons of a container whose pod is still being prepared. */
export const beforePull = ["", "ContainerCreating", "PodInitializing"];

/** Reads the status of a {@link pullPod}. @returns undefined while its node has not answered */
export function readPullPod({ spec, status = {} }: Pod): NodeAnswer | undefined {
  const node = spec.nodeName ?? "";
  const container = (status.containerStatuses ?? []).find(({ name }) => name === "pull");
  if (container && hasPulled(container)) return { node, failures: [] };
  const { reason = "", message = "" } = container?.state?.waiting ?? {};
  const failures = readWaiting({ reason, message });
  if (failures.length > 0) return { node, failures };
  // The pod has ended without its image: the node has rejected it, or its deadline is over
  if (status.phase === "Failed") return { unproven: status.message ?? "the pod failed without a message" };
  // A reason that this version doesn't recognize, such as RegistryUnavailable of CRI-O
  return beforePull.includes(reason) ? undefined : { node, failures: [{ cause: "unknown", text: message || reason }] };
}

/** A container that has ended may have never started: `ContainerStatusUnknown`. So only its image counts. */
const hasPulled = ({ imageID = "", state = {} }: ContainerStatus): boolean =>
  imageID !== "" || state.running !== undefined || afterPull.includes(state.waiting?.reason ?? "");

const unscheduled = ({ status = {} }: Pod): string | undefined =>
  (status.conditions ?? []).find(({ type, status: holds }) => type === "PodScheduled" && holds === "False")?.message;

/** Returns why a node has not answered in time; undefined while it may. @param elapsed milliseconds since the pod was created */
export function pendingReason(pod: Pod, elapsed: number): string | undefined {
  const message = unscheduled(pod);
  if (elapsed < (message === undefined ? answerTimeout : schedulingTimeout)) return undefined;
  if (message !== undefined) return `no node runs the pod: ${message}`;
  const seconds = answerTimeout / 1000;
  const { nodeName } = pod.spec;
  return nodeName ? `node ${nodeName} has not pulled the image after ${seconds} s` : `no node runs the pod after ${seconds} s`;
}
