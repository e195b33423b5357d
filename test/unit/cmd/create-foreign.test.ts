import { expect, test } from "vitest";
import { demo, everything, exactly, left, line, refused } from "../../support/demo.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";

test("a Secret that is somebody else's is not touched, nor anything made for it", async () => {
  const world = demo();
  world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: { a: "" },
  });

  expect(await type(line, world.ports)).toEqual({
    stdout: "",
    stderr:
      'error: secret "acr-myregistry" in namespace "demo" (type Opaque) was not made by kubectl acr-secret\n' +
      "hint: name another Secret, or add --force to take this one over\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("by force it is replaced: tried under another name first, and only as it was looked at", async () => {
  const world = demo();
  world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: { a: "" },
  });

  expect(await type(`${line} --force`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry replaced\n"),
    stderr: "",
    code: 0,
  });
  expect(world.asking.all).toContain("create secret demo/acr-myregistry-rehearsal (dry run)");
  expect(left(world)).toEqual(everything);
});

test("the old one comes back where the new one is refused after all", async () => {
  const world = demo();
  const old = world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: { a: "eA==" },
  });
  world.asking.around(refusing(exactly("create secret demo/acr-myregistry"), refused, 1));

  expect(await type(`${line} --force`, world.ports)).toMatchObject({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toMatchObject({ type: old.type, data: old.data });
  expect(left(world)).toMatchObject({ scopeMap: false, slots: "" });
});
