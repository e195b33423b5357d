import { expect, test } from "vitest";
import type { Slot } from "../../../src/azure/port.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, noteIn } from "../../support/rotating.ts";
import { after, made, making } from "../../support/situations/deleting.ts";

const own = "demo-acr-myregistry-b3ccbab127";

const warning = `Warning: secret/acr-myregistry notes a dead password of the ACR token "ci-pull", so it gets one of "${own}": --acr-token ci-pull keeps it there, if that token is meant for it\n`;

const took = (world: FakeWorld, slot: Slot) => void world.azure.tokens.get("ci-pull")?.passwords.delete(slot);

/** Another user regenerates the password. */
function anew(world: FakeWorld): void {
  const passwords = world.azure.tokens.get("ci-pull")?.passwords;
  const password = passwords?.get("password1") ?? expect.unreachable("a password");
  passwords?.set("password1", { ...password, text: "theirs" });
}

const begun = () => after(worldOf(["demo"]), `${making} --acr-token ci-pull -n demo`);

test.for([
  { what: "was taken away", befall: (world: FakeWorld) => took(world, "password1") },
  { what: "is refused", befall: anew },
  { what: "is gone with its token", befall: (world: FakeWorld) => void (world.azure.tokens as Map<string, unknown>).delete("ci-pull") },
])("a Secret whose password of a named token $what gets one of its own token, and that is told", async ({ befall }) => {
  const world = await begun();
  befall(world);
  const { stderr, code } = await type(`${making} -n demo`, world.ports);
  expect({ stderr, code }).toEqual({ stderr: warning, code: 0 });
  expect([noteIn(world, "demo").identity, isAlive(world, "demo")]).toEqual([own, true]);
  expect((await type(`${making} -n demo`, world.ports)).stderr).toBe("");
});

test("it stays with the named token where that is named again", async () => {
  const world = await begun();
  took(world, "password1");
  expect(await type(`${making} -n demo --acr-token ci-pull`, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect([noteIn(world, "demo").identity, isAlive(world, "demo")]).toEqual(["ci-pull", true]);
});

test("nothing is told where its own token's password is dead", async () => {
  const world = await made();
  world.azure.tokens.get(own)?.passwords.clear();
  expect(await type(`${making} -n demo`, world.ports)).toMatchObject({ stderr: "", code: 0 });
});
