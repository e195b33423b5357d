import { expect, test } from "vitest";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { after, making } from "../../support/situations/deleting.ts";

const create = `${making} --serviceaccount default -n demo`;

/** Each call takes a few turns, another number in each round. */
const paced = (round: number) => {
  let turn = 0;
  return async (_: unknown, next: () => Promise<unknown>) => {
    for (let wait = (turn++ * 7 + round * 3) % 11; wait > 0; wait--) await new Promise(setImmediate);
    return next();
  };
};

const sleep = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

test.for([
  { beside: "a create", line: create },
  { beside: "a rotation", line: "rotate acr-myregistry -n demo" },
  { beside: "another delete", line: "delete acr-myregistry --revoke -y -n demo --ignore-not-found" },
])("beside $beside no Secret holds a dead password, and a last delete leaves nothing", async ({ line }) => {
  for (let round = 0; round < 30; round++) {
    const world = await after(worldOf(["demo"]), create);
    const free = world.asking.around(paced(round));
    await Promise.all(["delete acr-myregistry --revoke -y -n demo", line].map((one) => type(one, world.ports, { sleep })));
    free();
    const login = world.loginIn("demo");
    expect({ round, dead: login !== undefined && !world.azure.knows(login) }).toEqual({ round, dead: false });
    const last = await type("delete acr-myregistry --revoke -y -n demo --ignore-not-found", world.ports, {
      now: () => new Date("2026-01-01T00:01:00Z"),
    });
    expect({ round, ...last }).toMatchObject({ round, code: 0 });
    expect({ round, tokens: [...world.azure.tokens.keys()], maps: [...world.azure.scopeMaps.keys()] }).toEqual({
      round,
      tokens: [],
      maps: [],
    });
  }
});
