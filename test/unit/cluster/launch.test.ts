import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { launchProxy, release } from "../../../src/cluster/launch.ts";

/** Launches a kubectl that serves nobody and waits, in a temporary folder of its own. */
async function launch(platform: NodeJS.Platform) {
  const folder = await mkdtemp(join(tmpdir(), "launch-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "kubectl");
  await writeFile(file, '#!/bin/sh\necho "$@"\nexec sleep 60\n');
  await chmod(file, 0o755);
  const launched = launchProxy({ file, flags: ["--as=jane"], env: { PATH: process.env.PATH, TMPDIR: folder }, stdin: "ignore", platform });
  const [printed] = await once(launched.child.stdout ?? launched.child, "data");
  return { folder, launched, printed: String(printed) };
}

test("released, it goes with its socket's folder", async () => {
  const { folder, launched, printed } = await launch("linux");
  const [socket = ""] = (await readdir(folder)).filter((name) => name !== "kubectl");
  expect(printed).toBe(`proxy --unix-socket=${folder}/${socket}/s --append-server-path --as=jane\n`);

  release(launched);
  release(launched);

  await once(launched.child, "exit");
  expect(await readdir(folder)).toEqual(["kubectl"]);
});

test("where there is no watchdog, it is ended by us", async () => {
  const { folder, launched, printed } = await launch("win32");
  expect(printed).toBe(`proxy --port=0 --api-prefix=${launched.prefix}/ --append-server-path --as=jane\n`);

  release(launched);

  expect(await once(launched.child, "exit")).toEqual([null, "SIGTERM"]);
  expect(await readdir(folder)).toEqual(["kubectl"]);
});

test("what cannot be run is told to whoever waits", async () => {
  const { failure } = launchProxy({ file: "/no/such/kubectl", flags: [], env: {}, stdin: "ignore", platform: "win32" });

  await expect(failure).rejects.toMatchObject({ code: "ENOENT" });
});
