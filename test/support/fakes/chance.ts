import type { Around } from "./asked.ts";

/** Numbers from 0 to below `below`, the same for the same seed (mulberry32). */
export function chanceFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Lets a few turns of everything else pass before a call reaches its server, and before its answer comes back. */
export function delaying(chance: (below: number) => number, most: number): Around {
  const turns = async () => {
    for (let left = chance(most); left > 0; left--) await new Promise(setImmediate);
  };
  return async (_, next) => {
    await turns();
    try {
      return await next();
    } finally {
      await turns();
    }
  };
}
