import { describe, expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { demo, lost, refused } from "../../support/demo.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";
import { byId, byName, byOwn, own, standing, withOthers } from "../../support/service-principal.ts";

const clean = { applications: [], principals: 0, roles: 0, secret: "none" };
const theirs = { applications: ["ci: of others"], principals: 1, roles: 0, secret: "none" };

/** All calls of a run without a failure. */
const calls = ["findRegistry", "registryFacts", "applications", "createApplication", "createServicePrincipal"];
const later = ["assignRole", "addKey", "prove", "create secret demo/acr-myregistry", "patch secret demo/acr-myregistry"];

describe.for([...calls, ...later])("%s", (call) => {
  test("refused, it leaves nothing, and another run makes all", async () => {
    const world = demo();
    const permit = world.asking.around(refusing(is(call), refused));

    expect(await type(byOwn, world.ports)).toMatchObject({ stdout: "", code: 1 });
    expect(standing(world)).toEqual(clean);

    permit();
    expect(await type(byOwn, world.ports)).toMatchObject({ stderr: "", code: 0 });
    expect(standing(world)).toMatchObject({ principals: 1, roles: 1, secret: "alive" });
  });

  test("with its answer lost, it leaves nothing either, or all is well", async () => {
    const world = demo();
    world.asking.around(losing(is(call), lost));

    const { code, stderr } = await type(byOwn, world.ports);
    expect(stderr).toBe(code === 0 ? "" : "error: the answer was lost\n");
    expect(standing(world)).toEqual(code === 0 ? expect.objectContaining({ principals: 1, roles: 1, secret: "alive" }) : clean);

    expect(await type(byOwn, world.ports)).toMatchObject({ stderr: "", code: 0 });
    expect(standing(world)).toMatchObject({ applications: [expect.any(String)], principals: 1, roles: 1, secret: "alive" });
  });
});

describe.for(["assignRole", "addKey", "prove", "patch secret demo/acr-myregistry"])("of an application that was there: %s", (call) => {
  test.for([{ how: "refused" }, { how: "lost" }])("$how, it leaves what stood before", async ({ how }) => {
    const { world } = withOthers({ role: false });
    world.asking.around(how === "lost" ? losing(is(call), lost) : refusing(is(call), refused));

    const { code } = await type(byName, world.ports);
    expect(standing(world)).toMatchObject(code === 0 ? { roles: 1, secret: "alive" } : theirs);
  });
});

test("a service principal that this run made for another's application goes alone", async () => {
  const { world } = withOthers({ role: false, principal: false });
  world.asking.around(refusing(is("addKey"), refused));

  expect(await type(byName, world.ports)).toMatchObject({ code: 1 });
  expect(standing(world)).toEqual({ ...theirs, principals: 0 });

  world.asking.around(losing(is("createServicePrincipal"), lost));
  expect(await type(byName, world.ports)).toMatchObject({ code: 1 });
  expect(standing(world)).toEqual({ ...theirs, principals: 0 });
});

test.for([
  { call: "createApplication", stuck: "applications", says: `az ad app list --display-name ${own}` },
  { call: "addKey", stuck: "deleteApplication", says: /az ad app delete --id aaaaaaaa-\S+$/m },
])("what cannot be taken back after a lost $call is named", async ({ call, stuck, says }) => {
  const world = demo();
  world.asking.around(losing(is(call), lost));
  world.asking.around(
    refusing(
      (asked) => world.asking.all.some((text) => text.startsWith(call)) && is(stuck)(asked),
      () => new CliError("unreachable", "cannot reach Azure"),
    ),
  );

  const { stderr, code } = await type(byOwn, world.ports);

  expect(code).toBe(1);
  expect(stderr).toEqual(typeof says === "string" ? expect.stringContaining(says) : expect.stringMatching(says));
});

test.for([
  { call: "addKey", stuck: "removeKey", says: /az ad app credential delete --id \S+ --key-id cccccccc-\S+/ },
  {
    call: "addKey",
    stuck: "unassignRole",
    says: /az role assignment delete --assignee \S+ --scope \/registries\/myregistry --role AcrPull/,
  },
])("of an application that was there, what $stuck does not take back is named", async ({ call, stuck, says }) => {
  const { world, appId } = withOthers({ role: false });
  world.asking.around(losing(is(call), lost));
  world.asking.around(refusing(is(stuck), () => new CliError("unreachable", "cannot reach Azure")));

  expect(await type(byId(appId), world.ports)).toMatchObject({ stderr: expect.stringMatching(says), code: 1 });
});

test("a password of which nobody can tell whether it was made is named", async () => {
  const { world } = withOthers();
  world.asking.around(refusing(is("addKey"), lost));

  expect(await type(byName, world.ports)).toMatchObject({
    stderr: expect.stringMatching(/could not be taken back:\n {2}az ad app credential list --id aaaaaaaa-\S+$/m),
    code: 1,
  });
  expect(standing(world)).toMatchObject({ applications: ["ci: of others"], secret: "none" });
});

test("an application that another run has come to use stays, without this run's password", async () => {
  const world = demo();
  world.asking.around(
    refusing(is("prove"), () => {
      const [application] = world.azure.directory.applications;
      const key = { slot: "another", displayName: "acr-secret: secret other in namespace shop", text: "x" };
      if (!application?.keys.some(({ slot }) => slot === key.slot)) application?.keys.push(key);
      return refused();
    }),
  );

  expect(await type(byOwn, world.ports)).toMatchObject({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(standing(world)).toEqual({
    applications: [`${own}: acr-secret: secret other in namespace shop`],
    principals: 1,
    roles: 1,
    secret: "none",
  });
});

test("of two runs that make an application of one name at once, the later uses that of the earlier", async () => {
  const world = demo();
  let raced = false;
  world.asking.around(async (asked, next) => {
    if (is("createApplication")(asked) && !raced) {
      raced = true;
      const { directory } = world.azure;
      directory.put("ci", { notes: "kubectl acr-secret: secret acr-myregistry in namespace demo", keys: 0 });
      const [{ id } = { id: "" }] = directory.applications;
      directory.custody.set(id, { owners: ["o-1"], principalOwners: ["o-1"], otherKeys: [] });
    }
    return next();
  });

  expect(await type(byName, world.ports)).toMatchObject({ stderr: expect.stringContaining('"ci" already exists'), code: 0 });
  expect(standing(world)).toMatchObject({ applications: [expect.stringMatching(/^ci: acr-secret: /)], secret: "alive" });
});
