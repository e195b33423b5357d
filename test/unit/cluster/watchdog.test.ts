import type { ChildProcess } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { end, watched } from "../../../src/cluster/watchdog.ts";

test("a program that has no pipes, since no more files may be opened, is ended all the same", () => {
  expect(() => end({ spawnfile: "/bin/sh" } as ChildProcess)).not.toThrow();
});

test("keeps a program running when the terminal is closed, which sends SIGHUP to each process", async () => {
  const args = ["-c", "kill -HUP $$; echo runs"];
  const child = watched({ file: "/bin/sh", args, env: process.env, stdin: "ignore", platform: "linux" });

  expect(child.stdout && (await text(child.stdout))).toBe("runs\n");
});
