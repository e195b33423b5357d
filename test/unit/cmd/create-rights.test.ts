import { expect, test } from "vitest";
import { demo, line } from "../../support/demo.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const push = ["repositories/app/web/content/read", "repositories/app/web/content/write", "repositories/app/web/metadata/read"];
const byName = `${line} --acr-token ciother`;

/** Creates a registry with another user's scope map that may push. With `token`, the token with that name exists, too. */
function withPush({ token = false, description = "theirs", map = "ciother" } = {}): FakeWorld {
  const world = demo();
  world.azure.putScopeMap({ name: map, description, actions: push });
  if (token) world.azure.putToken("ciother", [], map);
  return world;
}

test.for([
  { why: "the scope map of others has the token's name", world: () => withPush(), typed: byName, accepts: "--scope-map ciother" },
  { why: "the run adds to the scope map of others", world: () => withPush(), typed: `${byName} --repository app/api`, accepts: "--force" },
  { why: "the token exists with its own scope map", world: () => withPush({ token: true }), typed: byName, accepts: "--scope-map ciother" },
  {
    why: "the token has another scope map",
    world: () => withPush({ token: true, map: "cipush" }),
    typed: byName,
    accepts: "--scope-map cipush",
  },
  {
    why: "the scope map is described as the plugin's",
    world: () => withPush({ description: "kubectl acr-secret: secret acr-myregistry in namespace demo" }),
    typed: byName,
    accepts: "--scope-map ciother",
  },
])("refuses a token that pushes when $why", async ({ world: open, typed, accepts }) => {
  const world = open();

  const { stdout, stderr, code } = await type(typed, world.ports);

  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain('error: token "ciother" may do more than pull: app/web push\n');
  expect(stderr).toContain(accepts);
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { flag: "--force", typed: `${byName} --repository app/api --force` },
  { flag: "--scope-map", typed: `${byName} --scope-map ciother` },
])("creates a token that pushes and prints its rights with $flag", async ({ typed }) => {
  const world = withPush();

  expect(await type(typed, world.ports)).toMatchObject({
    stderr: expect.stringContaining('Warning: token "ciother" may also: app/web push\n'),
    stdout: expect.stringContaining("secret/acr-myregistry created\n"),
    code: 0,
  });
});

test("the command that the refusal prints is accepted", async () => {
  const world = withPush();
  const { stderr } = await type(`${byName} --repository app/api`, world.ports);
  const hint = /hint: kubectl acr-secret (.*)\n/.exec(stderr)?.[1] ?? "";

  expect(await type(hint, world.ports)).toMatchObject({ code: 0 });
});

test("refuses a rerun when the token of the Secret was given more rights since", async () => {
  const world = demo();
  await type(line, world.ports);
  const [map] = [...world.azure.scopeMaps.values()];
  world.azure.putScopeMap({ ...map, name: map?.name ?? "", actions: [...(map?.actions ?? []), "repositories/*/content/delete"] });
  world.asking.forget();

  expect(await type(line, world.ports)).toMatchObject({
    stderr: expect.stringContaining("may do more than pull: * delete\n"),
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("prints the rights once when rotate renews the password of a token that pushes", async () => {
  const world = withPush();
  await type(`${byName} --force`, world.ports);

  const { stderr, code } = await type("rotate acr-myregistry -n demo", world.ports);

  expect(code).toBe(0);
  expect(stderr.match(/token "ciother" may also: app\/web push/g)).toHaveLength(1);
});

test("says that the rights of a login from the user are not checked", async () => {
  const world = demo();
  world.azure.users.set("bob", "hunter2");

  expect(await type(`${line} --username bob --password-stdin`, world.ports, { stdin: "hunter2" })).toMatchObject({
    stderr: 'Warning: the rights of login "bob" at myregistry.azurecr.io are not checked\n',
    code: 0,
  });
});

test("prints the namespaces and the lifetime in the command of a refusal when several namespaces share the credential", async () => {
  const world = withPush();
  addNamespaces(world.cluster, "default", "sa1", "sa2", "sb1");
  const shared = "create team --registry myregistry --repository app/web --acr-token ciother --credential-per scope --expires-in 30d";

  const { stderr } = await type(`${shared} --namespaces sa1,sa2`, world.ports);
  const hint = /hint: kubectl acr-secret (.*)\n/.exec(stderr)?.[1] ?? "";

  expect(await type(hint, world.ports)).toMatchObject({ code: 0 });
  expect(world.cluster.all("secret").map(({ metadata }) => metadata.namespace)).toEqual(["sa1", "sa2"]);
  expect(world.azure.tokens.get("ciother")?.passwords.get("password1")?.expiry).toBe("2026-01-31T00:00:00Z");
});
