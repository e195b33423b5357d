import { expect, test } from "vitest";
import { playRound } from "./play-round.ts";
import { draw } from "./round.ts";
import { kindOf, shorten, told } from "./shorten.ts";

// npm run test:release -- --swarm=10m [--seed=N]: short rounds, each with a seed of its own. --seed=N plays the round N first.

const first = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const [, count = "60", unit = "s"] = /^(\d+)(s|m|h)$/.exec(process.env["SWARM"] ?? "60s") ?? [];
const duration = Number(count) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 0);

/** Milliseconds to shorten one failure. */
const toShorten = 30_000;
/** After so many kinds of failures, the swarm ends. */
const most = 8;

test(`keeps the guarantees in each round of ${count} ${unit} of a swarm`, { timeout: duration + (most + 1) * toShorten }, async () => {
  const failures = new Map<string, string>();
  const began = performance.now();
  let seed = first;
  let late = 0;
  while (performance.now() - began - late < duration && failures.size < most) {
    const round = draw(seed++);
    const failure = await playRound(round);
    if (failure === undefined || failures.has(kindOf(failure))) continue;
    const start = performance.now();
    const short = await shorten(round, failure, start + toShorten);
    late += performance.now() - start;
    failures.set(kindOf(failure), `${told(short.round)}\n${short.failure}`);
    console.log(failures.get(kindOf(failure)));
  }
  console.log(`${seed - first} rounds from --seed=${first}`);
  expect([...failures.keys()]).toEqual([]);
});
