import { expect, test } from "vitest";
import { type Asked, is } from "../../support/fakes/asked.ts";
import { shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type Live, type Run, type } from "../../support/in-process.ts";
import { isAlive, makeByHand, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";

const create = "create --registry myregistry --repository app/web --credential-per scope --namespaces a,b,c";
const rotate = "rotate acr-myregistry --namespaces a,b,c --grace 0";

/** Creates two namespaces that share a token, and a third one without a Secret. */
async function begun(): Promise<FakeWorld> {
  const world = await stored("a", "b");
  addNamespaces(world.cluster, "c");
  return world;
}

/** Runs another command to its end right before the first call that matches. */
function comesBefore({ asking, ports }: FakeWorld, matches: (asked: Asked) => boolean, line: string): () => Run | undefined {
  let other: Run | undefined;
  const undo = asking.around(async (asked, next) => {
    if (!matches(asked) || asked.dryRun) return next();
    undo();
    other = await type(line, ports);
    return next();
  });
  return () => other;
}

const standsIn = (world: FakeWorld) => ["a", "b", "c"].map((at) => [noteIn(world, at).slot, isAlive(world, at)]);

test("what create hands out it reads once more when it has claimed: a rotation may have put another in its place", async () => {
  const world = await begun();
  const other = comesBefore(world, is("create secret c/"), rotate);

  expect(await type(create, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry created in namespace c"),
    code: 0,
  });
  expect(other()?.code).toBe(0);
  expect(standsIn(world)).toEqual(Array(3).fill(["password2", true]));
});

test("a rotation ends well only once all have the newest: what was handed out meanwhile is rotated too", async () => {
  const world = await begun();
  const other = comesBefore(world, is("generatePassword"), create);

  expect(await type(rotate, world.ports)).toMatchObject({ stderr: "3 Secrets configured\n", code: 0 });
  expect(other()?.code).toBe(0);
  expect(standsIn(world)).toEqual(Array(3).fill(["password2", true]));
  expect(slotsOf(world)).toEqual(["password2"]);
});

test("a rotation whose Secrets are locked out while it runs, and whose slot another run takes, says which ones it leaves", async () => {
  const world = await begun();
  const undo = world.asking.around(async (asked, next) => {
    if (!is("patch secret a/")(asked) || asked.dryRun) return next();
    undo();
    await makeByHand(world, "password1");
    await type(`${create.replace("a,b,c", "c")} --acr-token ${shared}`, world.ports);
    return next();
  });

  const { code, stderr } = await type(rotate, world.ports);
  expect(code).toBe(1);
  for (const at of ["a", "b"])
    expect(stderr).toMatch(new RegExp(`${at}: error: secret/acr-myregistry in namespace ${at} notes .* refuses the login inside`));
  expect(stderr).toContain("hint: kubectl acr-secret create -n a acr-myregistry --registry myregistry.azurecr.io");
  expect(standsIn(world).map(([, alive]) => alive)).toEqual([false, false, true]);
});

test("a rotation waits for the claim on a Secret that is about to get its password, before it takes the old one away", async () => {
  const world = await begun();
  // The run that shares the password has read it, and pauses right before its write.
  const { promise: rotated, resolve } = Promise.withResolvers<void>();
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const undo = world.asking.around(async (asked, next) => {
    if (!is("patch secret c/")(asked) || asked.dryRun) return next();
    undo();
    hold();
    await rotated;
    return next();
  });
  const creating = type(create, world.ports);
  await held;
  let waits = 0;
  const sleep = async () => {
    if (++waits === 3) resolve();
    await new Promise(setImmediate);
  };

  expect(await type(rotate, world.ports, { sleep })).toMatchObject({ code: 0 });
  expect((await creating).code).toBe(0);
  expect(waits).toBeGreaterThanOrEqual(3);
  expect(standsIn(world)).toEqual(Array(3).fill(["password2", true]));
});

test("a Secret that gets its old password back as often as it is written ends a rotation, and keeps that password", async () => {
  const world = await stored("a", "b");
  const old = world.cluster.get("secret", "b", "acr-myregistry");
  let live: Live | undefined;
  let times = 0;
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (!old || !is("patch secret b/")(asked) || asked.dryRun) return answer;
    world.cluster.put(old, "kubectl-acr-secret");
    // Ends the run if nothing else does.
    if (++times === 50) live?.interrupt();
    return answer;
  });

  const { stderr, code } = await type("rotate -A --grace 0", world.ports, {
    started: (run) => {
      live = run;
    },
  });
  expect(stderr).toContain("b: error: somebody gives secret/acr-myregistry in namespace b the password of");
  expect(code).toBe(1);
  expect(["a", "b"].map((at) => [noteIn(world, at).slot, isAlive(world, at)])).toEqual([
    ["password2", true],
    ["password1", true],
  ]);
});

test("Secrets that come to hold one password while the registry is asked are rotated together, once", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", "a", "b");
  const named = create.replace("a,b,c", "a,b --acr-token ci-pull");
  await type(named, world.ports);
  const dead = { ...noteIn(world, "a"), slot: "password2", madeAt: "2025-01-01T00:00:00Z" };
  world.cluster.put(notedSecret("b", "acr-myregistry", [dead], { username: "ci-pull", password: "dead" }), "kubectl-acr-secret");
  const other = comesBefore(world, is("admits"), named);

  const { stdout, stderr, code } = await type("rotate -A", world.ports);
  expect(other()?.code).toBe(0);
  expect({ stderr, code }).toEqual({ stderr: "2 Secrets configured\n", code: 0 });
  expect(stdout).not.toContain("unchanged");
  expect(["a", "b"].map((at) => [noteIn(world, at).slot, isAlive(world, at)])).toEqual(Array(2).fill(["password2", true]));
});
