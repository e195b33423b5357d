import { test } from "vitest";
import { lags } from "./play.ts";
import {
  after,
  copies,
  create,
  disturbed,
  endsWell,
  fatesUpTo,
  kinds,
  pass,
  rotate,
  type Scenario,
  scenarios,
  undisturbed,
} from "./scenarios.ts";

/** A stale read of its ServiceAccount leaves the annotations of a setup, which has no claim. */
const isClaimed = ({ line }: Scenario) => !line.startsWith("secretless delete");

test.for(scenarios.filter(isClaimed).map((one) => [one.what, one] as const))(
  "holds the guarantees when each read is answered as of some writes ago: %s",
  { timeout: 120_000 },
  async ([, scenario]) => {
    const ended = await undisturbed(scenario);
    for (const [step, fate] of fatesUpTo(ended.requests, lags)) {
      const play = await disturbed(scenario, step, fate);
      await play.pass(60_000);
      await endsWell(play, scenario, ended);
    }
  },
);

test.for(kinds.map(({ what, kind }) => [what, kind] as const))(
  "create ends no password of a rotation that comes first when a read is answered as of some writes ago: %s",
  { timeout: 120_000 },
  async ([, kind]) => {
    const line = create(kind, copies);
    for (const [step, fate] of fatesUpTo(20, lags)) {
      // After the create has read the source
      const play = await after(line, pass);
      play.add(line, { [step]: fate });
      play.add(rotate("next"));
      play.add(rotate("next"));
      await play.play([[0, 5], [1], [2], [0]]);
      play.watch.check();
    }
  },
);
