import { expect, test } from "vitest";
import { explore, type Situation } from "./explore.ts";

const minutes = 60_000;

/** Two of the nine beginnings: the third Secret is not there, and the second slot is empty, or has the password before. */
const plain = { thirds: 1, seconds: 3 };

/** Two rotations, a creation and a person, all at once. What takes long is explored where somebody asks for it. */
const holds: readonly { readonly what: string; readonly situation: Situation; readonly long?: true }[] = [
  { what: "a death", situation: { crashes: 1, ...plain } },
  { what: "a death, from every beginning", situation: { crashes: 1 }, long: true },
  { what: "a lost answer, from every beginning", situation: { losses: 1 }, long: true },
  { what: "a death, on a token of their own", situation: { crashes: 1, ...plain, words: ["DERIVED"] }, long: true },
];

const wanted = holds.filter(({ long }) => !long || process.env["PROTOCOL"] === "all");

test.for(wanted)("with all four, no order of steps breaks a property: $what", { timeout: 60 * minutes }, async ({ situation }) => {
  const { states, steps } = await explore({ rounds: 1, ...situation }, 2);
  expect(steps).toEqual([]);
  expect(states).toBeGreaterThan(1_000_000);
});
