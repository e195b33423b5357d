import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { token } from "../../support/demo.ts";
import type { Around } from "../../support/fakes/asked.ts";
import { chanceFrom, delaying } from "../../support/fakes/chance.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type Live, type Run, type } from "../../support/in-process.ts";

const line = "create --registry myregistry --repository app/web --serviceaccount default -n demo";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const rounds = Number(process.env["ROUNDS"] ?? 34);

/** The initial states of the runs. */
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

type Chance = ReturnType<typeof chanceFrom>;

/** Fails one in `odds` calls, before or after the call is carried out. */
function failing(chance: Chance, odds: number): Around {
  return async (_, next) => {
    const fate = chance(2 * odds);
    if (fate === 0) throw new CliError("forbidden", "refused");
    const answer = await next();
    if (fate === 1) throw new CliError("unreachable", "the answer was lost");
    return answer;
  };
}

/** Interrupts a run at one of about its first forty turns, or not at all. */
function interrupting(chance: Chance): (live: Live) => void {
  const at = chance(400);
  return ({ interrupt }) => {
    const wait = (left: number): unknown => (left === 0 ? interrupt() : setImmediate(() => wait(left - 1)));
    if (at < 200) wait(at);
  };
}

async function race(many: number, begin: (world: FakeWorld) => Promise<unknown>, round: number, trouble: boolean) {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  await begin(world);
  const chance = chanceFrom(seed + round);
  const calm = [world.asking.around(delaying(chance, 8))];
  if (trouble) calm.push(world.asking.around(failing(chance, [60, 150, 400][round % 3] ?? 60)));
  const started = trouble ? () => interrupting(chance) : () => () => undefined;
  const ends = await Promise.all(Array.from({ length: many }, () => type(line, world.ports, { started: started() })));
  for (const end of calm) end();
  return { world, ends, why: story(world, ends, round) };
}

const story = ({ asking, azure, cluster }: FakeWorld, ends: readonly Run[], round: number) =>
  [
    `SEED=${seed} round ${round}`,
    JSON.stringify(ends, undefined, 2),
    ...asking.writes,
    JSON.stringify([...(azure.tokens.get(token)?.passwords ?? [])]),
    JSON.stringify(cluster.get("secret", "demo", "acr-myregistry")),
  ].join("\n");

function isRight({ azure, cluster, loginIn }: FakeWorld, why: string): void {
  const login = loginIn("demo");
  expect(login && azure.knows(login), why).toBe(true);
  expect(azure.scopeMaps.get(token)?.actions, why).toContain("repositories/app/web/content/read");
  expect(cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets, why).toEqual([{ name: "acr-myregistry" }]);
  expect(cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations, why).not.toHaveProperty("acr-secret/claim");
}

test.for(Object.entries(beginnings))("runs at once all end well, whoever is first: %s", { timeout: 600_000 }, async ([, begin]) => {
  for (let round = 0; round < rounds; round++) {
    const { world, ends, why } = await race(2 + (round % 3), begin, round, false);
    isRight(world, why);
    expect(new Set(ends.map(({ code }) => code)), why).toEqual(new Set([0]));
  }
});

test.for(Object.entries(beginnings))(
  "of runs at once that fail or are interrupted, none takes away what another has come to use: %s",
  { timeout: 600_000 },
  async ([, begin]) => {
    for (let round = 0; round < rounds; round++) {
      const { world, ends, why } = await race(2 + (round % 3), begin, round, true);
      if (ends.some(({ code }) => code === 0)) isRight(world, why);

      const { code, stderr } = await type(line, world.ports, { now: () => new Date("2026-01-01T01:00:00Z") });
      expect({ code, stderr }, why).toEqual({ code: 0, stderr: "" });
      isRight(world, why);
    }
  },
);

test("runs over many namespaces at once share the one credential that the first of them makes", { timeout: 600_000 }, async () => {
  for (let round = 0; round < rounds; round++) {
    const world = fakeWorld();
    addNamespaces(world.cluster, "kube-system", "a", "b", "c");
    world.asking.around(delaying(chanceFrom(seed + round), 8));
    const command = "create --registry myregistry --repository app/web -A --credential-per scope";

    const ends = await Promise.all([type(command, world.ports), type(command, world.ports)]);

    const why = story(world, ends, round);
    expect(new Set(ends.map(({ code }) => code)), why).toEqual(new Set([0]));
    const logins = ["a", "b", "c"].map((name) => world.loginIn(name));
    expect(new Set(logins.map((login) => login && world.azure.knows(login))), why).toEqual(new Set([true]));
    expect(world.azure.tokens.size, why).toBe(1);
  }
});

test("of two namespaces whose runs name one token at the same time, none is told that it has a login which is dead", {
  timeout: 600_000,
}, async () => {
  let won = 0;
  for (let round = 0; round < rounds; round++) {
    const world = fakeWorld();
    addNamespaces(world.cluster, "a", "b");
    const calm = world.asking.around(delaying(chanceFrom(seed + round), 8));
    const run = (name: string) =>
      type(`create --registry myregistry --repository app/web --acr-token ci-pull --serviceaccount default -n ${name}`, world.ports);
    const isAlive = (name: string) => world.azure.knows(world.loginIn(name) ?? { username: "", password: "" });

    const ends = await Promise.all(["a", "b"].map(run));

    const why = story(world, ends, round);
    for (const [at, name] of ["a", "b"].entries()) expect(isAlive(name), why).toBe(ends[at]?.code === 0);
    won += ends.filter(({ code }) => code === 0).length;
    calm();
    for (const name of ["a", "b"]) expect(await run(name), why).toMatchObject({ code: 0, stderr: "" });
    expect(["a", "b"].map(isAlive), why).toEqual([true, true]);
  }
  expect(won).toBeGreaterThan(rounds);
});
