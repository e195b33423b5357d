import { describe, expect, test } from "vitest";
import { isLeftover, isPullPod, type PodPull, pendingReason, pullPod, readPullPod } from "../../../src/check/pull-pod.ts";
import type { ContainerStatus, Pod } from "../../../src/objects.ts";

const name = "acr-secret-check-0123456789abcdef";
const now = new Date("2026-01-01T00:00:00.500Z");
const web: PodPull = {
  namespace: "demo",
  image: "myregistry.azurecr.io/app/web:1",
  account: "web",
  names: [],
  placement: undefined,
  near: undefined,
};
const specOf = (pull: Partial<PodPull>, node?: string) => pullPod({ ...web, ...pull }, name, now, node).spec;

/** Returns the pod as the API server stores it. */
const stored = (status: Pod["status"] = {}, nodeName?: string): Pod => {
  const { metadata, spec, ...rest } = pullPod(web, name, now);
  return {
    ...rest,
    metadata: { ...metadata, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { ...spec, ...(nodeName !== undefined && { nodeName }) },
    status,
  };
};

test("builds a pod that runs nothing and that PodSecurity restricted admits", () => {
  expect(JSON.parse(JSON.stringify(pullPod(web, name, now)))).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "demo",
      labels: {
        "app.kubernetes.io/managed-by": "kubectl-acr-secret",
        "acr-secret/purpose": "pull-check",
        "sidecar.istio.io/inject": "false",
      },
      annotations: { "acr-secret/expires-at": "2026-01-01T00:02:30Z", "linkerd.io/inject": "disabled" },
    },
    spec: {
      serviceAccountName: "web",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: "Never",
      activeDeadlineSeconds: 150,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      affinity: { nodeAffinity: {} },
      containers: [
        {
          name: "pull",
          image: "myregistry.azurecr.io/app/web:1",
          imagePullPolicy: "Always",
          command: ["/kubectl-acr-secret/acr-secret-check-0123456789abcdef"],
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "10m", memory: "16Mi" } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  });
});

test("runs no program whose path an image can know before the pod exists", () => {
  const programs = ["0123456789abcdef", "fedcba9876543210"].map(
    (random) => pullPod(web, `acr-secret-check-${random}`, now).spec.containers[0].command[0],
  );

  expect(programs).toEqual([expect.stringContaining("0123456789abcdef"), expect.stringContaining("fedcba9876543210")]);
});

test("lists exactly the pull secrets of the pull, in their order", () => {
  expect(specOf({ names: ["b", "a"] }).imagePullSecrets).toEqual([{ name: "b" }, { name: "a" }]);
  expect(specOf({ names: [] }).imagePullSecrets).toBeUndefined();
});

const term = (node: string) => ({ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] });
const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term("gpu-1")] } };
const placement = {
  nodeSelector: { pool: "gpu" },
  tolerations: [{ key: "gpu", operator: "Exists" }],
  affinity: { nodeAffinity: required, podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
};

const cordoned = { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" };

test.for([
  {
    when: "the image's pods have a placement",
    given: { placement },
    expected: { nodeSelector: { pool: "gpu" }, tolerations: placement.tolerations, affinity: { nodeAffinity: required } },
  },
  {
    when: "a pod waits on a node",
    given: { placement, near: "gpu-2" },
    expected: {
      nodeSelector: { pool: "gpu" },
      tolerations: placement.tolerations,
      affinity: {
        nodeAffinity: {
          ...required,
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: term("gpu-2") }],
        },
      },
    },
  },
  {
    when: "the user names a node",
    given: { placement, near: "gpu-2" },
    node: "gpu-1",
    expected: { affinity: { nodeAffinity: required }, tolerations: [...placement.tolerations, cordoned] },
  },
  {
    when: "the user names a node and no pod has the image",
    given: {},
    node: "gpu-1",
    expected: { affinity: { nodeAffinity: required }, tolerations: [cordoned] },
  },
])("selects the node when $when", ({ given, node, expected }) => {
  const { nodeSelector, tolerations, affinity } = specOf(given, node);

  expect(JSON.parse(JSON.stringify({ nodeSelector, tolerations, affinity }))).toEqual(expected);
});

