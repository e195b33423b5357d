import { expect, test } from "vitest";
import { loginsNote } from "../../../src/secret/entry.ts";
import { linesOf, stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const noteIn = (world: FakeWorld, at: string, name = "acr-myregistry") =>
  JSON.parse(world.cluster.get("secret", at, name)?.metadata.annotations?.[loginsNote] ?? "[]")[0];

const tokenIn = (world: FakeWorld) => {
  const [token] = world.azure.tokens.values();
  if (!token) throw new Error("no token");
  return token;
};

test("a Secret gets the other password, and the one before works until the next rotation", async () => {
  const world = await stored("demo");
  const before = world.loginIn("demo");
  if (!before) throw new Error("no login");

  const { stdout, stderr, code } = await type("rotate acr-myregistry -n demo", world.ports);

  expect({ stdout, stderr, code }).toEqual({
    stdout: "token.azurecr.io/demo-acr-myregistry-b3ccbab127 configured\nsecret/acr-myregistry configured\n",
    stderr: "",
    code: 0,
  });
  const after = world.loginIn("demo");
  expect(after).not.toEqual(before);
  expect(noteIn(world, "demo")).toMatchObject({ slot: "password2", previous: { slot: "password1" } });
  expect([before, after].map((login) => login && world.azure.knows(login))).toEqual([true, true]);

  expect(await type("rotate acr-myregistry -n demo", world.ports)).toMatchObject({ code: 0 });
  expect(noteIn(world, "demo")).toMatchObject({ slot: "password1", previous: { slot: "password2" } });
  expect(world.azure.knows(before)).toBe(false);
  expect(after && world.azure.knows(after)).toBe(true);
  expect(tokenIn(world).passwords.size).toBe(2);
});

test("with no grace the password before goes once the Secret has the new one", async () => {
  const world = await stored("demo");
  const before = world.loginIn("demo");

  const { stdout, code } = await type("rotate -n demo --grace 0", world.ports);

  expect(linesOf(stdout)).toEqual([
    "token.azurecr.io/demo-acr-myregistry-b3ccbab127 configured",
    "secret/acr-myregistry configured",
    "token.azurecr.io/demo-acr-myregistry-b3ccbab127 configured (-password1)",
  ]);
  expect(code).toBe(0);
  expect(before && world.azure.knows(before)).toBe(false);
  expect([...tokenIn(world).passwords.keys()]).toEqual(["password2"]);
});
