import { test } from "vitest";
import { failures } from "./play.ts";
import { disturbed, endsWell, fatesUpTo, scenarios, undisturbed } from "./scenarios.ts";

test.for(scenarios.map((one) => [one.what, one] as const))(
  "ends in the same state after each request has failed: %s",
  { timeout: 120_000 },
  async ([, scenario]) => {
    const ended = await undisturbed(scenario);
    for (const [step, fate] of fatesUpTo(ended.requests, failures)) {
      const play = await disturbed(scenario, step, fate);
      // A delayed request is applied by then
      await play.pass(60_000);
      await endsWell(play, scenario, ended);
    }
  },
);
