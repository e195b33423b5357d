import { describe, expect, it } from "vitest";
import { explore, type Situation } from "./explore.ts";

const minutes = 60_000;

describe("no order of steps breaks a property", () => {
  const holds: readonly [string, Situation][] = [
    ["a rotation, a creation and a person, two deaths", { rotations: 1, crashes: 2 }],
    ["a rotation, a creation and a person, two lost answers", { rotations: 1, losses: 2 }],
    ["the same, one of each, with grace 0", { rotations: 1, crashes: 1, losses: 1, grace: 0 }],
    ["the same, on a token of their own", { rotations: 1, crashes: 1, losses: 1, words: ["DERIVED"] }],
    ["the same, on a token of their own, with grace 0", { rotations: 1, crashes: 1, losses: 1, grace: 0, words: ["DERIVED"] }],
    ["two rotations, a death and a lost answer", { creations: 0, persons: 0, crashes: 1, losses: 1 }],
    [
      "two rotations, a death and a lost answer, on a token of their own, with grace 0",
      { creations: 0, persons: 0, crashes: 1, losses: 1, grace: 0, words: ["DERIVED"] },
    ],
    ["two rotations beside a creation, on a token of their own", { persons: 0, rounds: 1, words: ["DERIVED"] }],
    ["two rotations beside a creation, on a token of their own, with grace 0", { persons: 0, rounds: 1, grace: 0, words: ["DERIVED"] }],
  ];

  it.each(holds)("%s", { timeout: 5 * minutes }, async (_, situation) => {
    const { states, steps } = await explore(situation);
    expect(steps).toEqual([]);
    expect(states).toBeGreaterThan(10_000);
  });
});

describe("without one of its rules, or of what is taken for granted, the protocol breaks: the check can fail", () => {
  const fails: readonly [string, string, Situation][] = [
    ["no claim", "a password in use died by our hand", { creations: 0, persons: 0, words: ["NO_CLAIM", "DERIVED"] }],
    ["what was replaced goes early", "a password in use died by our hand", { rotations: 1, creations: 0, persons: 0, words: ["EARLY"] }],
    ["no note on the claim", "prune does not see an orphan", { rotations: 1, creations: 0, persons: 0, crashes: 1, words: ["NO_NOTE"] }],
    [
      "a note that nobody reads",
      "a rerun does not reach the goal",
      { rotations: 1, creations: 0, persons: 0, crashes: 1, words: ["NO_LEFT"] },
    ],
    ["a creation without a claim", "a password in use died by our hand", { persons: 0, words: ["NO_HAND_CLAIM", "DERIVED"] }],
    [
      "a second look that is not in one breath with the mint",
      "a password in use died by our hand",
      { rotations: 1, persons: 0, words: ["APART"] },
    ],
    [
      "a claim that nobody has looked at is written over",
      "prune does not see an orphan",
      { creations: 0, persons: 0, crashes: 1, words: ["NO_CLAIM_SEEN"] },
    ],
    ["rotations that see one cluster of two", "a password in use died by our hand", { creations: 0, persons: 0, scope: 4 }],
    ["no second look", "a password in use died by our hand", { rotations: 1, persons: 0, words: ["NO_LOOK"] }],
    ["no second look, beside a person", "a password that is not ours died by our hand", { rotations: 1, creations: 0, words: ["NO_LOOK"] }],
  ];

  it.each(fails)("%s: %s", { timeout: 2 * minutes }, async (_, property, situation) => {
    const { broken } = await explore(situation);
    expect(broken).toBe(property);
  });
});
