import { expect, test } from "vitest";
import { chanceFrom, delaying } from "../../support/fakes/chance.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const rounds = Number(process.env["ROUNDS"] ?? 30);
const line = "create --registry myregistry --service-principal ci";

/** Starts runs that create one application in the same second, each for its own namespace. */
async function race(runs: number, round: number) {
  const chance = chanceFrom(seed + round);
  const world = fakeWorld();
  const namespaces = Array.from({ length: runs }, (_, at) => `n${at}`);
  addNamespaces(world.cluster, ...namespaces);
  for (const namespace of namespaces) world.cluster.put(stuckPod(namespace, "web-1", "myregistry.azurecr.io/app/web:1"));
  world.azure.directory.clock.now = () => Date.UTC(2026, 0, 1) + chance(1000);
  world.asking.around(delaying(chance, 12));
  const ends = await Promise.all(namespaces.map((namespace) => type(`${line} -n ${namespace}`, world.ports)));
  const logins = namespaces.flatMap((namespace) => world.loginIn(namespace) ?? []);
  const { applications, principals, assignments } = world.azure.directory;
  return {
    ends,
    alive: logins.filter((login) => world.azure.knows(login)).length,
    directory: [applications.length, principals.length, assignments.length],
    keys: applications[0]?.keys.length,
    why: JSON.stringify({ seed, round, ends, writes: world.asking.writes }, undefined, 2),
  };
}

test(`creates one application when two runs create it in one second (SEED=${seed})`, async () => {
  for (let round = 0; round < rounds; round++) {
    const { ends, alive, directory, keys, why } = await race(2, round);

    expect({ codes: ends.map(({ code }) => code), alive, directory, keys }, why).toEqual({
      codes: [0, 0],
      alive: 2,
      directory: [1, 1, 1],
      keys: 2,
    });
  }
});

test(`leaves one application when three runs create it in one second, even if one run is refused (SEED=${seed})`, async () => {
  for (let round = 0; round < rounds; round++) {
    const { ends, alive, directory, keys, why } = await race(3, round);
    const refused = ends.filter(({ code }) => code !== 0);

    expect({ alive, directory, keys }, why).toEqual({ alive: 3 - refused.length, directory: [1, 1, 1], keys: 3 - refused.length });
    for (const { stderr } of refused) expect(stderr, why).toContain('applications are called "ci"');
  }
});
