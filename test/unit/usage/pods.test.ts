import { expect, test } from "vitest";
import type { ContainerStatus, Pod } from "../../../src/objects.ts";
import { podFacts, waitOf } from "../../../src/usage/pods.ts";
import { pod as workloadPod } from "../../support/check-world.ts";

const running: ContainerStatus["state"] = { running: {} };
const done: ContainerStatus["state"] = { terminated: {} };
const waiting = (reason: string): ContainerStatus["state"] => ({ waiting: { reason } });
const noPull = waiting("ImagePullBackOff");

type Row = Readonly<Record<string, ContainerStatus["state"]>>;

/** Returns a pod with these containers. `sidecar` and `native` are init containers that always restart. */
function podOf(inits: Row, containers: Row): Pod {
  const statuses = (row: Row) => Object.entries(row).map(([name, state]): ContainerStatus => ({ name, ...(state && { state }) }));
  const always = (name: string) => (["sidecar", "native"].includes(name) ? { restartPolicy: "Always" } : {});
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1" },
    spec: {
      initContainers: Object.keys(inits).map((name) => ({ name, ...always(name) })),
      containers: Object.keys(containers).map((name) => ({ name })),
    },
    status: { phase: "Pending", initContainerStatuses: statuses(inits), containerStatuses: statuses(containers) },
  };
}

test.for<{ why: string; inits?: Row; containers: Row; waits: ReturnType<typeof waitOf> }>([
  { why: "its image", containers: { web: noPull }, waits: "image" },
  { why: "its image, next to a running sidecar", inits: { sidecar: running }, containers: { web: noPull }, waits: "image" },
  { why: "its image, next to two sidecars", inits: { sidecar: running, native: running }, containers: { web: noPull }, waits: "image" },
  { why: "the image of a sidecar", inits: { sidecar: noPull }, containers: { web: waiting("PodInitializing") }, waits: "image" },
  {
    why: "the image of an init container after a sidecar",
    inits: { sidecar: running, migrate: noPull },
    containers: { web: waiting("PodInitializing") },
    waits: "image",
  },
  { why: "its image, and its init container is done", inits: { migrate: done }, containers: { web: noPull }, waits: "image" },
  {
    why: "an init container that runs",
    inits: { migrate: running, sidecar: noPull },
    containers: { web: waiting("PodInitializing") },
    waits: "other",
  },
  { why: "nothing: another container runs", inits: { sidecar: running }, containers: { web: running, log: noPull }, waits: "other" },
  { why: "nothing: a container without the name of a sidecar runs", containers: { sidecar: running, log: noPull }, waits: "other" },
  { why: "volumes, next to a sidecar", inits: { sidecar: running }, containers: { web: waiting("ContainerCreating") }, waits: "other" },
])("detects that a pod waits for $why", ({ inits = {}, containers, waits }) => {
  expect(waitOf(podOf(inits, containers))).toBe(waits);
});

test.for<{ why: string; reasons?: string[]; status?: Pod["status"]; waits: ReturnType<typeof waitOf> }>([
  { why: "the pull failed", reasons: ["ErrImagePull"], waits: "image" },
  { why: "the pull is retried", reasons: ["ImagePullBackOff"], waits: "image" },
  { why: "one container of two", reasons: ["PodInitializing", "ImagePullBackOff"], waits: "image" },
  { why: "the kubelet's error for a missing Secret", reasons: ['secret "acr" not found'], waits: "image" },
  { why: "it has no status", waits: "image" },
  { why: "no node accepts it", status: { conditions: [{ type: "PodScheduled", status: "False" }] }, waits: "node" },
  { why: "it has a node", status: { conditions: [{ type: "PodScheduled", status: "True" }] }, waits: "image" },
  { why: "the pull policy is Never, and the image is missing", reasons: ["ErrImageNeverPull"], waits: "other" },
  { why: "its volumes are being mounted", reasons: ["ContainerCreating"], waits: "other" },
])("detects that a pod waits for $waits: $why", ({ reasons = [], status, waits }) => {
  const pod = podOf({}, Object.fromEntries(reasons.map((reason, index) => [`c${index}`, waiting(reason)])));

  expect(waitOf({ ...pod, status: { ...pod.status, ...status } })).toBe(waits);
});

const ownedBy = (apiVersion: string, kind: string) => {
  const made = workloadPod("p", { owner: { kind, name: "x" }, labels: {} });
  const ownerReferences = [{ apiVersion, kind, name: "x", uid: "u", controller: true }];
  return podFacts(
    { ...made, metadata: { ...made.metadata, ownerReferences } },
    { text: "", container: "app", pullPolicy: undefined },
    undefined,
  ).owner;
};

test.for([
  { of: "batch/v1", kind: "Job", as: "job" },
  { of: "batch.volcano.sh/v1alpha1", kind: "Job", as: "job.batch.volcano.sh" },
  { of: "argoproj.io/v1alpha1", kind: "Workflow", as: "workflow" },
])("names $as/x as the owner of a pod of a $kind in $of", ({ of, kind, as }) => {
  expect(ownedBy(of, kind)).toEqual({ kind: as, name: "x", template: undefined });
});
