import { expect, test } from "vitest";
import { Busy, NotYet } from "../../../src/errors.ts";
import { demo, lost, refused } from "../../support/demo.ts";
import { type Around, is, losing, refusing } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";
import { byName, byOwn, standing, withOthers } from "../../support/service-principal.ts";

/** How long a run waits, in milliseconds, before it lists the applications with the name of the one that it created. */
const listDelay = 2000;
const alive = { principals: 1, roles: 1, secret: "alive" };
const busy = (retryAfter?: number) => new Busy("Graph carries out another write", retryAfter);
const notYet = () => new NotYet("forbidden", "Azure has not heard of it");

/** Records the waits in milliseconds, without real time. */
function clock() {
  const slept: number[] = [];
  // The wait for admission to read a ServiceAccount's list is unrelated to Azure.
  return { slept, sleep: async (milliseconds: number) => void (milliseconds !== 250 && slept.push(milliseconds)) };
}

/** The registry returns this verdict the first `times` times. */
const proving = (verdict: "refused" | "out-of-scope", times: number): Around => {
  let left = times;
  return async (asked, next) => (is("prove")(asked) && left-- > 0 ? { verdict, message: "not yet" } : next());
};

test.for([
  { call: "createServicePrincipal", times: 3, waited: [1000, 2000, 4000] },
  { call: "assignRole", times: 2, waited: [1000, 2000] },
  { call: "addKey", times: 5, waited: [1000, 2000, 4000, 5000, 5000] },
])("$call of what was made a moment ago is tried until Azure has heard of it", async ({ call, times, waited }) => {
  const world = demo();
  world.asking.around(refusing(is(call), notYet, times));
  const { slept, sleep } = clock();

  expect(await type(byOwn, world.ports, { sleep })).toMatchObject({ stderr: "", code: 0 });
  expect(standing(world)).toMatchObject(alive);
  expect(slept).toEqual([listDelay, ...waited]);
});

test.for([
  { call: "createApplication", waited: [1000, 2000, listDelay] },
  { call: "createServicePrincipal", waited: [listDelay, 1000, 2000] },
  { call: "addKey", waited: [listDelay, 1000, 2000] },
])("retries $call when Graph refuses concurrent writes", async ({ call, waited }) => {
  const world = demo();
  world.asking.around(refusing(is(call), () => busy(), 2));
  const { slept, sleep } = clock();

  expect(await type(byOwn, world.ports, { sleep })).toMatchObject({ stderr: "", code: 0 });
  expect(standing(world)).toMatchObject(alive);
  expect(slept).toEqual(waited);
});

test("retries addKey of an existing application when Graph refuses concurrent writes", async () => {
  const { world } = withOthers();
  world.asking.around(refusing(is("addKey"), () => busy(), 1));
  const { slept, sleep } = clock();

  expect(await type(byName, world.ports, { sleep })).toMatchObject({
    stderr: expect.stringMatching(/^Warning: application "ci" already exists \(\S+\) and gets one more password\n$/),
    code: 0,
  });
  expect(slept).toEqual([1000]);
});

test.for([
  { failed: "addKey", undone: "deleteApplication", line: byOwn, left: [] },
  { failed: "patch secret demo/acr-myregistry", undone: "removeKey", line: byName, left: ["ci: of others"] },
])("retries $undone of a rollback when Graph refuses concurrent writes", async ({ failed, undone, line, left }) => {
  const { world } = line === byName ? withOthers() : { world: demo() };
  world.asking.around(refusing(is(failed), refused));
  world.asking.around(refusing(is(undone), () => busy(), 2));

  expect(await type(line, world.ports, clock())).toMatchObject({ code: 1 });
  expect(standing(world)).toMatchObject({ applications: left, secret: "none" });
});

test.for([
  { call: "removeKey", keys: 2, left: ["ci: of others"] },
  { call: "deleteApplication", keys: 0, left: [] },
])("retries $call of a revocation when Graph refuses concurrent writes", async ({ call, keys, left }) => {
  const { world } = keys > 0 ? withOthers() : { world: demo() };
  await type(keys > 0 ? byName : byOwn, world.ports);
  world.asking.around(refusing(is(call), () => busy(), 2));

  expect(await type("delete acr-myregistry -n demo --revoke --yes", world.ports, clock())).toMatchObject({ code: 0 });
  expect(standing(world)).toMatchObject({ applications: left, secret: "none" });
});

test.for([
  { retryAfter: 7000, wait: "20s", slept: [7000, 7000] },
  { retryAfter: 7000, wait: "6s", slept: [] },
  { retryAfter: undefined, wait: "10s", slept: [1000, 2000, 4000, 3000] },
])("stops after --wait $wait when Graph asks to retry after $retryAfter ms", async ({ retryAfter, wait, slept: expected }) => {
  const world = demo();
  world.asking.around(refusing(is("addKey"), () => busy(retryAfter)));
  const { slept, sleep } = clock();

  expect(await type(`${byOwn} --wait ${wait}`, world.ports, { sleep })).toMatchObject({
    stderr: "error: Graph carries out another write\nhint: run the command again\n",
    code: 1,
  });
  expect(slept).toEqual([listDelay, ...expected]);
  expect(standing(world)).toEqual({ applications: [], principals: 0, roles: 0, secret: "none" });
});

