import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { guardedFolder, spawnGuarded } from "../../sandbox/guard.ts";
import { processes, processesOf } from "../support/processes.ts";
import { until } from "../support/until.ts";

test("logs what a program prints, and reports how it ended", async () => {
  const folder = await guardedFolder("guard-test-");
  const log = join(folder.path, "log");

  const program = await spawnGuarded("sh", ["-c", "echo out; echo err >&2; exit 3"], { log });

  expect(await program.exited).toEqual({ code: 3, signal: null });
  expect(await readFile(log, "utf8")).toBe("out\nerr\n");
  await program.stop();
  await folder.remove();
});

test("ends a program that ignores SIGTERM, its children and its guard", async () => {
  const folder = await guardedFolder("guard-test-");
  const program = await spawnGuarded("sh", ["-c", `trap '' TERM; (sleep 98 & wait) & echo up; sleep 99 # ${folder.path}`], {
    log: join(folder.path, "log"),
    grace: 1,
  });
  await until(async () => (await readFile(join(folder.path, "log"), "utf8")) === "up\n");

  await program.stop();

  expect((await program.exited).signal).toBe("SIGKILL");
  // The end of the program's child processes cannot be awaited. On a busy machine a kill takes a moment.
  const ofGroup = new RegExp(`^\\d+ \\(.*\\) [^ZX] \\d+ ${program.pid} `, "s");
  await until(async () => !(await processes()).some(({ stat }) => ofGroup.test(stat)), 5);
  await folder.remove();
  expect(await processesOf(folder.path)).toEqual([]);
});

test("creates a folder for its user only, and removes it with its contents", async () => {
  const folder = await guardedFolder("guard-test-");

  expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
  await folder.remove();
  await folder.remove();
  expect(existsSync(folder.path)).toBe(false);
});

test("ends every program when its parent is killed by SIGKILL", async () => {
  const parent = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", abandoned], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [printed] = await once(parent.stdout, "data");
  const folder = String(printed).trim();
  // The shell, its guard and the shell's child, which takes a moment to start on a busy machine.
  await until(async () => (await processesOf(folder)).length >= 3);

  parent.kill("SIGKILL");

  await until(async () => !existsSync(folder) && (await processesOf(folder)).length === 0);
});

const abandoned = `
  import { guardedFolder, spawnGuarded } from "../../sandbox/guard.ts";
  const { path } = await guardedFolder("guard-test-");
  await spawnGuarded("sh", ["-c", "sleep 97; : " + path], { log: path + "/log" });
  console.log(path);
`;
