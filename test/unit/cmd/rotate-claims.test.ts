import { expect, test } from "vitest";
import { claimNote, noteClaim } from "../../../src/secret/claim.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, noteIn } from "../../support/rotating.ts";

const now = new Date("2026-01-01T00:00:00Z");

/** Lets another run claim a Secret at this moment. */
function claim(world: FakeWorld, at: string): void {
  const secret = world.cluster.get("secret", at, "acr-myregistry");
  if (!secret) throw new Error("no Secret");
  const annotations = { ...secret.metadata.annotations, ...noteClaim("another run", now) };
  world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } });
}

function release(world: FakeWorld, at: string): void {
  const secret = world.cluster.get("secret", at, "acr-myregistry");
  const { [claimNote]: _, ...annotations } = secret?.metadata.annotations ?? {};
  if (secret) world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } });
}

test.for([
  { what: "ends", ends: true, waits: 3 },
  { what: "is a dead one's", ends: false, waits: 60 },
])("a claim on any of its Secrets is waited for, which $what", async ({ ends, waits }) => {
  const world = await stored("a", "b", "c");
  claim(world, "c");
  let slept = 0;
  const sleep = async () => {
    if (++slept === waits && ends) release(world, "c");
    // Nothing is made before it has ended
    if (slept <= waits) expect([noteIn(world, "a").slot, world.asking.writes]).toEqual(["password1", []]);
  };

  expect(await type("rotate acr-myregistry --namespaces a,b,c", world.ports, { sleep, now: () => now })).toMatchObject({
    stderr: "configured 3\n",
    code: 0,
  });
  expect(slept).toBeGreaterThanOrEqual(waits);
  expect(["a", "b", "c"].map((at) => [noteIn(world, at).slot, isAlive(world, at)])).toEqual(Array(3).fill(["password2", true]));
});

test("a dry run waits for nobody", async () => {
  const world = await stored("a", "b");
  claim(world, "b");
  const sleep = () => Promise.reject(new Error("waited"));

  expect(await type("rotate acr-myregistry --namespaces a,b --dry-run=client", world.ports, { sleep, now: () => now })).toMatchObject({
    code: 0,
  });
});