test.for([{ call: "createServicePrincipal" }, { call: "addKey" }])(
  "$call is waited for no longer than --wait, and taken back",
  async ({ call }) => {
    const world = demo();
    world.asking.around(refusing(is(call), notYet));
    const { slept, sleep } = clock();

    expect(await type(`${byOwn} --wait 10s`, world.ports, { sleep })).toMatchObject({
      stderr: "error: Azure has not heard of it\n",
      code: 1,
    });
    expect(slept).toEqual([listDelay, 1000, 2000, 4000, 3000]);
    expect(standing(world)).toEqual({ applications: [], principals: 0, roles: 0, secret: "none" });
  },
);

test.for([{ call: "addKey" }, { call: "assignRole" }])("what stood before is not waited for: $call", async ({ call }) => {
  const { world } = withOthers({ role: false });
  world.asking.around(refusing(is(call), notYet));
  const { slept, sleep } = clock();

  expect(await type(byName, world.ports, { sleep })).toMatchObject({ code: 1 });
  expect(slept).toEqual([]);
});

test.for([
  { verdict: "refused", times: 20 },
  { verdict: "out-of-scope", times: 20 },
] as const)("a login that is $verdict $times times is proven in the end", async ({ verdict, times }) => {
  const world = demo();
  world.asking.around(proving(verdict, times));
  const { slept, sleep } = clock();

  expect(await type(byOwn, world.ports, { sleep })).toMatchObject({ stderr: "", code: 0 });
  expect(slept).toHaveLength(1 + times);
  expect(standing(world)).toMatchObject(alive);
});

test.for([
  { verdict: "refused", flag: "", waits: 600_000 },
  { verdict: "out-of-scope", flag: "", waits: 600_000 },
  { verdict: "out-of-scope", flag: " --wait 3m", waits: 180_000 },
] as const)("rolls back a login that stays $verdict for $waits ms with a new role$flag", async ({ verdict, flag, waits }) => {
  const world = demo();
  world.asking.around(proving(verdict, Number.POSITIVE_INFINITY));
  const { slept, sleep } = clock();

  expect(await type(`${byOwn}${flag}`, world.ports, { sleep })).toMatchObject({
    stderr: expect.stringContaining("does not pull"),
    code: 1,
  });
  expect(slept.reduce((sum, each) => sum + each, 0)).toBe(listDelay + waits);
  expect(standing(world)).toEqual({ applications: [], principals: 0, roles: 0, secret: "none" });
});

test("waits for a role that Azure replicates in 240 seconds", async () => {
  const world = demo();
  const { slept, sleep } = clock();
  const waited = () => slept.reduce((sum, each) => sum + each, 0);
  world.asking.around(async (asked, next) =>
    is("prove")(asked) && waited() < 240_000 ? { verdict: "out-of-scope", message: "not yet" } : next(),
  );

  expect(await type(byOwn, world.ports, { sleep })).toMatchObject({ stderr: "", code: 0 });
  expect(waited()).toBeGreaterThanOrEqual(240_000);
  expect(standing(world)).toMatchObject(alive);
});

test("waits 3 minutes for a new password when the role existed", async () => {
  const { world } = withOthers();
  world.asking.around(proving("refused", Number.POSITIVE_INFINITY));
  const { slept, sleep } = clock();

  expect(await type(byName, world.ports, { sleep })).toMatchObject({ code: 1 });
  expect(slept.reduce((sum, each) => sum + each, 0)).toBe(180_000);
});

test("a role that stood before is in force: a repository that it does not reach is told at once", async () => {
  const { world } = withOthers();
  world.asking.around(proving("out-of-scope", Number.POSITIVE_INFINITY));
  const { slept, sleep } = clock();

  expect(await type(byName, world.ports, { sleep })).toMatchObject({ code: 1 });
  expect(slept).toEqual([]);
});

test("a password that Azure has not heard of everywhere is waited for to be taken back", async () => {
  const { world } = withOthers();
  const { slept, sleep } = clock();
  world.asking.around(refusing(is("patch secret demo/acr-myregistry"), notYet));
  world.asking.around(refusing(is("removeKey"), notYet, 2));

  expect(await type(byName, world.ports, { sleep })).toMatchObject({ stderr: "error: Azure has not heard of it\n", code: 1 });
  expect(slept).toEqual([1000, 2000]);
  expect(standing(world)).toMatchObject({ applications: ["ci: of others"], secret: "none" });
});

test("an application whose answer was lost is looked for until it is listed, and goes", async () => {
  const world = demo();
  const { slept, sleep } = clock();
  world.asking.around(losing(is("createApplication"), lost));
  let blind = 0;
  world.asking.around(async (asked, next) => {
    const made = world.azure.directory.applications.length > 0;
    return made && is("applications")(asked) && blind++ < 3 ? [] : next();
  });

  expect(await type(byOwn, world.ports, { sleep })).toMatchObject({ stderr: "error: the answer was lost\n", code: 1 });
  expect(slept).toEqual([1000, 2000, 4000]);
  expect(standing(world)).toEqual({ applications: [], principals: 0, roles: 0, secret: "none" });
});
