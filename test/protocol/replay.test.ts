import { describe, expect, test } from "vitest";
import { takesAll } from "../support/sampled.ts";
import { replay, type Situation, type Trace } from "./explore.ts";
import { type Actor, type Beginning, type Kill, play } from "./recording.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const rounds = Number(process.env["ROUNDS"] ?? (takesAll ? 4 : 2));
const minutes = 60_000;

const beginnings: readonly Beginning[] = [true, false].flatMap((third) => [true, false].map((rotated) => ({ third, rotated })));

type Company = { readonly what: string; readonly actors: readonly Actor[]; readonly grace: 0 | 1 };

const traceOf = (steps: readonly string[], { third, rotated }: Beginning): Trace => ({ steps, ref: third ? 1 : 0, slots: rotated ? 6 : 2 });

/** Returns the situation of the model with the same actors. */
function situationOf({ actors, grace }: Company, more: Situation = {}): Situation {
  const many = (actor: Actor) => actors.filter((one) => one === actor).length as 0 | 1;
  return { rotations: many("rotate"), creations: 0, persons: many("person"), grace, rounds: 3, ...more };
}

const distinct = (traces: readonly Trace[]): Trace[] => [...new Map(traces.map((one) => [JSON.stringify(one), one])).values()];

const races: readonly Company[] = [
  { what: "two rotations", actors: ["rotate", "rotate"], grace: 1 },
  { what: "two rotations, grace 0", actors: ["rotate", "rotate"], grace: 0 },
  { what: "a rotation and a person", actors: ["rotate", "person"], grace: 1 },
  { what: "two rotations and a person", actors: ["rotate", "rotate", "person"], grace: 1 },
];

describe("accepts the steps of concurrent runs in the model", () => {
  test.for(races)("$what", { timeout: 5 * minutes }, async (company) => {
    const traces: Trace[] = [];
    for (let round = 0; round < rounds; round++)
      for (const beginning of beginnings) {
        const { steps, granted } = await play(company.actors, beginning, { seed: seed + round, grace: company.grace });
        if (granted) traces.push(traceOf(steps, beginning));
      }
    expect(traces.length).toBeGreaterThan(rounds);
    await allReplay(distinct(traces), situationOf(company));
  });
});

async function allReplay(traces: readonly Trace[], situation: Situation): Promise<void> {
  const ends = await replay(traces, situation);
  const not = traces.flatMap((trace, at) => (ends[at] === "replayed" ? [] : [{ end: ends[at], ...trace }]));
  expect({ seed, not }).toEqual({ seed, not: [] });
}

/** Returns the traces of a run that is killed at each of its requests, each followed by a rotation. */
async function killedAnywhere(actor: Actor, beginning: Beginning): Promise<Trace[]> {
  const traces: Trace[] = [];
  for (let at = 1; ; at++) {
    const kills: Kill[] = [false, true].map((after) => ({ at, after }));
    const played = await Promise.all(kills.map((kill) => play([actor], beginning, { seed, grace: 0, kills: kill })));
    traces.push(...played.map(({ steps }) => traceOf(steps, beginning)));
    if (played.every(({ ends: [first] }) => first?.code !== 137)) return distinct(traces);
  }
}

test("accepts the steps of a rotation that is killed at any request, and of the next run, in the model", {
  timeout: 5 * minutes,
}, async () => {
  const traces: Trace[] = [];
  for (const beginning of beginnings) traces.push(...(await killedAnywhere("rotate", beginning)));
  expect(traces.some(({ steps }) => steps.some((step) => step.startsWith("DIES")))).toBe(true);
  await allReplay(traces, situationOf({ what: "", actors: ["rotate"], grace: 0 }, { crashes: 1 }));
});

type Steps = readonly string[];

const without = (steps: Steps, at: number): Steps => steps.toSpliced(at, 1);
const moved = (steps: Steps, from: number, to: number): Steps => without(steps, from).toSpliced(to, 0, steps[from] ?? "");
const first = (steps: Steps, word: string) => steps.findIndex((step) => step.startsWith(word));

/** Changes to the trace of a run, each of which results in a trace that no run may take. */
const tampered: Readonly<Record<string, (steps: Steps) => Steps>> = {
  "it claims nothing": (steps) => without(steps, first(steps, "CLAIMS")),
  "it makes nothing": (steps) => without(steps, first(steps, "MAKES")),
  "it makes the other password": (steps) => steps.with(first(steps, "MAKES"), "MAKES(0, 1)"),
  "it makes the password before it claims": (steps) => moved(steps, first(steps, "MAKES"), first(steps, "CLAIMS")),
  "it writes the password before it is made": (steps) => moved(steps, first(steps, "WRITES"), first(steps, "MAKES")),
  "it writes another Secret before the one that it has claimed": (steps) =>
    moved(steps, first(steps, "WRITES(0, 1"), first(steps, "WRITES(0, 0")),
  "it leaves a Secret out, and ends well": (steps) => without(steps, first(steps, "WRITES(0, 2")),
  "it writes twice": (steps) => steps.toSpliced(first(steps, "WRITES"), 0, "WRITES(0, 0, 2)"),
  "it retires nothing": (steps) => without(steps, first(steps, "CLEARS")),
  "it retires the password before all have the new one": (steps) => moved(steps, first(steps, "CLEARS"), first(steps, "WRITES(0, 2")),
  "it retires the new password": (steps) => steps.with(first(steps, "CLEARS"), "CLEARS(0, 2)"),
  "it does not end": (steps) => without(steps, first(steps, "ENDS")),
  "it ends in an error": (steps) => steps.with(first(steps, "ENDS"), "ENDS_ELSE(0)"),
};

test("rejects a trace with a changed step", { timeout: 5 * minutes }, async () => {
  const company: Company = { what: "", actors: ["rotate"], grace: 0 };
  const beginning = { third: true, rotated: false };
  const { steps } = await play(company.actors, beginning, { seed, grace: 0 });
  expect([...steps].sort()).toEqual(
    ["CLAIMS(0, 0, 2)", "MAKES(0, 2)", "WRITES(0, 0, 2)", "WRITES(0, 1, 2)", "WRITES(0, 2, 2)", "CLEARS(0, 1)", "ENDS_WELL(0)"].sort(),
  );
  const all = { "it is unchanged": steps, ...Object.fromEntries(Object.entries(tampered).map(([what, change]) => [what, change(steps)])) };

  const ends = await replay(
    Object.values(all).map((one) => traceOf(one, beginning)),
    situationOf(company),
  );

  const is = Object.fromEntries(Object.keys(all).map((what, at) => [what, ends[at]]));
  expect(is).toEqual({ "it is unchanged": "replayed", ...Object.fromEntries(Object.keys(tampered).map((what) => [what, "refused"])) });
});