const container = (status: Omit<ContainerStatus, "name">): Pod["status"] => ({
  phase: "Pending",
  containerStatuses: [{ name: "pull", ...status }],
});
const waiting = (reason: string, message?: string) =>
  container({ state: { waiting: { reason, ...(message !== undefined && { message }) } } });
const done = { node: "n1", failures: [] };
const failure = (cause: string, text: string) => ({ node: "n1", failures: [{ cause, text }] });

describe("readPullPod", () => {
  test.for<{ when: string; status: Pod["status"]; answer: unknown }>([
    { when: "the pod is new", status: {}, answer: undefined },
    { when: "no status of the container exists", status: { phase: "Pending", containerStatuses: [] }, answer: undefined },
    { when: "the node creates the container", status: waiting("ContainerCreating"), answer: undefined },
    { when: "an init container of a webhook runs", status: waiting("PodInitializing"), answer: undefined },
    { when: "the image runs as root", status: waiting("CreateContainerConfigError", "image will run as root"), answer: done },
    { when: "the container can't be created", status: waiting("CreateContainerError", "no command"), answer: done },
    { when: "the program doesn't exist", status: waiting("RunContainerError", "no such file"), answer: done },
    {
      when: "the container has ended with its image",
      status: {
        phase: "Failed",
        containerStatuses: [{ name: "pull", imageID: "sha256:1", state: { terminated: { reason: "StartError" } } }],
      },
      answer: done,
    },
    { when: "the container runs", status: container({ state: { running: {} } }), answer: done },
    {
      when: "the deadline is over before the image was pulled",
      status: {
        phase: "Failed",
        message: "Pod was active on the node longer than the specified deadline",
        containerStatuses: [{ name: "pull", imageID: "", state: { terminated: { reason: "ContainerStatusUnknown" } } }],
      },
      answer: { unproven: "Pod was active on the node longer than the specified deadline" },
    },
    {
      when: "the node rejects the pod",
      status: { phase: "Failed", message: "Pod was rejected: Node didn't have enough resource: cpu" },
      answer: { unproven: "Pod was rejected: Node didn't have enough resource: cpu" },
    },
    { when: "the pod failed without a message", status: { phase: "Failed" }, answer: { unproven: "the pod failed without a message" } },
    {
      when: "the pull failed",
      status: waiting("ErrImagePull", 'rpc error: code = NotFound desc = failed to pull and unpack image "i": i: not found'),
      answer: failure("not-found", "i: not found"),
    },
    {
      when: "the kubelet waits before the next pull",
      status: waiting("ImagePullBackOff", 'Back-off pulling image "i": ErrImagePull: x: 403 Forbidden'),
      answer: failure("blocked", "x: 403 Forbidden"),
    },
    {
      when: "a pull secret is malformed",
      status: waiting("illegal base64 data at input byte 0", "illegal base64 data at input byte 0"),
      answer: failure("malformed-secret", "illegal base64 data at input byte 0"),
    },
    { when: "the image name is invalid", status: waiting("InvalidImageName", "bad"), answer: failure("invalid-image", "bad") },
    {
      when: "the runtime has a reason of its own",
      status: waiting("SignatureValidationFailed", "no key"),
      answer: failure("unknown", "no key"),
    },
    { when: "a reason has no message", status: waiting("RegistryUnavailable"), answer: failure("unknown", "RegistryUnavailable") },
    {
      when: "a container of a webhook failed",
      status: { phase: "Pending", containerStatuses: [{ name: "proxy", state: { waiting: { reason: "ErrImagePull", message: "x" } } }] },
      answer: undefined,
    },
  ])("reads a status when $when", ({ status, answer }) => {
    expect(readPullPod(stored(status, "n1"))).toEqual(answer);
  });
});

