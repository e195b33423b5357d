import { expect, test } from "vitest";
import { chanceFrom, delaying } from "../../support/fakes/chance.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { after, making } from "../../support/situations/deleting.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const rounds = Number(process.env["ROUNDS"] ?? 10);

const sleep = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

const all = ["a", "b", "c"];
const places = `--namespaces ${all}`;
const credentials = [
  { of: "a credential of each one's own", create: `${making} --credential-per namespace` },
  { of: "one that they share", create: `${making} --credential-per scope` },
  { of: "a token by name", create: `${making} --acr-token ci-pull --credential-per scope` },
  { of: "a service principal", create: "create --registry myregistry --service-principal ci --credential-per scope" },
];
const besides = [
  { beside: "a create", line: undefined },
  { beside: "a rotation", line: `rotate acr-myregistry ${places}` },
  { beside: "a rotation that retires", line: `rotate acr-myregistry --grace 0 ${places}` },
  { beside: "another delete", line: `delete acr-myregistry --revoke -y ${places} --ignore-not-found` },
];

test.for(credentials.flatMap((one) => besides.map((beside) => ({ ...one, ...beside }))))(
  "of $of, beside $beside, no Secret holds a dead password, and a last delete leaves nothing",
  { timeout: 600_000 },
  async ({ create, line }) => {
    for (let round = 0; round < rounds; round++) {
      const made = `${create} ${places} --serviceaccount default`;
      const world = await after(worldOf(all), made);
      const calm = world.asking.around(delaying(chanceFrom(seed + round), 8));
      const racers = [`delete acr-myregistry --revoke -y ${places}`, line ?? made];
      const ends = await Promise.all(racers.map((one) => type(one, world.ports, { sleep })));
      calm();
      const why = [`SEED=${seed} round ${round}`, JSON.stringify(ends, undefined, 2), ...world.asking.all].join("\n");
      const dead = all.filter((at) => {
        const login = world.loginIn(at);
        return login !== undefined && !world.azure.knows(login);
      });
      expect(dead, why).toEqual([]);
      const last = await type(`delete acr-myregistry --revoke -y ${places} --ignore-not-found`, world.ports, {
        now: () => new Date("2026-01-01T00:01:00Z"),
      });
      expect(last.code, `${why}\n${last.stderr}`).toBe(0);
      const { tokens, scopeMaps, directory } = world.azure;
      const left = [...tokens.keys(), ...scopeMaps.keys(), ...directory.applications, ...directory.assignments];
      expect(left, `${why}\n${last.stderr}`).toEqual([]);
    }
  },
);
