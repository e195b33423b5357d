import { expect, test } from "vitest";
import { exactly, lost } from "../../support/demo.ts";
import { type Asked, refusing } from "../../support/fakes/asked.ts";
import { linesOf, refused, shared, stored, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { copyOf, isAlive, noteIn, slotsOf } from "../../support/rotating.ts";

const slots = (world: FakeWorld, ...at: string[]) => at.map((name) => noteIn(world, name).slot);

test("all that share a credential get the new password, whichever of them is named", async () => {
  const world = await stored("a", "b", "c");
  const { stdout, stderr, code } = await type("rotate acr-myregistry -n b --grace 0", world.ports);
  expect(linesOf(stdout)).toEqual([
    `token.azurecr.io/${shared} configured`,
    "secret/acr-myregistry configured in namespace a",
    "secret/acr-myregistry configured in namespace b",
    "secret/acr-myregistry configured in namespace c",
    `token.azurecr.io/${shared} configured (-password1)`,
  ]);
  expect({ stderr, code }).toEqual({ stderr: "3 Secrets configured\n", code: 0 });
  expect(slots(world, "a", "b", "c")).toEqual(["password2", "password2", "password2"]);
  expect(["a", "b", "c"].map((at) => isAlive(world, at))).toEqual([true, true, true]);
  expect(world.asking.writes.filter((call) => call.startsWith("generatePassword"))).toHaveLength(1);
});

test("so does one of another name, in a namespace that the run is not about", async () => {
  const world = await stored("a", "b");
  addNamespaces(world.cluster, "far");
  world.cluster.put(copyOf(world, "a", { at: "far", name: "copy" }), "kubectl-acr-secret");
  const { stdout, code } = await type("rotate acr-myregistry -n a --grace 0", world.ports);
  expect(stdout).toContain("secret/copy configured in namespace far\n");
  expect(code).toBe(0);
  expect(isAlive(world, "far", "copy")).toBe(true);
});

test("two clusters share one, and both get it", async () => {
  const world = worldOf(["a"], { contexts: ["one", "two"] });
  const line = "--registry myregistry --repository app/web -n a --contexts one,two --credential-per scope";
  expect(await type(`create ${line}`, world.ports)).toMatchObject({ code: 0 });
  const { stdout, code } = await type("rotate acr-myregistry -n a --contexts one,two --grace 0", world.ports);
  expect(linesOf(stdout)).toEqual([
    expect.stringMatching(/^token.azurecr.io\/shared-.* configured$/),
    "secret/acr-myregistry configured in namespace a of context one",
    "secret/acr-myregistry configured in namespace a of context two",
    expect.stringMatching(/^token.azurecr.io\/shared-.* configured \(-password1\)$/),
  ]);
  expect(code).toBe(0);
  expect(["one", "two"].map((context) => isAlive(world, "a", undefined, context))).toEqual([true, true]);
});

test("a cluster that is not asked keeps its password alive by the default grace", async () => {
  const world = worldOf(["a"], { contexts: ["one", "two"] });
  const line = "--registry myregistry --repository app/web -n a --contexts one,two --credential-per scope";
  await type(`create ${line}`, world.ports);
  expect(await type("rotate acr-myregistry -n a --contexts one", world.ports)).toMatchObject({ code: 0 });
  expect(["one", "two"].map((context) => isAlive(world, "a", undefined, context))).toEqual([true, true]);
});

test.for([
  { why: "does not answer", error: lost, whole: true },
  { why: "lets none of its Secrets be listed", error: refused, whole: false },
])("a cluster that $why keeps the password before, and is told", async ({ error, whole }) => {
  const world = worldOf(["a"], { contexts: ["one", "two"] });
  await type("create --registry myregistry --repository app/web -n a --contexts one,two --credential-per scope", world.ports);
  const isTwo = ({ call, at }: Asked) => at.includes("two:") && (whole || call === "list");
  const free = world.asking.around(refusing(isTwo, error));
  const { stdout, stderr, code } = await type("rotate acr-myregistry -n a --contexts one,two --grace 0", world.ports);
  free();
  expect(stdout).not.toContain("(-password");
  expect(stderr).toMatch(new RegExp(`two: .*${error().message.replace(/[()]/g, ".")}`));
  expect(stderr).toContain("stays, since not every Secret could be looked at");
  expect(code).toBe(1);
  expect(["one", "two"].map((context) => isAlive(world, "a", undefined, context))).toEqual([true, true]);
});

test.for([
  { why: "forbidden", refuse: "patch secret b/acr-myregistry", says: "Forbidden" },
  { why: "not to be read", refuse: "get secret b/acr-myregistry", says: "Forbidden" },
])(
  "a place that is $why keeps the password before, is named, and the next run ends it without another password",
  async ({ refuse, says }) => {
    const world = await stored("a", "b", "c");
    const before = world.loginIn("b");
    const free = world.asking.around(refusing(exactly(refuse), refused));

    const first = await type("rotate acr-myregistry -n a --grace 0", world.ports);

    expect(first.code).toBe(1);
    expect(first.stderr).toContain(says);
    expect(first.stderr).toContain(`password1 of ${shared} stays, since secret/acr-myregistry in namespace b holds it`);
    expect(slots(world, "a", "b", "c")).toEqual(["password2", "password1", "password2"]);
    expect(before && world.azure.knows(before)).toBe(true);

    // While the Secret cannot be written, no run creates another password.
    expect(await type("rotate acr-myregistry -n a --grace 0", world.ports)).toMatchObject({ code: 1 });
    free();
    const last = await type("rotate acr-myregistry -n a --grace 0", world.ports);
    expect(linesOf(last.stdout)).toEqual([
      "secret/acr-myregistry unchanged in namespace a",
      "secret/acr-myregistry configured in namespace b",
      "secret/acr-myregistry unchanged in namespace c",
      `token.azurecr.io/${shared} configured (-password1)`,
    ]);
    expect(last.code).toBe(0);
    expect(world.asking.writes.filter((call) => call.startsWith("generatePassword"))).toHaveLength(1);
    expect(slotsOf(world, shared)).toEqual(["password2"]);
  },
);

test("a field of another manager is left, and keeps the password before, until it is taken over by force", async () => {
  const world = await stored("a", "b");
  const secret = world.cluster.get("secret", "b", "acr-myregistry");
  if (!secret) throw new Error("no Secret");
  world.cluster.put({ ...secret, data: {} }, "helm");
  world.cluster.put(secret, "helm");

  const first = await type("rotate acr-myregistry -n a --grace 0", world.ports);
  expect(first.code).toBe(1);
  expect(first.stderr).toContain('conflict with "helm"');
  expect(first.stderr).toContain("stays, since secret/acr-myregistry in namespace b holds it");
  expect(["a", "b"].map((at) => isAlive(world, at))).toEqual([true, true]);

  expect(await type("rotate acr-myregistry -n a --grace 0 --force", world.ports)).toMatchObject({ code: 0 });
  expect(slots(world, "a", "b")).toEqual(["password2", "password2"]);
  expect(slotsOf(world, shared)).toEqual(["password2"]);
});

test.for([
  { when: "before it is looked at", call: "get secret b/acr-myregistry", anew: false },
  { when: "as it is written", call: "patch secret b/acr-myregistry", anew: false },
  { when: "as it is written, and made anew by somebody", call: "patch secret b/acr-myregistry", anew: true },
])("a Secret that is deleted $when stays deleted", async ({ call, anew }) => {
  const world = await stored("a", "b");
  const theirs = copyOf(world, "b", { at: "b" });
  const undo = world.asking.around(async (asked, next) => {
    if (exactly(call)(asked)) {
      undo();
      world.cluster.remove("secret", "b", "acr-myregistry");
      if (anew) world.cluster.put({ ...theirs, data: { ".dockerconfigjson": btoa('{"auths":{}}') } });
    }
    return next();
  });
  const { code } = await type("rotate acr-myregistry -n a", world.ports);
  expect(code).toBe(0);
  expect(isAlive(world, "a")).toBe(true);
  expect(world.loginIn("b")).toBe(undefined);
  expect(world.cluster.get("secret", "b", "acr-myregistry") !== undefined).toBe(anew);
});

test("who may list the Secrets of his namespaces alone rotates those, and nothing is retired", async () => {
  const world = await stored("a", "b");
  world.asking.around(refusing((asked) => asked.call === "list" && asked.at === "secret", refused));
  const first = await type("rotate acr-myregistry -n a --grace 0", world.ports);
  expect(first.code).toBe(0);
  expect(first.stderr).toContain(`password1 of ${shared} stays, since not every Secret could be looked at`);
  expect(slots(world, "a", "b")).toEqual(["password2", "password1"]);
  // The other slot has a password that Secrets may use which this user cannot list.
  const second = await type("rotate acr-myregistry -n a", world.ports);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`password1 of the ACR token "${shared}" is noted by no Secret, and somebody else may use it`);
  expect(["a", "b"].map((at) => isAlive(world, at))).toEqual([true, true]);
});

