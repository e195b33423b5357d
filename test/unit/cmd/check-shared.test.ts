import { expect, test } from "vitest";
import { refused } from "../../support/demo.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const api = "myregistry.azurecr.io/app/api:1";
const shared = "create pull --registry myregistry --repository app/web --serviceaccount default --credential-per scope";

/** Creates two namespaces that share a credential for `app/web`. One of them has a pod that needs `app/api`. */
async function sharing(): Promise<FakeWorld> {
  const world = worldOf(["s-1", "s-2", "other"]);
  for (const image of ["app/web:1", "app/api:1"]) world.azure.images.add(image);
  expect(await type(`${shared} --namespaces s-1,s-2`, world.ports)).toMatchObject({ code: 0 });
  const pod = stuckPod("s-1", "api-1", api);
  world.cluster.put({ ...pod, spec: { ...pod.spec, imagePullSecrets: [{ name: "pull" }] } });
  return world;
}

const itemsOf = async (world: FakeWorld) =>
  JSON.parse((await type("check -n s-1 -o json", world.ports)).stdout).items as { cause: string; notes: string[]; fix?: string }[];

test("selects every holder of a shared credential in the fix, which works as printed", async () => {
  const world = await sharing();
  const [item] = await itemsOf(world);
  expect(item).toMatchObject({
    cause: "out-of-scope",
    notes: [expect.stringContaining("s-2/pull also holds shared-pull-")],
    fix:
      "kubectl acr-secret create --namespaces s-1 --namespaces s-2 pull --registry myregistry.azurecr.io " +
      "--repository app/api --credential-per scope",
  });

  expect(await type((item?.fix ?? "").replace("kubectl acr-secret ", ""), world.ports)).toMatchObject({ code: 0 });

  expect(await itemsOf(world)).toMatchObject([{ cause: "pulls" }]);
  expect(world.loginIn("s-2", "pull")).toEqual(world.loginIn("s-1", "pull"));
});

test("prints no fix for a shared credential when the Secrets of other namespaces cannot be listed", async () => {
  const world = await sharing();
  world.asking.around(
    refusing(({ call, at, namespace }) => call === "list" && at.startsWith("secret") && namespace === undefined, refused),
  );

  const [item] = await itemsOf(world);

  expect(item).toMatchObject({ cause: "out-of-scope", notes: [expect.stringContaining("cannot list the Secrets of other namespaces")] });
  expect(item).not.toHaveProperty("fix");
});
