import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { chanceFrom } from "../support/fakes/chance.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../support/fakes/world.ts";
import { type Run, type } from "../support/in-process.ts";
import { takesAll } from "../support/sampled.ts";
import { portsOf, startTestWorld } from "./world.ts";

const world = startTestWorld();
beforeAll(() => world.azure.push("myregistry.azurecr.io/app/web:1"));

const seed = Number(process.env["SEED"] ?? (takesAll ? Math.floor(Math.random() * 1e9) : 1));
const line = "create --registry myregistry --repository app/web --serviceaccount default";

const inAzure = () => {
  const [registry] = world.azure.world.registries;
  if (!registry) throw new Error("no registry");
  return registry;
};

/** Returns what was created in Azure for a namespace. The names begin with the namespace's name. */
function madeFor(namespace: string): string[] {
  const { tokens, scopeMaps } = inAzure();
  const all = [...tokens.map(({ name }) => ["token", name]), ...scopeMaps.map(({ name }) => ["scope map", name])] as const;
  return all.flatMap(([kind, name]) => (name?.startsWith(`${namespace}-`) ? `${kind} ${name}` : []));
}

/** Runs a command line several times concurrently. Each request has a random delay. */
async function race(many: number, round: number): Promise<{ in_: FakeWorld; ends: Run[]; namespace: string }> {
  const chance = chanceFrom(seed + round);
  const in_ = fakeWorld();
  const namespace = `round-${round}`;
  addNamespaces(in_.cluster, namespace);
  in_.asking.around(async (_, next) => {
    await wait(chance(6));
    return next();
  });
  // Runs that wait for another one give up after ten minutes: on a busy machine, that must take longer than a run
  const ports = { ...in_.ports, ...portsOf(world, (milliseconds) => wait(milliseconds / 50)) };
  const ends = await Promise.all(Array.from({ length: many }, () => type(`${line} -n ${namespace}`, ports)));
  return { in_, ends, namespace };
}

function pulls(login: { username: string; password: string } | undefined): boolean {
  const token = inAzure().tokens.find(({ name }) => name === login?.username);
  return Object.values(token?.passwords ?? {}).some((one) => one?.value === login?.password);
}

// The walk interleaves two runs at each of their requests (test/unit/walk/pairs.test.ts).
test.for([{ many: 4, rounds: takesAll ? 50 : 10 }])(
  `$rounds rounds of $many creates at once: each time the Secret pulls, and nothing else is left (SEED=${seed})`,
  { timeout: 600_000 },
  async ({ many, rounds }) => {
    const chance = chanceFrom(seed);
    world.azure.faults.add({ kind: "slow", path: /./, milliseconds: () => chance(8) });
    // The runs wait for each other, and not for Azure
    world.azure.faults.add({ kind: "replication", of: "tokenPasswords", milliseconds: 0 });
    const atOnce = 5;
    for (let round = 0; round < rounds; round += atOnce)
      await Promise.all(Array.from({ length: atOnce }, (_, one) => isWon(many, many * 1000 + round + one)));
  },
);

async function isWon(many: number, round: number): Promise<void> {
  const { in_, ends, namespace } = await race(many, round);
  const login = in_.loginIn(namespace);
  const why = JSON.stringify({ seed, round, ends, writes: in_.asking.writes }, undefined, 2);
  expect(pulls(login), why).toBe(true);
  expect(new Set(ends.map(({ code }) => code)), why).toEqual(new Set([0]));
  expect(madeFor(namespace), why).toEqual([`token ${login?.username}`, `scope map ${login?.username}`]);
}

test(`creates one application when two runs create it in one second (SEED=${seed})`, { timeout: 120_000 }, async () => {
  const chance = chanceFrom(seed);
  world.azure.faults.add({ kind: "slow", path: /\/applications/, milliseconds: () => chance(150) });
  const atOnce = 5;
  for (let round = 0; round < (takesAll ? 40 : 10); round += atOnce)
    await Promise.all(Array.from({ length: atOnce }, (_, one) => sharesApplication(round + one)));
});

/** Graph lists whole seconds, so the pauses of these runs are real. */
async function sharesApplication(round: number): Promise<void> {
  const ports = portsOf(world, wait);
  const name = `ci-${seed}-${round}`;
  const ends = await Promise.all(
    ["a", "b"].map((namespace) => {
      const in_ = fakeWorld();
      addNamespaces(in_.cluster, namespace);
      return type(`create --registry myregistry --service-principal ${name} -n ${namespace}`, { ...in_.ports, ...ports });
    }),
  );

  const made = world.azure.world.applications.filter(({ displayName }) => displayName === name);
  const principals = world.azure.world.servicePrincipals.filter(({ displayName }) => displayName === name);
  const why = JSON.stringify({ seed, round, ends }, undefined, 2);
  expect(
    ends.map(({ code }) => code),
    why,
  ).toEqual([0, 0]);
  expect([made.length, principals.length, made[0]?.secrets.length], why).toEqual([1, 1, 2]);
}
