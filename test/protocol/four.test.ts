import { expect, test } from "vitest";
import { explore, type Situation } from "./explore.ts";

const minutes = 60_000;

/** Two of the nine initial states: the third Secret does not exist, and the second slot is empty or has the previous password. */
const plain = { thirds: 1, seconds: 3 };

/** Two rotations, a creation and a person concurrently. Long explorations need PROTOCOL=all. */
const holds: readonly { readonly what: string; readonly situation: Situation; readonly long?: true }[] = [
  { what: "a crash", situation: { crashes: 1, ...plain } },
  { what: "a crash, from every initial state", situation: { crashes: 1 }, long: true },
  { what: "a lost response, from every initial state", situation: { losses: 1 }, long: true },
  { what: "a crash, own token", situation: { crashes: 1, ...plain, words: ["DERIVED"] }, long: true },
  { what: "a cluster that is not selected, own token, grace 0", situation: { scope: 3, grace: 0, words: ["DERIVED"] }, long: true },
];

const wanted = holds.filter(({ long }) => !long || process.env["PROTOCOL"] === "all");

test.for(wanted)(
  "keeps the properties with two rotations, a creation and a person: $what",
  { timeout: 60 * minutes },
  async ({ situation }) => {
    const { states, steps } = await explore({ rounds: 1, ...situation }, 2);
    expect(steps).toEqual([]);
    expect(states).toBeGreaterThan(1_000_000);
  },
);
