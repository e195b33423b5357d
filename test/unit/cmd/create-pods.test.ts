import { expect, test } from "vitest";
import { demo, everything, left, line, made, once, refused, upTo } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { type } from "../../support/in-process.ts";

test("pods are left where they are while their ServiceAccount could not be attached", async () => {
  const world = demo();
  world.asking.around(refusing(is("patch serviceaccount"), refused));

  expect(await type(line, world.ports)).toMatchObject({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(world.asking.all.filter((text) => text.includes("pod demo/web-1"))).toEqual([]);
});

test("of two ServiceAccounts, the pods of the one that could be attached are made anew", async () => {
  const world = demo();
  world.cluster.put(account("demo", "batch"));
  world.cluster.put(stuckPod("demo", "batch-1", "myregistry.azurecr.io/app/web:1", { serviceAccount: "batch" }));
  world.asking.around(refusing(is("patch serviceaccount demo/default"), refused));

  const { stdout, stderr, code } = await type(`${line} --serviceaccount batch`, world.ports);

  expect(stdout).toContain("serviceaccount/batch patched\npod/batch-1 restarted\n");
  expect({ stderr, code }).toEqual({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(world.cluster.get("pod", "demo", "web-1")).toBeDefined();
  expect(world.cluster.get("pod", "demo", "batch-1")).toBeUndefined();
});

test("a pod that came to run since it was looked at is left alone", async () => {
  const world = demo();
  world.asking.around(async (asked, next) => {
    if (is("get pod")(asked))
      world.cluster.put({
        ...stuckPod("demo", "web-1", "x"),
        status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] },
      });
    return next();
  });

  expect(await type(line, world.ports)).toMatchObject({ stdout: expect.stringContaining("pod/web-1 unchanged\n"), stderr: "", code: 0 });
  expect(world.cluster.get("pod", "demo", "web-1")).toBeDefined();
});

test("a pod that its kubelet writes to at the same time, and that still waits, is made anew", async () => {
  const world = demo();
  once(world, "evict pod demo/web-1", () => {
    const pod = world.cluster.get("pod", "demo", "web-1");
    if (pod) world.cluster.put({ ...pod, metadata: { ...pod.metadata, annotations: { seen: "again" } } });
  });

  expect(await type(line, world.ports)).toEqual({ stdout: made, stderr: "", code: 0 });
  expect(left(world)).toEqual(everything);
});

test("a pod of the same name that was made in the meantime is left alone", async () => {
  const world = demo();
  once(world, "get pod demo/web-1", () => {
    world.cluster.remove("pod", "demo", "web-1");
    world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1", { names: ["acr-myregistry"] }));
  });

  expect(await type(line, world.ports)).toMatchObject({ stdout: expect.stringContaining("pod/web-1 unchanged\n"), code: 0 });
  expect(left(world)).toEqual({ ...everything, pod: "waits" });
});

test("a pod that no node takes is told, and not deleted", async () => {
  const world = demo();
  world.cluster.put({
    ...stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"),
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False" }] },
  });

  const { stdout, stderr, code } = await type(line, world.ports);

  expect(stdout).toBe(upTo("pod"));
  expect(stderr).toBe(
    "Warning: pod/web-1 was made before serviceaccount/default carried acr-myregistry and waits for a node; " +
      "if it cannot pull there:\n  kubectl delete pod -n demo web-1\n",
  );
  expect(code).toBe(0);
  expect(left(world)).toEqual({ ...everything, pod: "waits" });
});
