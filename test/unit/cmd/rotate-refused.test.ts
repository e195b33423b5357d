import { expect, test } from "vitest";
import { linesOf, stored, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, noteIn, slotsOf } from "../../support/rotating.ts";

async function made(line: string): Promise<FakeWorld> {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", "a", "b");
  world.azure.admin.set("password", "admin-1");
  world.azure.users.set("jane", "given");
  const { code, stderr } = await type(line, world.ports, { stdin: "given" });
  if (code !== 0) throw new Error(stderr);
  world.asking.forget();
  return world;
}

test.for([
  {
    what: "the admin user's",
    line: "create --registry myregistry --admin -n a",
    says: "cannot be rotated here: its passwords are everybody's who uses the registry's admin user\nhint: kubectl acr-secret create -n a acr-myregistry",
  },
  {
    what: "one that was given",
    line: "create --registry myregistry.azurecr.io --username jane --password-stdin -n a",
    says: 'cannot be rotated here: whoever gave it has to give another\nhint: printf %s "$PASSWORD" | kubectl acr-secret create -n a acr-myregistry',
  },
])("a login that is $what is refused with the command that replaces it", async ({ line, says }) => {
  const world = await made(line);
  const { stdout, stderr, code } = await type("rotate acr-myregistry -n a", world.ports);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(says);
  expect(world.asking.writes).toEqual([]);
});

test("of many Secrets those that can be rotated are", async () => {
  const world = await made("create --registry myregistry --admin -n a");
  await type("create --registry myregistry --repository app/web -n b", world.ports);
  const { stdout, code } = await type("rotate -A", world.ports);
  expect(linesOf(stdout).at(-1)).toBe("secret/acr-myregistry configured in namespace b");
  expect(code).toBe(0);
});

test("a token that is disabled is refused with the command that enables it", async () => {
  const world = await stored("a");
  const [token] = world.azure.tokens.values();
  if (token) token.status = "disabled";
  const { stderr, code } = await type("rotate -n a", world.ports);
  expect(stderr).toMatch(/the ACR token ".*" is disabled\nhint: az acr token update/);
  expect(code).toBe(1);
  expect(world.asking.writes).toEqual([]);
});

test("a token that is gone is told, and nothing is written", async () => {
  const world = await stored("a");
  const { identity } = noteIn(world, "a");
  (world.azure.tokens as Map<string, unknown>).delete(identity);
  const { stderr, code } = await type("rotate -n a", world.ports);
  expect(stderr).toContain(`registry "myregistry" has no ACR token "${identity}" any more`);
  expect(code).toBe(1);
  expect(world.asking.writes).toEqual([]);
});

test("a person's password in the other slot stays, and the command is told that makes room", async () => {
  const world = await made("create --registry myregistry --repository app/web --acr-token ci-pull -n a");
  world.azure.tokens
    .get("ci-pull")
    ?.passwords.set("password2", { text: "jane's", creationTime: "2026-01-01T09:00:00.000Z", expiry: undefined });
  const { stdout, stderr, code } = await type("rotate -n a --grace 0", world.ports);
  expect({ stdout, stderr, code }).toEqual({
    stdout: "",
    stderr:
      'error: password2 of the ACR token "ci-pull" is noted by no Secret, and somebody else may use it\n' +
      "hint: if no other tool uses it:\n  az acr token credential delete --registry myregistry --name ci-pull --password2\n",
    code: 1,
  });
  expect(slotsOf(world, "ci-pull")).toEqual(["password1", "password2"]);
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { why: "there is no such Secret", line: "rotate other -n a", says: 'secrets "other" not found' },
  { why: "the namespace has none", line: "rotate -n b", says: "no pull secret of this plugin is there to be rotated" },
  {
    why: "it has no login for that registry",
    line: "rotate acr-myregistry -n a --registry other",
    says: "notes no login of this plugin for other",
  },
])("where $why it is told", async ({ line, says }) => {
  const world = await stored("a");
  addNamespaces(world.cluster, "b");
  const { stdout, stderr, code } = await type(line, world.ports);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(says);
});

test("one credential that cannot be rotated does not keep the others from it", async () => {
  const world = await stored("a");
  addNamespaces(world.cluster, "b");
  await type("create --registry myregistry --repository app/web -n b", world.ports);
  (world.azure.tokens as Map<string, unknown>).delete(noteIn(world, "a").identity);
  const { stdout, stderr, code } = await type("rotate -A", world.ports);
  expect(stdout).toContain("secret/acr-myregistry configured in namespace b\n");
  expect(stderr).toContain("has no ACR token");
  expect(code).toBe(1);
  expect(isAlive(world, "b")).toBe(true);
});

test("a token of an Azure identity is renewed for the same identity alone", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", "a");
  world.azure.entra.claims["sub"] = "tom";
  await type("create --registry myregistry --entra -n a", world.ports);
  const before = world.loginIn("a");
  world.azure.entra.now = new Date("2026-01-01T00:10:00Z");
  for (const sub of ["jane", undefined]) {
    world.azure.entra.claims["sub"] = sub;
    const { stderr, code } = await type("rotate -n a", world.ports);
    expect(stderr).toContain('secret "acr-myregistry" holds a token of another Azure identity than jane@example.com');
    expect(stderr).toContain("hint: kubectl acr-secret create -n a acr-myregistry --registry myregistry.azurecr.io --entra");
    expect(code).toBe(1);
  }
  expect(world.loginIn("a")).toEqual(before);
  world.azure.entra.claims["sub"] = "tom";
  expect(await type("rotate -n a", world.ports)).toMatchObject({ stdout: "secret/acr-myregistry configured\n", code: 0 });
  expect(world.loginIn("a")).not.toEqual(before);
});

test("of a service principal one key is added, and the next rotation takes exactly the one before the last", async () => {
  const world = await made("create --registry myregistry --service-principal -n a");
  const keys = () => world.azure.directory.applications[0]?.keys.map(({ slot }) => slot.slice(-2)) ?? [];
  const [first] = keys();
  world.azure.directory.applications[0]?.keys.push({ slot: "others-00", displayName: "of others", text: "o" });
  await type("rotate -n a", world.ports);
  const [, , second] = keys();
  expect(keys()).toEqual([first, "00", second]);
  await type("rotate -n a", world.ports);
  expect(keys()).toEqual(["00", second, expect.any(String)]);
  expect(isAlive(world, "a")).toBe(true);
});

test("tokens that two people were given in one second are two credentials", async () => {
  const world = worldOf(["a", "b"]);
  for (const [sub, at] of [
    ["tom", "a"],
    ["jane", "b"],
  ] as const) {
    world.azure.entra.claims["sub"] = sub;
    expect(await type(`create --registry myregistry --entra -n ${at}`, world.ports)).toMatchObject({ code: 0 });
  }
  const before = world.loginIn("a");
  world.azure.entra.now = new Date("2026-01-01T00:10:00Z");

  const { stdout, code } = await type("rotate acr-myregistry -n b", world.ports);

  expect({ stdout, code }).toEqual({ stdout: "secret/acr-myregistry configured\n", code: 0 });
  expect(world.loginIn("a")).toEqual(before);
});
