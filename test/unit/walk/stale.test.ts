import { test } from "vitest";
import { lags } from "./play.ts";
import { disturbed, endsWell, type Scenario, scenarios, undisturbed, upTo } from "./scenarios.ts";

/** A stale read of its ServiceAccount leaves the annotations of a setup, which has no claim. */
const isClaimed = ({ line }: Scenario) => !line.startsWith("secretless delete");

test.for(scenarios.filter(isClaimed).map((one) => [one.what, one] as const))(
  "holds the guarantees when each read is answered as of some writes ago: %s",
  { timeout: 120_000 },
  async ([, scenario]) => {
    const ended = await undisturbed(scenario);
    for (const step of upTo(ended.requests))
      for (const fate of lags) {
        const play = await disturbed(scenario, step, fate);
        await play.pass(60_000);
        await endsWell(play, scenario, ended);
      }
  },
);
