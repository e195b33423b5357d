import { expect, test } from "vitest";
import { worldOf } from "../../support/fakes/fleet.ts";
import { killedAtEach } from "../../support/fakes/killed-at-each.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive } from "../../support/rotating.ts";
import { after, everythingIn, making } from "../../support/situations/deleting.ts";

const attached = "--serviceaccount default";
const empty = () => worldOf(["demo", "team-a"]);

/** When nothing that a dead run has claimed is claimed any more. */
const later = { now: () => new Date("2026-01-01T00:01:00Z") };

const takeBack = async (world: FakeWorld, scope: string) => {
  const { stderr, code } = await type(`delete acr-myregistry --revoke -y ${scope}`, world.ports, later);
  return { stderr: stderr.replace(/^\d Secrets? deleted\n/, ""), code };
};

test.for([
  { what: "a token of its own", line: `${making} ${attached} -n demo`, scope: "-n demo", at: ["demo"] },
  {
    what: "a token each in two namespaces",
    line: `${making} ${attached} -A --credential-per namespace`,
    scope: "-A",
    at: ["demo", "team-a"],
  },
  {
    what: "a service principal of its own",
    line: `create --registry myregistry ${attached} --service-principal -n demo`,
    scope: "-n demo",
    at: ["demo"],
  },
  { what: "a token of its own that dies", line: `${making} ${attached} --expires-in 30d -n demo`, scope: "-n demo", at: ["demo"] },
])("$what: killed at any request, the same command ends it well, and all of it can be taken back", async ({ line, scope, at }) => {
  const wanted = everythingIn(empty());
  let states = 0;
  for await (const { world, where } of killedAtEach(async () => empty(), line)) {
    states++;
    const second = await type(line, world.ports, later);
    expect({ where, ...second }).toMatchObject({ where, code: 0 });
    expect({ where, alive: at.map((name) => isAlive(world, name)) }).toEqual({ where, alive: at.map(() => true) });
    expect({ where, ...(await takeBack(world, scope)) }).toEqual({ where, stderr: "", code: 0 });
    expect({ where, ...everythingIn(world) }).toEqual({ where, ...wanted });
  }
  expect(states).toBeGreaterThan(8);
});

test("a token that both share: killed at any request, the same command ends it well, and prune sees what may be left", async () => {
  const line = `${making} ${attached} -A --credential-per scope`;
  for await (const { world, where } of killedAtEach(async () => empty(), line)) {
    expect({ where, ...(await type(line, world.ports, later)) }).toMatchObject({ where, code: 0 });
    expect({ where, alive: ["demo", "team-a"].map((name) => isAlive(world, name)) }).toEqual({ where, alive: [true, true] });
    expect({ where, ...(await takeBack(world, "-A")) }).toEqual({ where, stderr: "", code: 0 });
    await type("prune --registry myregistry --older-than 0s --yes", world.ports, later);
    expect({ where, ...everythingIn(world) }).toEqual({ where, ...everythingIn(empty()) });
  }
});

test("what a Secret leaves that is deleted by hand works on for whoever has a copy, until the next rotation", async () => {
  const world = await after(empty(), `${making} -n demo`);
  const copy = world.loginIn("demo") ?? expect.unreachable("a login");
  world.cluster.remove("secret", "demo", "acr-myregistry");
  await after(world, `${making} -n demo`);
  expect([world.azure.knows(copy), isAlive(world, "demo")]).toEqual([true, true]);

  expect((await type("list -n demo -o wide", world.ports)).stdout).toContain("password1 until the next rotation");
  await after(world, "rotate -n demo");
  expect([world.azure.knows(copy), isAlive(world, "demo")]).toEqual([false, true]);
});
