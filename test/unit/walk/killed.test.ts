import { expect, test } from "vitest";
import { drawn } from "../../support/sampled.ts";
import { kills } from "./play.ts";
import {
  after,
  copies,
  create,
  disturbed,
  endPassword,
  endsWell,
  fatesUpTo,
  kinds,
  pass,
  rotate,
  scenarios,
  someDisturbances,
  stateOf,
  undisturbed,
  upTo,
} from "./scenarios.ts";

test.for(scenarios.map((one) => [one.what, one] as const))(
  "ends in the same state after a kill at each request: %s",
  { timeout: 120_000 },
  async ([, scenario]) => {
    const ended = await undisturbed(scenario);
    for (const [step, fate] of fatesUpTo(ended.requests, kills)) await endsWell(await disturbed(scenario, step, fate), scenario, ended);
  },
);

const refilling = kinds.flatMap(({ what, kind }) => [
  { what: `rotate, ${what}`, start: [create(kind, copies), pass], line: rotate("0") },
  { what: `create, ${what}`, start: [create(kind, copies), pass, endPassword], line: create(kind, copies) },
]);

test.for(refilling.map((one) => [one.what, one] as const))(
  "leaves no password when a run notes a slot, and another one generates in it a day later, and both are killed: %s",
  async ([, { start, line }]) => {
    const { trace } = await (await after(...start)).alone(line);
    const noted = trace.findIndex((one) => /^(generatePassword|addKey) /.test(one)) + 1;
    for (const step of drawn(upTo(noted), someDisturbances)) {
      const play = await after(...start);
      await play.alone(line, { [noted]: "kill before" });
      play.act(pass);
      await play.alone(line, { [step]: "kill after" });
      play.act(pass);
      const { run } = await play.alone(line);

      play.watch.check();
      expect({ code: run?.code, unknown: stateOf(play).unknown }, play.told("it leaves a password")).toEqual({ code: 0, unknown: 0 });
    }
  },
);
