import { expect, test } from "vitest";
import { failures, Play } from "./play.ts";
import { create, disturbed, endsWell, fatesUpTo, scenarios, undisturbed } from "./scenarios.ts";

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

test("create deletes no application that another run uses when its claim ends in the reversal", { timeout: 120_000 }, async () => {
  const line = create(" --service-principal", "");
  const { programs } = await played([line], [[0]]);
  const proof = (programs[0]?.trace.findIndex((one) => one.startsWith("prove")) ?? 0) + 1;
  const failed = await played([line, { [proof]: "dropped" }], [[0]]);
  const requests = failed.programs[0]?.trace.length ?? 0;
  expect([proof > 1, requests > proof]).toEqual([true, true]);
  for (let step = proof; step < requests; step++) {
    // The other run waits until the claim has ended
    const play = await played([line, { [proof]: "dropped" }], [[0, step], [1], [0]], line);
    play.watch.check();
  }
});

/** Plays a disturbed run, and others. */
async function played(
  [line, fates]: readonly [string, Parameters<Play["add"]>[1]?],
  turns: Parameters<Play["play"]>[0],
  ...others: string[]
) {
  const play = new Play();
  play.add(line, fates);
  for (const other of others) play.add(other);
  await play.play(turns);
  return play;
}
