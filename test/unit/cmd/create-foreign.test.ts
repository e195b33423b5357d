import { expect, test } from "vitest";
import { demo, everything, exactly, left, line, lost, nothing, once, refused } from "../../support/demo.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";

/** Creates a Secret with the same name and other data. */
const putForeign = ({ cluster }: ReturnType<typeof demo>) =>
  cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: { a: "eA==" },
  });

test("a Secret that is somebody else's is not touched, nor anything made for it", async () => {
  const world = demo();
  putForeign(world);

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
  putForeign(world);

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
  const old = putForeign(world);
  world.asking.around(refusing(exactly("create secret demo/acr-myregistry"), refused, 1));

  expect(await type(`${line} --force`, world.ports)).toMatchObject({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toMatchObject({ type: old.type, data: old.data });
  expect(left(world)).toMatchObject({ scopeMap: false, slots: "" });
});

test.for([
  { why: "is refused", error: refused, says: "Error from server (Forbidden): no" },
  { why: "cannot be asked for", error: lost, says: "error: the answer was lost" },
])("that neither the new one nor the old one could be put there is told: it $why", async ({ error, says }) => {
  const world = demo();
  putForeign(world);
  const permit = world.asking.around(refusing(exactly("create secret demo/acr-myregistry"), error));

  expect(await type(`${line} --force`, world.ports)).toMatchObject({
    stderr: `${says}\nhint: secret "acr-myregistry" in namespace "demo" was deleted to be made anew, and could not be put back\n`,
    code: 1,
  });
  expect(left(world)).toEqual(nothing);

  permit();
  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
});

test("where another makes one while it is away, that is looked at and nothing is told as lost", async () => {
  const world = demo();
  const opaque = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: {},
  } as const;
  world.cluster.put(opaque);
  once(world, "create secret demo/acr-myregistry", () => void world.cluster.put(opaque));

  const { stderr } = await type(`${line} --force`, world.ports);

  expect(stderr).not.toContain("could not be put back");
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeDefined();
});