const unscheduled = { conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes are available" }] };

test.for([
  {
    when: "the scheduler gives a reason",
    status: unscheduled,
    node: undefined,
    after: 30_000,
    reason: "no node runs the pod: 0/3 nodes are available",
  },
  { when: "the scheduler is silent", status: {}, node: undefined, after: 120_000, reason: "no node runs the pod after 120 s" },
  { when: "a node has the pod", status: {}, node: "n1", after: 120_000, reason: "node n1 has not pulled the image after 120 s" },
])("explains a missing answer after $after ms when $when", ({ status, node, after, reason }) => {
  expect([after - 1, after].map((elapsed) => pendingReason(stored(status, node), elapsed))).toEqual([undefined, reason]);
});

const expired = new Date("2026-01-01T00:02:31Z");

describe("recognizes pods of killed runs", () => {
  test("counts as left when both of its times are over", () => {
    expect([now, new Date("2026-01-01T00:02:29Z"), expired].map((time) => isLeftover(stored(), time))).toEqual([false, false, true]);
  });

  const edited = (metadata: Partial<Pod["metadata"]>, spec: Partial<Pod["spec"]> = {}, status: Pod["status"] = {}): Pod => {
    const pod = stored(status);
    return { ...pod, metadata: { ...pod.metadata, ...metadata }, spec: { ...pod.spec, ...spec } };
  };
  const { labels = {}, annotations = {} } = stored().metadata;
  const [mine = { name: "" }] = stored().spec.containers;
  const { "acr-secret/purpose": _, ...unlabeled } = labels;

  test.for<{ when: string; pod: Pod }>([
    { when: "its name is another", pod: edited({ name: "web-1" }) },
    { when: "its name only starts like ours", pod: edited({ name: `${name}-web` }) },
    { when: "a label is missing", pod: edited({ labels: unlabeled }) },
    { when: "another tool manages it", pod: edited({ labels: { ...labels, "app.kubernetes.io/managed-by": "Helm" } }) },
    { when: "it has no expiry", pod: edited({ annotations: {} }) },
    { when: "its expiry is no time", pod: edited({ annotations: { ...annotations, "acr-secret/expires-at": "soon" } }) },
    { when: "its expiry is later", pod: edited({ annotations: { ...annotations, "acr-secret/expires-at": "2027-01-01T00:00:00Z" } }) },
    { when: "it is younger than its expiry says", pod: edited({ creationTimestamp: "2026-01-01T00:02:00Z" }) },
    { when: "its creation time is unknown", pod: edited({ creationTimestamp: null }) },
    {
      when: "a controller owns it",
      pod: edited({ ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "u" }] }),
    },
    { when: "it restarts", pod: edited({}, { restartPolicy: "Always" }) },
    { when: "it has no deadline", pod: edited({}, { activeDeadlineSeconds: 3600 }) },
    { when: "it runs a program", pod: edited({}, { containers: [{ ...mine, command: ["/bin/sh"] }] }) },
    { when: "it runs the image's program", pod: edited({}, { containers: [{ name: "pull" }] }) },
    { when: "it has another container", pod: edited({}, { containers: [mine, { name: "web" }] }) },
    { when: "it has an init container", pod: edited({}, { initContainers: [{ name: "setup" }] }) },
    { when: "a user debugs it", pod: edited({}, { ephemeralContainers: [{ name: "debugger" }] }) },
    { when: "it runs", pod: edited({}, {}, { phase: "Running" }) },
  ])("does not count as left when $when", ({ pod }) => {
    expect(isLeftover(pod, expired)).toBe(false);
  });

  test("counts as a pod of this plugin whatever its times are", () => {
    expect([stored(), edited({ creationTimestamp: null }), edited({ name: "web-1" })].map(isPullPod)).toEqual([true, true, false]);
  });
});
