import { afterAll, expect, test } from "vitest";
import { applyAll, expectDesired, newAppliedWorlds, scheduledWorld, stateOf } from "../../support/applied-world.ts";
import { openShell } from "../../support/plugin.ts";
import { takesAll } from "../../support/sampled.ts";
import { applied, inCluster } from "../../support/situations/applied.ts";

type By = { readonly by: string; readonly isScheduled?: true; readonly isNamed?: true };

/** The release gate also has each as the ServiceAccount that `schedule -f` prints, with rights in the cluster or in each namespace. */
const runners: readonly By[] = [
  { by: "an administrator" },
  { by: "the CronJob of a file with labels", isScheduled: true },
  { by: "the CronJob of a file with names", isScheduled: true, isNamed: true },
];
const situations = runners
  .slice(0, takesAll ? undefined : 1)
  .flatMap((runner) => applied.map((row) => ({ ...(runner.isScheduled ? inCluster(row, runner.isNamed === true) : row), ...runner })));

const shell = await openShell();
const worlds = await newAppliedWorlds(shell, situations.length);
afterAll(async () => {
  await worlds.remove();
  await shell.stop();
});
Object.assign(shell.azure.world.longRunning, { retryAfter: 0 });
await Promise.all(["app/api", "base/os"].map((image) => shell.azure.push(`myregistry.azurecr.io/${image}:1`)));

const rows = situations.map(({ first, ...row }, index) => {
  const world = worlds.all[index] ?? expect.unreachable("a world for each row");
  const { isScheduled, isNamed = false } = row;
  const scheduled = isScheduled && scheduledWorld(world, isNamed);
  return { ...row, world: scheduled ?? world, scheduled, first: first?.(world) ?? [] };
});
// One run for all, which costs less than one for each
expect(
  await applyAll(
    shell,
    rows.flatMap(({ first }) => first),
  ),
).toMatchObject({ code: 0 });

/** Returns the rights that the API server named in its refusals. */
const lackedIn = (said: string) => [
  ...new Set([...said.matchAll(/ cannot (\w+) resource "(\S+)"/g)].map(([, verb, resource]) => `${verb} ${resource}`)),
];

test.concurrent.for(rows)(
  "makes the cluster and Azure what the file says, and writes nothing again, by $by: $what",
  { timeout: 120_000 },
  async ({ world, scheduled, first, steps, leaves, besides, again = 0 }, { onTestFinished }) => {
    let [files, said, flags] = [first, "", ""];
    onTestFinished(async () => await scheduled?.removeSchedule());
    if (first.length > 0) await scheduled?.schedule(first);
    for (const step of steps) {
      await step.happens?.(world);
      files = step.files?.(world) ?? files;
      ({ flags = "" } = step);
      if (step.instead) {
        await step.instead(world, said);
        continue;
      }
      const run = await world.apply(files, flags);
      said = run.stderr;
      const { code = 0, says = /^/, lacks = [] } = step;
      const wanted = { code, said: expect.stringMatching(says), lacks };
      expect({ code: run.code, said: run.stdout + said, lacks: lackedIn(said) }).toEqual(wanted);
    }
    await expectDesired(world, leaves?.(world) ?? files, besides);

    const before = await stateOf(world);
    const run = await world.apply(files, `${flags} --quiet`);
    expect({ code: run.code, stdout: run.stdout }, run.stderr).toEqual({ code: again, stdout: "" });
    expect(await stateOf(world)).toEqual(before);
  },
);
