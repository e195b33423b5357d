import { expect, test } from "vitest";
import { chanceFrom, delaying } from "../../support/fakes/chance.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const token = "demo-acr-myregistry-b3ccbab127";
const line = "create --registry myregistry --repository app/web --serviceaccount default -n demo";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

/** How the world stands when the two runs begin. */
const beginnings: Readonly<Record<string, (world: FakeWorld) => Promise<unknown>>> = {
  "nothing is there": async () => undefined,
  "a run before left a token": async ({ azure }) => azure.putToken(token, ["password1"]),
  "two runs before left a token": async ({ azure }) => azure.putToken(token, ["password2", "password1"]),
  "the Secret's login is dead": async (world) => {
    await type(line, world.ports);
    world.azure.tokens.get(token)?.passwords.clear();
  },
  "somebody else made both passwords anew": async (world) => {
    await type(line, world.ports);
    world.azure.putToken(token, ["password1", "password2"]);
  },
  "all is right": (world) => type(line, world.ports),
};

test.for(Object.entries(beginnings))(
  "two runs at once leave a login that pulls, whoever is first: %s",
  { timeout: 60_000 },
  async ([, begin]) => {
    for (let round = 0; round < 34; round++) {
      const world = fakeWorld();
      addNamespaces(world.cluster, "demo");
      await begin(world);
      const ours = `SEED=${seed} round ${round}`;
      world.asking.around(delaying(chanceFrom(seed + round), 8));

      const ends = await Promise.all([type(line, world.ports), type(line, world.ports)]);

      const login = world.loginIn("demo");
      const why = `${ours}\n${JSON.stringify(ends, undefined, 2)}\n${world.asking.writes.join("\n")}`;
      expect(login && world.azure.knows(login), why).toBe(true);
      expect(world.azure.scopeMaps.get(token)?.actions, why).toContain("repositories/app/web/content/read");
      expect(world.cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets, why).toEqual([{ name: "acr-myregistry" }]);
      expect(
        ends.map(({ code }) => code),
        why,
      ).toContain(0);
    }
  },
);
