import { afterAll, expect, test } from "vitest";
import { applyAll, expectDesired, newAppliedWorlds, stateOf } from "../../support/applied-world.ts";
import { openShell } from "../../support/plugin.ts";
import { applied } from "../../support/situations/applied.ts";

const shell = await openShell();
const worlds = await newAppliedWorlds(shell, applied.length);
afterAll(async () => {
  await worlds.remove();
  await shell.stop();
});
Object.assign(shell.azure.world.longRunning, { retryAfter: 0 });
await Promise.all(["app/api", "base/os"].map((image) => shell.azure.push(`myregistry.azurecr.io/${image}:1`)));

const rows = applied.map(({ first, ...row }, index) => {
  const world = worlds.all[index] ?? expect.unreachable("a world for each row");
  return { ...row, world, first: first?.(world) ?? [] };
});
// One run for all, which costs less than one for each
expect(
  await applyAll(
    shell,
    rows.flatMap(({ first }) => first),
  ),
).toMatchObject({ code: 0 });

test.concurrent.for(rows)(
  "makes the cluster and Azure what the file says, and writes nothing again: $what",
  { timeout: 120_000 },
  async ({ world, first, steps, leaves, besides, again = 0 }) => {
    let [files, said, flags] = [first, "", ""];
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
      expect({ code: run.code, said: run.stdout + said }).toEqual({ code: step.code ?? 0, said: expect.stringMatching(step.says ?? /^/) });
    }
    await expectDesired(world, leaves?.(world) ?? files, besides);

    const before = await stateOf(world);
    const run = await world.apply(files, `${flags} --quiet`);
    expect({ code: run.code, stdout: run.stdout }, run.stderr).toEqual({ code: again, stdout: "" });
    expect(await stateOf(world)).toEqual(before);
  },
);
