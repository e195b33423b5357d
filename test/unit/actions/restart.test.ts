import { expect, test } from "vitest";
import { restart } from "../../../src/actions/restart.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import type { ChangeOf } from "../../../src/plan/change.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { envOf } from "../../support/fakes/env.ts";
import { fakeWorld } from "../../support/fakes/world.ts";

/** Creates a pod that waits for its image, and the change that restarts it. */
function stuck() {
  const world = fakeWorld();
  const pod = world.cluster.put(stuckPod("demo", "web-1", "r/x"));
  const change: ChangeOf<"restart"> = {
    act: "restart",
    to: { kind: "pod", namespace: "demo", name: "web-1" },
    uid: pod.metadata.uid ?? "",
    because: "late",
  };
  return { world, pod, change };
}
const settled = "it changed and no longer waits";
const replaced = "it was already replaced";

test("evicts the current version of a pod that still waits", async () => {
  const { world, change, pod } = stuck();
  const bodies: object[] = [];
  const env = envOf(world);
  const write: typeof env.cluster.write = (to, how, options) => {
    bodies.push(how);
    return env.cluster.write(to, how, options);
  };

  expect(await restart.apply(change, { ...env, tools: { ...env.tools, cluster: () => ({ ...env.cluster, write }) } })).toEqual({
    change,
  });
  expect(bodies).toEqual([{ evict: { uid: change.uid, version: pod.metadata.resourceVersion } }]);
  expect(world.cluster.all("pod")).toEqual([]);
});

test("keeps a pod that was deleted or replaced, and returns the one that was read", async () => {
  const { world, change, pod } = stuck();
  const env = envOf(world).look();

  expect(await restart.apply({ ...change, uid: "another" }, env)).toEqual({
    change: { act: "keep", to: change.to, because: replaced },
    object: pod,
  });
  world.cluster.remove("pod", "demo", "web-1");
  expect(await restart.apply(change, env)).toEqual({ change: { act: "keep", to: change.to, because: settled }, object: pod });
  expect(world.asking.writes).toEqual([]);
});

test("keeps a pod when it runs or waits for something else", async () => {
  for (const state of [{ running: { startedAt: "2026-01-01T00:00:00Z" } }, { waiting: { reason: "CrashLoopBackOff" } }]) {
    const { world, change, pod } = stuck();
    world.cluster.put({ ...pod, status: { phase: "Running", containerStatuses: [{ name: "web", state }] } });

    expect((await restart.apply(change, envOf(world))).change).toEqual({ act: "keep", to: change.to, because: settled });
    expect(world.asking.writes).toEqual([]);
  }
});

test("keeps a pod when it is deleted before its eviction", async () => {
  const { world, change } = stuck();
  world.asking.around(refusing(is("evict"), () => new CliError("notFound", "gone")));

  expect(await restart.apply(change, envOf(world))).toMatchObject({ change: { act: "keep", because: settled } });
});

test.for([
  'Operation cannot be fulfilled on pods "web-1": Precondition failed: UID in precondition: a, UID in object meta: b',
  'Operation cannot be fulfilled on pods "web-1": the UID in the precondition (a) does not match the UID in record (b)',
])("keeps a pod that has been replaced by another of its name when the eviction meets that one: %s", async (message) => {
  const { world, change } = stuck();
  world.asking.around(refusing(is("evict"), () => new Conflict(`Error from server (Conflict): ${message}`)));

  expect((await restart.apply(change, envOf(world))).change).toEqual({ act: "keep", to: change.to, because: replaced });
  expect(world.asking.writes).toHaveLength(1);
});

test("throws any other refusal of an eviction", async () => {
  const { world, change } = stuck();
  world.asking.around(refusing(is("evict"), () => new CliError("forbidden", "no")));

  await expect(restart.apply(change, envOf(world))).rejects.toThrow("no");
  expect(world.asking.writes).toHaveLength(1);
});

test("throws the conflict after five reads of a pod", async () => {
  const { world, change } = stuck();
  world.asking.around(refusing(is("evict"), () => new Conflict("modified")));

  await expect(restart.apply(change, envOf(world))).rejects.toBeInstanceOf(Conflict);
  expect(world.asking.all.filter((text) => text.startsWith("get"))).toHaveLength(5);
});
