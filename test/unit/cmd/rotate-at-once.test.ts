import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Interrupted } from "../../../src/errors.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { linesOf, refused, teams, watch, worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, slotsOf } from "../../support/rotating.ts";

/** Creates a world in which each namespace has its own credential. */
async function owned(names: readonly string[]): Promise<FakeWorld> {
  const world = worldOf(names);
  const create = "create --registry myregistry --repository app/web -A --credential-per namespace";
  expect(await type(create, world.ports)).toMatchObject({ code: 0 });
  world.asking.forget();
  return world;
}

const slots = (world: FakeWorld) => [...world.azure.tokens.keys()].map((token) => slotsOf(world, token).join());

test("credentials of their own are rotated four at a time, and told in their order", async () => {
  const names = teams(12);
  const world = await owned(names);
  let [underWay, most] = [0, 0];
  world.asking.around(async ({ call }, next) => {
    if (call !== "generatePassword") return next();
    most = Math.max(most, ++underWay);
    for (let round = 0; round < 20; round++) await turn();
    return next().finally(() => underWay--);
  });

  const { stdout, stderr, code } = await type("rotate -A --grace 0", world.ports);

  expect(linesOf(stdout).filter((line) => line.startsWith("secret/"))).toEqual(
    names.toSorted().map((name) => `secret/acr-myregistry configured in namespace ${name}`),
  );
  expect({ stderr, code }).toEqual({ stderr: "12 Secrets configured\n", code: 0 });
  expect(most).toBe(4);
  expect(names.every((name) => isAlive(world, name))).toBe(true);
  expect(slots(world)).toEqual(names.map(() => "password2"));
});

test("lists are read for all that wait for them, and not for each", async () => {
  const names = teams(80);
  const world = await owned(names);
  world.asking.around(async ({ call }, next) => {
    // Lists take longer than all other calls.
    if (call === "list") for (let round = 0; round < 50; round++) await turn();
    return next();
  });

  expect(await type("rotate -A --grace 0", world.ports)).toMatchObject({ code: 0 });

  expect(names.every((name) => isAlive(world, name))).toBe(true);
  // One check at the end of each credential and one before the deletion of its password would need twice as many lists (four lists per
  // check).
  expect(world.asking.all.filter((call) => call.startsWith("list secret")).length).toBeLessThan(names.length * 4 + 20);
});

test("Ctrl-C ends each of those that are under way, and the same command goes on", async () => {
  const names = teams(12);
  const world = await owned(names);
  const { live, started } = watch();
  let made = 0;
  const undo = world.asking.around(async ({ call }, next) => {
    if (call === "generatePassword" && ++made === 6) live().interrupt();
    return next();
  });

  const { stdout, stderr, code } = await type("rotate -A --grace 0", world.ports, { started });
  undo();

  expect(code).toBe(130);
  expect(stderr).toMatch(/^interrupted: .*namespaces are left\. The same command goes on from here\.\n$/m);
  expect(names.every((name) => isAlive(world, name))).toBe(true);
  // A run that has ended leaves no claim for which another run must wait.
  const claims = world.cluster.all("secret").map(({ metadata }) => metadata.annotations?.["acr-secret/claim"]);
  expect(claims.filter(Boolean)).toEqual([]);
  const told = linesOf(stdout).filter((line) => / configured in namespace /.test(line)).length;
  expect(told).toBeLessThan(names.length);

  expect(await type("rotate -A --grace 0", world.ports)).toMatchObject({ code: 0 });
  expect(names.every((name) => isAlive(world, name))).toBe(true);
  expect(new Set(slots(world).map((list) => list.split(",").length))).toEqual(new Set([1]));
});

test("one that is refused stops none of those beside it", async () => {
  const names = teams(6);
  const world = await owned(names);
  world.asking.around(refusing(({ call, at }) => call === "generatePassword" && at.includes("team-2-"), refused));

  const { stderr, code } = await type("rotate -A --grace 0", world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain("5 Secrets configured, 1 failed\n");
  expect(names.every((name) => isAlive(world, name))).toBe(true);
});

test("in one namespace, one that cannot be written stops none of those beside it", async () => {
  const world = worldOf(["demo"]);
  for (const name of ["a", "b", "c"])
    expect(await type(`create ${name} --registry myregistry --repository app/web -n demo`, world.ports)).toMatchObject({ code: 0 });
  world.asking.around(refusing(({ call, at }) => call !== "get" && at.endsWith("secret demo/a"), refused));

  const { stdout, stderr, code } = await type("rotate -n demo --grace 0", world.ports);
  const claims = world.cluster.all("secret").map(({ metadata }) => metadata.annotations?.["acr-secret/claim"]);

  expect({ code, stdout: linesOf(stdout).filter((line) => line.startsWith("secret/")) }).toEqual({
    code: 1,
    stdout: ["secret/b configured", "secret/c configured"],
  });
  expect(stderr).toContain("Error from server (Forbidden): no\n");
  expect(claims.filter(Boolean)).toEqual([]);
  expect(["a", "b", "c"].every((name) => isAlive(world, "demo", name))).toBe(true);
});

test("a defect at one leaves none of those beside it halfway", async () => {
  const names = teams(4);
  const world = await owned(names);
  world.asking.around(
    refusing(
      ({ call, at }) => call === "generatePassword" && at.includes("team-0-"),
      () => new Error("defect"),
    ),
  );

  const { stdout, stderr, code } = await type("rotate -A --grace 0", world.ports);
  const claims = world.cluster.all("secret").map(({ metadata }) => metadata.annotations?.["acr-secret/claim"]);

  expect(code).toBe(1);
  expect(stderr).toContain("defect");
  expect(linesOf(stdout).filter((line) => line.startsWith("secret/"))).toHaveLength(3);
  expect(claims.filter(Boolean)).toEqual([]);
  expect(names.every((name) => isAlive(world, name))).toBe(true);
});

test("after Ctrl-C it is told of each what could not be taken back", async () => {
  const names = teams(4);
  const world = await owned(names);
  const { live, started } = watch();
  world.asking.around(async ({ call, at }, next) => {
    if (call === "clearPassword") throw refused();
    if (call !== "generatePassword" || !at.includes("team-2-")) return next();
    await next();
    live().interrupt();
    throw new Interrupted();
  });

  const { stderr, code } = await type("rotate -A --grace 0", world.ports, { started });

  expect(code).toBe(130);
  expect(stderr).toContain("could not be taken back");
});
