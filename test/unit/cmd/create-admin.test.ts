import { expect, test } from "vitest";
import { demo, line } from "../../support/demo.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const warning = "Warning: secret/acr-myregistry may also push to all of myregistry.azurecr.io, and delete: so may whoever reads it\n";

/** Creates a registry whose admin user is on. */
function on(): FakeWorld {
  const world = demo();
  world.azure.admin.set("password", "one").set("password2", "two");
  return world;
}

const slotOf = ({ cluster }: FakeWorld) =>
  JSON.parse(cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations?.["acr-secret/logins"] ?? "[]")[0]?.slot;

test("the admin user's login is taken as it is, told of, and kept by a second run", async () => {
  const world = on();

  expect(await type(`${line} --admin`, world.ports)).toEqual({
    stdout: "secret/acr-myregistry created\nserviceaccount/default patched\npod/web-1 restarted\n",
    stderr: warning,
    code: 0,
  });
  expect(world.loginIn("demo")).toMatchObject({ username: "myregistry", password: "one" });
  expect(world.asking.writes.filter((text) => !text.includes("demo/"))).toEqual([]);

  world.asking.forget();
  expect(await type(`${line} --admin`, world.ports)).toEqual({
    stdout: "secret/acr-myregistry unchanged\nserviceaccount/default unchanged\n",
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("where the admin user is off nothing is written", async () => {
  const world = demo();

  expect(await type(`${line} --admin`, world.ports)).toMatchObject({
    stdout: "",
    stderr: 'error: the admin user of registry "myregistry" is off\n',
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("the password that a Secret holds stays while it is one of the two, and the other is taken once it is not", async () => {
  const world = on();
  await type(`${line} --admin`, world.ports);
  world.azure.admin.set("password", "made anew");

  expect(await type(`${line} --admin`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry configured\n"),
  });
  expect(world.loginIn("demo")).toMatchObject({ username: "myregistry", password: "made anew" });

  world.azure.admin.set("password2", "made anew").set("password", "and again");
  await type(`${line} --admin`, world.ports);
  expect(world.loginIn("demo")?.password).toBe("made anew");
  expect(slotOf(world)).toBe("password2");
});

test("a token that still pulls does not go unasked", async () => {
  const world = on();
  await type(line, world.ports);
  world.asking.forget();

  expect(await type(`${line} --admin`, world.ports)).toMatchObject({
    stderr: expect.stringMatching(/^error: secret "acr-myregistry" in namespace "demo" holds the credential of "\S+" \(acr-token\)\n/),
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
  expect(await type(`${line} --admin --force`, world.ports)).toMatchObject({ code: 0 });
  expect(world.loginIn("demo")?.username).toBe("myregistry");
});

test.for(["--acr-token ci-pull", "--username ci", "--expires-in 1h"])("--admin and %s exclude each other", async (other) => {
  const world = on();
  const [flag] = other.slice(2).split(" ");

  expect(await type(`${line} --admin ${other}`, world.ports)).toMatchObject({
    stderr: expect.stringContaining(`[${["admin", flag].sort().join(" ")}] were all set`),
    code: 1,
  });
  expect(world.asking.all).toEqual([]);
});
