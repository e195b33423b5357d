import { expect, test } from "vitest";
import { exactly } from "../../support/demo.ts";
import { linesOf, stored, watch, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, slotsOf } from "../../support/rotating.ts";

test("rotates and revokes a credential of many namespaces when --concurrency 1", async () => {
  const world = await stored("a", "b", "c");

  const rotated = await type("rotate -A --grace 0 --concurrency 1", world.ports);

  expect(rotated).toMatchObject({ code: 0, stderr: "3 Secrets configured\n" });
  expect(["a", "b", "c"].map((at) => isAlive(world, at))).toEqual([true, true, true]);
  expect(slotsOf(world)).toEqual(["password2"]);

  const deleted = await type("delete acr-myregistry -A --revoke --yes --concurrency 1", world.ports);

  expect(linesOf(deleted.stdout).filter((line) => line.startsWith("secret/"))).toHaveLength(3);
  expect(deleted.code).toBe(0);
  expect([world.azure.tokens.size, world.azure.scopeMaps.size, world.cluster.all("secret").length]).toEqual([0, 0, 0]);
});

test("prints the singular for one namespace that an interruption leaves", async () => {
  const world = worldOf(["a", "b"]);
  const { live, started } = watch();
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (exactly("patch secret a/acr-myregistry")(asked)) live().interrupt();
    return answer;
  });
  const line = "create --registry myregistry --repository app/web --namespaces a,b --credential-per scope --concurrency 1";

  const { stderr, code } = await type(line, world.ports, { started });

  expect({ stderr, code }).toEqual({
    stderr: "interrupted: 1 Secret created; 1 namespace left. Run the same command again to continue.\n",
    code: 130,
  });
});
