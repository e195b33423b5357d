import type { ChildProcess } from "node:child_process";
import { expect, test } from "vitest";
import { end } from "../../../src/cluster/watchdog.ts";

test("a program that has no pipes, since no more files may be opened, is ended all the same", () => {
  expect(() => end({ spawnfile: "/bin/sh" } as ChildProcess)).not.toThrow();
});
