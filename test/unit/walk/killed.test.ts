import { test } from "vitest";
import { kills } from "./play.ts";
import { disturbed, endsWell, scenarios, undisturbed, upTo } from "./scenarios.ts";

test.for(scenarios.map((one) => [one.what, one] as const))(
  "ends in the same state after a kill at each request: %s",
  { timeout: 120_000 },
  async ([, scenario]) => {
    const ended = await undisturbed(scenario);
    for (const step of upTo(ended.requests))
      for (const fate of kills) await endsWell(await disturbed(scenario, step, fate), scenario, ended);
  },
);
