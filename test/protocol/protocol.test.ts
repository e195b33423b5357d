import { describe, expect, it } from "vitest";
import { sampled } from "../support/sampled.ts";
import { explore, type Situation } from "./explore.ts";

const minutes = 60_000;

describe("keeps the properties in every order of the steps", () => {
  const holds: readonly [string, Situation][] = [
    ["a rotation, a creation and a person, two crashes", { rotations: 1, crashes: 2 }],
    ["a rotation, a creation and a person, two lost answers", { rotations: 1, losses: 2 }],
    ["a rotation, a creation and a person, a crash and a lost answer, grace 0", { rotations: 1, crashes: 1, losses: 1, grace: 0 }],
    [
      "a rotation, a creation and a person, a crash and a lost answer, own token",
      { rotations: 1, crashes: 1, losses: 1, words: ["DERIVED"] },
    ],
    [
      "a rotation, a creation and a person, a crash and a lost answer, own token, grace 0",
      { rotations: 1, crashes: 1, losses: 1, grace: 0, words: ["DERIVED"] },
    ],
    ["two rotations, a crash and a lost answer", { creations: 0, persons: 0, crashes: 1, losses: 1 }],
    [
      "two rotations, a crash and a lost answer, own token, grace 0",
      { creations: 0, persons: 0, crashes: 1, losses: 1, grace: 0, words: ["DERIVED"] },
    ],
    ["two rotations and a creation, own token", { persons: 0, rounds: 1, words: ["DERIVED"] }],
    ["two rotations and a creation, own token, grace 0", { persons: 0, rounds: 1, grace: 0, words: ["DERIVED"] }],
    [
      "a rotation, a person and a tenant, a crash and a lost answer, grace 0",
      { rotations: 1, creations: 0, tenants: 1, crashes: 1, losses: 1, grace: 0 },
    ],
    [
      "a rotation, a creation, a person and a tenant, own token, grace 0",
      { rotations: 1, tenants: 1, rounds: 1, grace: 0, words: ["DERIVED"] },
    ],
    ["two rotations and a tenant, grace 0", { creations: 0, persons: 0, tenants: 1, rounds: 1, grace: 0 }],
    [
      "two rotations and a creation, a cluster that is not selected, own token, grace 0",
      { persons: 0, scope: 3, rounds: 1, grace: 0, words: ["DERIVED"] },
    ],
    [
      "a rotation and a creation, a cluster that is not selected, a crash and a lost answer, grace 0",
      { rotations: 1, persons: 0, scope: 3, crashes: 1, losses: 1, grace: 0 },
    ],
    [
      "two rotations and a person, Secrets that hold both passwords, a crash, grace 0",
      { creations: 0, crashes: 1, grace: 0, thirds: 2, seconds: 8 },
    ],
  ];

  it.each(sampled(holds, 6))("%s", { timeout: 5 * minutes }, async (_, situation) => {
    const { states, steps } = await explore(situation);
    expect(steps).toEqual([]);
    expect(states).toBeGreaterThan(10_000);
  });

  it("keeps the properties with a second team that has a Secret of the same name", { timeout: minutes }, async () => {
    const { states, steps } = await explore({ rotations: 1, creations: 0, persons: 0, teams: 1, grace: 0 }, 0);
    expect(steps).toEqual([]);
    expect(states).toBeGreaterThan(100);
  });
});

const inUse = "a run ended a password in use";
const others = "a run ended a password of another user";

/** A rotation, a person and a tenant with an existing token. */
const tenant: Situation = { rotations: 1, creations: 0, tenants: 1, grace: 0 };

describe("finds the step that violates a property without", () => {
  const fails: readonly [string, string, Situation][] = [
    ["a claim before a password is created", inUse, { creations: 0, persons: 0, words: ["NO_CLAIM", "DERIVED"] }],
    ["waiting for all Secrets before the old password is cleared", inUse, { rotations: 1, creations: 0, persons: 0, words: ["EARLY"] }],
    [
      "the slot in the claim",
      "nothing shows whose a password is",
      { rotations: 1, creations: 0, persons: 0, crashes: 1, words: ["NO_NOTE"] },
    ],
    [
      "reading the slot of an ended claim",
      "two passwords are left over",
      { rotations: 1, crashes: 1, losses: 1, grace: 0, words: ["NO_LEFT", "DERIVED"] },
    ],
    ["a claim of a creation", inUse, { persons: 0, words: ["NO_HAND_CLAIM", "DERIVED"] }],
    [
      "counting a claim on a Secret that has no password yet",
      inUse,
      { rotations: 1, persons: 0, grace: 0, words: ["PROVEN_CLAIMS", "DERIVED"] },
    ],
    ["creating the password right after the second read", inUse, { rotations: 1, persons: 0, words: ["APART"] }],
    [
      "reading a claim before it is replaced",
      "nothing shows whose a password is",
      { creations: 0, persons: 0, crashes: 1, words: ["NO_CLAIM_SEEN"] },
    ],
    ["a second read of the token", inUse, { rotations: 1, persons: 0, words: ["NO_LOOK"] }],
    ["a second read of the token, with a person", others, { rotations: 1, creations: 0, words: ["NO_LOOK"] }],
    ["counting a Secret with the label of another tool", inUse, { ...tenant, words: ["LABEL_OWNS"] }],
    ["counting a Secret without the annotation", inUse, { ...tenant, words: ["NO_CONFIG"] }],
    ["comparing the annotation with the passwords in Azure", inUse, { ...tenant, words: ["NO_SHOWN"] }],
    ["checking the label before a write", "a run wrote a Secret of another tool", { ...tenant, words: ["WRITE_FOREIGN"] }],
    ["the limit on the end of a claim", "a run waits for a claim that never ends", { ...tenant, words: ["NO_BOUND"] }],
    ["ignoring the slot of an ended claim on a named token", others, { ...tenant, words: ["ANY_LEFT"] }],
    ["a tenant who has only one of several Secrets", inUse, { ...tenant, rotations: 2, persons: 0, words: ["TENANT_AT=0"] }],
    ["counting a cluster that is not selected", inUse, { rotations: 1, persons: 0, scope: 3, grace: 0, words: ["NO_OUTSIDE", "DERIVED"] }],
    [
      "adding a cluster to the description before the password is read",
      "a run wrote a password that had ended",
      { rotations: 1, persons: 0, scope: 3, grace: 0, words: ["LATE_NAME", "DERIVED"] },
    ],
    [
      "a token name for each team",
      "a team gets no credential of its own",
      { rotations: 0, creations: 0, persons: 0, teams: 1, words: ["ONE_NAME"] },
    ],
    [
      "adding repositories only if every holder is selected",
      "a team widened the credential of another team",
      { rotations: 0, creations: 0, persons: 0, teams: 1, words: ["ADD_ALWAYS"] },
    ],
    [
      "giving the newest password to Secrets that hold both",
      "one more run does not succeed",
      { rotations: 1, creations: 0, persons: 0, thirds: 2, seconds: 8, words: ["NO_TOGETHER"] },
    ],
  ];

  it.each(fails)("%s: %s", { timeout: 2 * minutes }, async (_, property, situation) => {
    const { broken } = await explore(situation, 0);
    expect(broken).toBe(property);
  });
});
