import { describe, expect, test } from "vitest";
import { type Begun, killedAtEach, lostAtEach } from "../../support/fakes/killed-at-each.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type, type World } from "../../support/in-process.ts";
import { descriptionOf, hold, keyIn, leftOver, putKey, putToken, type as typeLater } from "../../support/leftovers.ts";
import { acrPull } from "../../support/service-principal.ts";

const timeout = 120_000;

async function interruptedAtToken(world: FakeWorld, line: string, more: World = {}): Promise<Run> {
  let interrupt = () => {};
  const free = world.asking.around(async ({ call }, next) => {
    const answer = await next();
    if (call === "deleteToken") interrupt();
    return answer;
  });
  const run = await type(line, world.ports, { ...more, started: (live) => (interrupt = live.interrupt) });
  free();
  return run;
}

describe("prune", () => {
  const line = "prune --registry myregistry --yes";

  /**
   * Creates leftovers: a token, a scope map, an application and a password of another user's application. One object of each kind is in
   * use.
   */
  async function begin(): Promise<FakeWorld> {
    const world = await leftOver();
    const { directory } = world.azure;
    const give = (namespace: string, name: string, appId: string) => {
      const { slot, ...login } = putKey(world, appId, keyIn(namespace));
      if (namespace === "a") hold(world, namespace, login, { kind: "service-principal", slot }, name);
    };
    for (const namespace of ["a", "b"]) {
      const appId = directory.put(`${namespace}-sp`, { keys: 0, notes: descriptionOf(namespace) });
      directory.assign(appId, acrPull, { ours: true });
      give(namespace, "sp", appId);
    }
    const ci = directory.put("ci");
    directory.assign(ci, acrPull);
    for (const namespace of ["a", "b"]) give(namespace, "two", ci);
    putToken(world, "map-alone", descriptionOf("b"), []);
    world.azure.removeToken("map-alone");
    return world;
  }

  const begun: Begun = { begin, line, more: { now: () => new Date("2026-03-01T00:00:00Z") } };
  const remaining = ({ azure, cluster, loginIn }: FakeWorld) => ({
    tokens: [...azure.tokens.keys()].map((name) => name.slice(0, 17)),
    scopeMaps: [...azure.scopeMaps.keys()].map((name) => name.slice(0, 17)),
    applications: azure.directory.applications.map(({ displayName, keys }) => `${displayName.slice(0, 5)} ${keys.length}`),
    roles: azure.directory.assignments.length,
    alive: cluster
      .all("secret")
      .filter(({ metadata: { namespace = "", name } }) => azure.knows(loginIn(namespace, name) ?? { username: "", password: "" })).length,
  });
  const pruned = { tokens: ["a-acr-myregistry-"], scopeMaps: ["a-acr-myregistry-"], applications: ["a-sp 1", "ci 2"], roles: 2, alive: 3 };

  test("deletes unused objects and passwords only", async () => {
    const world = await begin();
    expect(remaining(world)).toEqual({
      tokens: ["a-acr-myregistry-", "b-acr-myregistry-"],
      scopeMaps: ["a-acr-myregistry-", "b-acr-myregistry-", "map-alone"],
      applications: ["a-sp 1", "b-sp 1", "ci 3"],
      roles: 3,
      alive: 3,
    });
    expect(await typeLater(line, world)).toMatchObject({ stderr: "", code: 0 });
    expect(remaining(world)).toEqual(pruned);
  });

  test.for([
    { what: "a kill at any request", states: killedAtEach },
    { what: "any answer was lost", states: lostAtEach },
  ])("leaves nothing unused and every login valid when run again after $what", { timeout }, async ({ states }) => {
    let count = 0;
    for await (const { world, where } of states(begun)) {
      count++;
      expect({ where, alive: remaining(world).alive }).toEqual({ where, alive: 3 });
      expect(await typeLater(line, world), where).toMatchObject({ code: 0 });
      expect(remaining(world), where).toEqual(pruned);
    }
    expect(count).toBeGreaterThan(30);
  });

  test("completes when run again after an interruption", async () => {
    const world = await begin();
    const { stderr, code } = await interruptedAtToken(world, line, begun.more);

    expect({ last: stderr.split("\n").at(-2), code }).toEqual({ last: "interrupted. Run the same command again to continue.", code: 130 });
    expect(remaining(world).scopeMaps).toContain("b-acr-myregistry-");
    expect(await typeLater(line, world)).toMatchObject({ code: 0 });
    expect(remaining(world)).toEqual(pruned);
  });

  test("succeeds twice when two runs prune at the same time", async () => {
    for (let round = 0; round < 20; round++) {
      const world = await begin();
      let turn = 0;
      world.asking.around(async (_, next) => {
        for (let wait = (turn++ * 7 + round) % 5; wait > 0; wait--) await new Promise(setImmediate);
        return next();
      });
      const both = await Promise.all([typeLater(line, world), typeLater(line, world)]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect(remaining(world), `round ${round}`).toEqual(pruned);
    }
  });
});
