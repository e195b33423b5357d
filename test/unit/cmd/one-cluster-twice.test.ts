import { expect, test } from "vitest";
import type { FakeCluster } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, slotsOf } from "../../support/rotating.ts";

test("succeeds when two contexts point to one cluster", async () => {
  const world = worldOf(["a"], { contexts: ["one", "two"] });
  const clusters = world.clusters as Map<string, FakeCluster>;
  clusters.set("two", world.cluster);
  const places = "-n a --contexts one,two";
  await type(`create --registry myregistry --repository app/web --credential-per scope ${places}`, world.ports);

  expect(await type(`rotate acr-myregistry --grace 0 ${places}`, world.ports)).toMatchObject({ stderr: "2 Secrets configured\n", code: 0 });
  expect([isAlive(world, "a"), slotsOf(world), world.cluster.all("event").length]).toEqual([true, ["password2"], 1]);

  for (const revoke of ["", "--revoke"]) {
    expect(await type(`delete acr-myregistry --yes ${revoke} ${places}`, world.ports)).toMatchObject({
      stdout: expect.stringContaining("secret/acr-myregistry deleted in namespace a of context two\n"),
      code: 0,
    });
    expect(world.cluster.all("secret")).toEqual([]);
    await type(`create --registry myregistry --repository app/web --credential-per scope ${places}`, world.ports);
  }
});
