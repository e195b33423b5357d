import { expect, test } from "vitest";
import type { ContainerStatus, Pod } from "../../../src/objects.ts";
import type { PullingPod } from "../../../src/plan/restart.ts";
import { type PodWait, readWait, waitOf } from "../../../src/state/pods.ts";

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
  { why: "its image, beside a sidecar that runs", inits: { sidecar: running }, containers: { web: noPull }, waits: "image" },
  { why: "its image, beside two", inits: { sidecar: running, native: running }, containers: { web: noPull }, waits: "image" },
  { why: "the image of a sidecar", inits: { sidecar: noPull }, containers: { web: waiting("PodInitializing") }, waits: "image" },
  {
    why: "the image of an init container behind a sidecar",
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
  { why: "nothing: a container runs that has the name of no sidecar", containers: { sidecar: running, log: noPull }, waits: "other" },
  { why: "volumes, beside a sidecar", inits: { sidecar: running }, containers: { web: waiting("ContainerCreating") }, waits: "other" },
])("a pod waits for $why", ({ inits = {}, containers, waits }) => {
  expect(waitOf(podOf(inits, containers))).toBe(waits);
});

test.for<{ why: string; wait: Partial<PodWait>; waits: PullingPod["waits"] }>([
  { why: "the pull was refused", wait: { reasons: ["ErrImagePull"] }, waits: "image" },
  { why: "and is tried again", wait: { reasons: ["ImagePullBackOff"] }, waits: "image" },
  { why: "one container of two", wait: { reasons: ["PodInitializing", "ImagePullBackOff"] }, waits: "image" },
  { why: "the kubelet's error for a Secret that is not there", wait: { reasons: ['secret "acr" not found'] }, waits: "image" },
  { why: "nobody has looked at it yet", wait: {}, waits: "image" },
  { why: "no node takes it", wait: { unscheduled: true }, waits: "node" },
  { why: "a container of it runs already", wait: { reasons: ["ImagePullBackOff"], running: true }, waits: "other" },
  { why: "the image is to be there and is not: no Secret helps", wait: { reasons: ["ErrImageNeverPull"] }, waits: "other" },
  { why: "its volumes are being mounted", wait: { reasons: ["ContainerCreating"] }, waits: "other" },
])("a pod waits for $waits: $why", ({ wait, waits }) => {
  expect(readWait({ reasons: [], running: false, unscheduled: false, ...wait })).toBe(waits);
});
