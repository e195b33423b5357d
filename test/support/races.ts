import { expect, test } from "vitest";
import type { Around } from "./fakes/asked.ts";
import { chanceFrom, delaying } from "./fakes/chance.ts";
import type { FakeWorld } from "./fakes/world.ts";
import { type Run, type, type World } from "./in-process.ts";
import type { Given } from "./rows.ts";

export const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

type Chance = ReturnType<typeof chanceFrom>;
export type Racer = string | ((world: FakeWorld) => Promise<Run>);
export type Raced = { readonly world: FakeWorld; readonly ends: readonly Run[]; readonly round: number; readonly why: string };

/** Runs at the same time in one world, with random delays before and after each call. */
export type Race = {
  readonly does: string;
  readonly open: () => FakeWorld;
  readonly begin?: Given | undefined;
  /** The command lines or functions of a round. */
  readonly racers: readonly Racer[] | ((round: number) => readonly Racer[]);
  readonly rounds?: number | undefined;
  readonly sleep?: World["sleep"] | undefined;
  /** Returns failures of calls and an interruption for each run. */
  readonly trouble?: ((chance: Chance, round: number) => { readonly around: Around; readonly options: () => World }) | undefined;
  /** Checks the world after each round. `why` is for messages. */
  readonly check: (raced: Raced) => unknown;
};

/** Defines a test for each race. */
export function testRaces(races: readonly Race[], rounds: number): void {
  for (const race of races)
    test(`${race.does} (SEED=${seed})`, { timeout: 600_000 }, async () => {
      const most = Number(process.env["ROUNDS"] ?? race.rounds ?? rounds);
      for (let round = 0; round < most; round++) await race.check(await play(race, round));
    });
}

async function play({ open, begin, racers, sleep, trouble }: Race, round: number): Promise<Raced> {
  const world = open();
  await begin?.(world);
  world.asking.forget();
  const chance = chanceFrom(seed + round);
  const calm = [world.asking.around(delaying(chance, 8))];
  const troubles = trouble?.(chance, round);
  if (troubles) calm.push(world.asking.around(troubles.around));
  const all = typeof racers === "function" ? racers(round) : racers;
  const options = () => ({ ...(sleep && { sleep }), ...troubles?.options() });
  const ends = await Promise.all(all.map((racer) => (typeof racer === "string" ? type(racer, world.ports, options()) : racer(world))));
  for (const end of calm) end();
  const { tokens, directory } = world.azure;
  const passwords = JSON.stringify([...tokens].map(([name, token]) => [name, [...token.passwords]]));
  const story = [`SEED=${seed} round ${round}`, JSON.stringify(ends, undefined, 2), ...world.asking.all, passwords];
  return { world, ends, round, why: [...story, JSON.stringify(directory.applications)].join("\n") };
}

/** Checks that every run ended well or with one of the errors that the race permits. */
export function expectEnds({ ends, why }: Raced, may?: RegExp): void {
  const unexpected = ends.filter(({ code, stderr }) => code !== 0 && !(may?.test(stderr) ?? false));
  expect(unexpected, why).toEqual([]);
}
