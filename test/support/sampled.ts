import { createHash } from "node:crypto";
import { expect } from "vitest";
import { chanceFrom } from "./fakes/chance.ts";

/** Whether this run uses every row: in the release gate (`npm run test:release`), or with `GATE=release npm test -- azure`. */
export const takesAll = process.env["GATE"] === "release";

/**
 * Returns all rows in the release gate, and a sample in the test gate: the rows that `some` selects, or `some` rows at even distances.
 * Every run of a gate uses the same rows.
 */
export function sampled<T>(rows: readonly T[], some: number | ((row: T) => boolean)): readonly T[] {
  if (takesAll) return rows;
  if (typeof some === "function") return rows.filter(some);
  const step = (index: number) => Math.floor((index * some) / rows.length);
  return rows.filter((_, index) => step(index) !== step(index - 1));
}

/** The seed of {@link drawn}. scripts/test.ts prints it. */
const seed = Number(process.env["SEED"] ?? process.env["SAMPLE"] ?? 1);
/** How often each test has drawn rows. */
const draws = new Map<string, number>();

/**
 * Returns all rows in the release gate, and `some` rows in the test gate, in their order. Each run draws other rows, unless it has the same
 * seed. Each test draws rows of its own.
 */
export function drawn<T>(rows: readonly T[], some: number): readonly T[] {
  if (takesAll || rows.length <= some) return rows;
  const name = expect.getState().currentTestName ?? "";
  const count = draws.get(name) ?? 0;
  draws.set(name, count + 1);
  const chance = chanceFrom(createHash("sha256").update(`${seed} ${name} ${count}`).digest().readUInt32LE());
  const chosen = new Set<number>();
  while (chosen.size < some) chosen.add(Math.floor(chance(rows.length)));
  return rows.filter((_, index) => chosen.has(index));
}