test("his own Secret he rotates as often as he likes", async () => {
  const world = await stored("a");
  world.asking.around(refusing((asked) => asked.call === "list" && asked.at === "secret", refused));
  for (let round = 0; round < 4; round++) expect(await type("rotate acr-myregistry -n a", world.ports)).toMatchObject({ code: 0 });
  expect(isAlive(world, "a")).toBe(true);
});

test("who may list none is told so", async () => {
  const world = await stored("a");
  world.asking.around(refusing((asked) => asked.call === "list" && asked.at.startsWith("secret"), refused));
  expect(await type("rotate acr-myregistry -n a", world.ports)).toEqual({
    stdout: "",
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
});

test("each of a thousand namespaces gets it, and the requests grow with them alone", { timeout: 60_000 }, async () => {
  const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
  const world = await stored(...names);
  const { code } = await type("rotate acr-myregistry -n n0 --grace 0", world.ports);
  expect(code).toBe(0);
  expect(world.asking.all.length).toBeLessThan(2 * names.length + 50);
  expect(names.every((name) => isAlive(world, name))).toBe(true);
});

test.for([
  { what: "a named token", create: "create --registry myregistry --repository app/web --credential-per scope --acr-token ci-pull" },
  { what: "a service principal", create: "create --registry myregistry --credential-per scope --service-principal ci" },
])("a namespace that comes to share $what after a rotation is rotated with the others, and what was before goes", async ({ create }) => {
  const world = worldOf(["a", "b", "c"]);
  await type(`${create} --namespaces a,b`, world.ports);
  const before = world.loginIn("a");
  expect(await type("rotate acr-myregistry -n a", world.ports)).toMatchObject({ code: 0 });
  expect(await type(`${create} --namespaces a,b,c`, world.ports)).toMatchObject({ code: 0 });
  expect(noteIn(world, "c")).toEqual(noteIn(world, "a"));

  const { stdout, stderr, code } = await type("rotate acr-myregistry -n c --grace 0", world.ports);

  expect(code, stderr).toBe(0);
  expect(stdout).toContain("secret/acr-myregistry configured in namespace c\n");
  expect(["a", "b", "c"].map((at) => isAlive(world, at))).toEqual([true, true, true]);
  expect(before && world.azure.knows(before)).toBe(false);
});
