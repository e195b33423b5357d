import { expect, test } from "vitest";
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
  remove,
  rotate,
  type Scenario,
  scenarios,
  undisturbed,
  upTo,
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

test("create ends no login of a later create when a read is answered as of some writes ago", { timeout: 120_000 }, async () => {
  const line = create("", copies);
  // In the writes of its copies
  for (const requests of [16, 17, 18])
    for (const [step, fate] of fatesUpTo(14, lags)) {
      const play = await after(line, pass);
      play.add(rotate("next"), { 8: "kill before" });
      play.add(line);
      play.add(`${remove} --revoke`);
      play.add(line, { [step]: fate });
      await play.play([[0]]);
      await play.pass(600_000);
      await play.play([[1, requests], [2], [3], [1]]);
      play.watch.check();
    }
});

test("create keeps the scope map of a token when an old read hides both", { timeout: 120_000 }, async () => {
  const line = create("", "");
  for (const [step, fate] of upTo(8).flatMap((step) => lags.map((fate) => [step, fate] as const))) {
    const play = await after(line);
    const made = [...play.world.azure.scopeMaps.keys()];
    play.world.cluster.remove("secret", "app", "acr-myregistry");
    play.add(line, { [step]: fate });
    await play.play([[0, 8]]);
    // Azure shows them again
    await play.pass(30_000);
    await play.play([[0]]);
    expect([...play.world.azure.scopeMaps.keys()], play.told("its scope map")).toEqual(made);
  }
});
