import { expect, test } from "vitest";
import { plugin } from "../../../src/hint.ts";
import { kinds, targetKinds } from "../../../src/kinds.ts";
import type { ContainerStatus, Pod, PodSpec } from "../../../src/objects.ts";
import { listAfter } from "../../../src/targets/lists.ts";
import { readRecreation } from "../../../src/usage/recreation.ts";
import { readTarget } from "../../../src/usage/references.ts";
import { jobOf, podOf } from "../../support/situations/pods.ts";

const waits: ContainerStatus = { name: "web", restartCount: 0, state: { waiting: { reason: "ImagePullBackOff" } } };
const runs: ContainerStatus = { name: "web", state: { running: {} } };
const ended: ContainerStatus = { name: "web", state: { terminated: {} } };
const again: ContainerStatus = { ...waits, restartCount: 2 };
const crashed: ContainerStatus = { ...waits, lastState: { terminated: {} } };

const scratch = [{ name: "scratch", emptyDir: {} }];

test.for<{
  why: string;
  status?: Pod["status"];
  volumes?: PodSpec["volumes"];
  init?: PodSpec["initContainers"];
  recreation: object;
}>([
  { why: "it has no status", recreation: {} },
  { why: "it waits for its image", status: { phase: "Pending", containerStatuses: [waits] }, recreation: {} },
  { why: "an emptyDir is empty", status: { containerStatuses: [waits] }, volumes: scratch, recreation: {} },
  {
    why: "it runs",
    status: { phase: "Running", containerStatuses: [waits, runs] },
    recreation: { loses: "is running and would be stopped" },
  },
  {
    why: "an init container runs",
    status: { phase: "Pending", initContainerStatuses: [runs], containerStatuses: [waits] },
    recreation: { loses: "is running and would be stopped" },
  },
  {
    why: "only a sidecar runs",
    status: { phase: "Pending", initContainerStatuses: [{ ...runs, name: "side" }], containerStatuses: [waits] },
    init: [{ name: "side", restartPolicy: "Always" }],
    recreation: {},
  },
  {
    why: "a sidecar may have written to a volume",
    status: { phase: "Pending", initContainerStatuses: [{ ...runs, name: "side" }], containerStatuses: [waits] },
    init: [{ name: "side", restartPolicy: "Always" }],
    volumes: scratch,
    recreation: { loses: "has started and would lose the data in its volume scratch" },
  },
  {
    why: "an ephemeral container runs",
    status: { ephemeralContainerStatuses: [runs] },
    recreation: { loses: "is running and would be stopped" },
  },
  { why: "an init container is done", status: { initContainerStatuses: [ended], containerStatuses: [waits] }, recreation: {} },
  {
    why: "an init container may have filled volumes",
    status: { initContainerStatuses: [ended], containerStatuses: [waits] },
    volumes: [...scratch, { name: "host" }, { name: "claimed", ephemeral: {} }],
    recreation: { loses: "has started and would lose the data in its volumes scratch, claimed" },
  },
  {
    why: "one volume",
    status: { initContainerStatuses: [crashed] },
    volumes: scratch,
    recreation: { loses: "has started and would lose the data in its volume scratch" },
  },
  {
    why: "it has run and waits for a restart",
    status: { containerStatuses: [crashed] },
    recreation: { loses: "has run and would lose its logs" },
  },
  {
    why: "it was restarted",
    status: { containerStatuses: [again] },
    recreation: { loses: "has run and would lose its logs" },
  },
  {
    why: "it has succeeded",
    status: { phase: "Succeeded" },
    recreation: { never: "has ended and would run again" },
  },
  {
    why: "it has failed",
    status: { phase: "Failed" },
    recreation: { never: "has ended and would run again" },
  },
])("returns what a recreated pod loses: $why", ({ status, volumes, init, recreation }) => {
  const spec = { ...(volumes && { volumes }), ...(init && { initContainers: init }) };
  const pod = podOf({ spec, ...(status && { status }) });
  expect(readRecreation("pod", pod)).toEqual(recreation);
});

test("refuses an object that is being deleted", () => {
  const object = podOf({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  expect(readRecreation("pod", object)).toEqual({ never: "is being deleted" });
});

test("marks exactly the kinds that must be recreated", () => {
  const object = { ...jobOf({}), imagePullSecrets: [] } as never;
  expect(targetKinds.filter((kind) => readRecreation(kind, object) !== undefined)).toEqual(
    targetKinds.filter((kind) => kinds[kind].pullSecretList.takesEffect === "recreate"),
  );
});

const unchangeable = "imagePullSecrets of pod/p cannot be changed";
const keeps = `${unchangeable}, so the Pod must be recreated`;
const wouldStop = {
  message: `${keeps}; it is running and would be stopped`,
  hint: plugin("attach", "acr", "pod/p", "--recreate", "--force"),
} as const;
const running = { phase: "Running", containerStatuses: [runs] };
const wishes = { not: { recreate: false, force: false }, asked: { recreate: true, force: false }, forced: { recreate: true, force: true } };

test.for<{ why: string; options: keyof typeof wishes; status?: Pod["status"]; gives: object }>([
  {
    why: "without --recreate, the command is suggested",
    options: "not",
    gives: { act: "refuse", error: { message: keeps, hint: plugin("attach", "acr", "pod/p", "--recreate") } },
  },
  {
    why: "--recreate recreates it",
    options: "asked",
    gives: { act: "change", after: ["theirs", "acr"] },
  },
  {
    why: "without --recreate, the loss is reported",
    options: "not",
    status: running,
    gives: { act: "refuse", error: wouldStop },
  },
  {
    why: "--recreate alone does not end a running pod",
    options: "asked",
    status: running,
    gives: { act: "refuse", error: wouldStop },
  },
  {
    why: "--force ends a running pod",
    options: "forced",
    status: running,
    gives: { act: "change", after: ["theirs", "acr"] },
  },
  {
    why: "--force does not recreate a pod that has ended",
    options: "forced",
    status: { phase: "Succeeded" },
    gives: { act: "refuse", error: { message: `${unchangeable}, and the Pod cannot be recreated: it has ended and would run again` } },
  },
])("attaches a Secret to a pod: $why", ({ options, status, gives }) => {
  const target = readTarget("pod", podOf({ spec: { imagePullSecrets: [{ name: "theirs" }] }, ...(status && { status }) }));
  expect(listAfter(target, { does: "attach", secret: "acr", recreateOptions: wishes[options] })).toMatchObject(gives);
});

const lost = podOf({ spec: { imagePullSecrets: [{ name: "acr" }] } });
test("keeps an attached pod and refuses a pod of a controller", () => {
  const target = readTarget("pod", lost);
  const { asked, forced } = wishes;
  expect(listAfter(target, { does: "attach", secret: "acr", recreateOptions: asked })).toEqual({
    act: "keep",
    because: "already attached",
  });
  expect(listAfter(target, { does: "detach", secret: "other", recreateOptions: asked })).toEqual({ act: "keep", because: "not attached" });
  const owned = { ...target, owner: { kind: "Job", name: "j" } };
  expect(listAfter(owned, { does: "attach", secret: "other", recreateOptions: forced })).toMatchObject({
    act: "refuse",
    error: { message: "pod/p is created from the template of Job j; change that template instead" },
  });
});
