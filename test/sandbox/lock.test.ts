import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { guardedFolder } from "../../sandbox/guard.ts";
import { exclusively } from "../../sandbox/lock.ts";

async function newLock(): Promise<string> {
  const folder = await guardedFolder("lock-test-");
  onTestFinished(folder.remove);
  return join(folder.path, "lock");
}

test("runs one after another, and removes the lock at the end", async () => {
  const path = await newLock();
  const seen: string[] = [];
  let waits = 0;

  const results = await Promise.all(
    [1, 2, 3, 4].map((worker) =>
      exclusively(
        path,
        () => waits++,
        async () => {
          seen.push(`${worker} begins`);
          await sleep(30);
          seen.push(`${worker} ends`);
          return worker;
        },
      ),
    ),
  );

  expect(results).toEqual([1, 2, 3, 4]);
  expect(seen.filter((_, index) => index % 2 === 0)).toHaveLength(4);
  for (let index = 0; index < seen.length; index += 2) expect(seen[index + 1]).toBe(seen[index]?.replace("begins", "ends"));
  expect(waits).toBeGreaterThanOrEqual(3);
  expect(existsSync(path)).toBe(false);
});

test("releases the lock when the work fails", async () => {
  const path = await newLock();

  await expect(
    exclusively(
      path,
      () => {},
      () => Promise.reject(new Error("failed")),
    ),
  ).rejects.toThrow("failed");
  expect(
    await exclusively(
      path,
      () => {},
      async () => "next",
    ),
  ).toBe("next");
});

test("releases the lock when its process is killed", async () => {
  const path = await newLock();
  const holder = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "-e",
      `
      import { exclusively } from "../../sandbox/lock.ts";
      await exclusively(${JSON.stringify(path)}, () => {}, () => new Promise(() => {
        console.log("has it");
        setInterval(() => {}, 1000);
      }));`,
    ],
    { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(holder.stdout, "data");
  let waited = false;
  const next = exclusively(
    path,
    () => {
      waited = true;
      holder.kill("SIGKILL");
    },
    async () => "has it now",
  );

  expect(await next).toBe("has it now");
  expect(waited).toBe(true);
});
