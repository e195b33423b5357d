import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import { end, findKubectl, launchProxy, startError, watched } from "../../../src/kube/kubectl.ts";
import { newFolder } from "../../support/new-folder.ts";

/** Creates three folders for PATH. They contain a folder with the program's name, a file that is not executable, and the program. */
async function path(): Promise<string> {
  const root = await newFolder();
  await mkdir(`${root}/folder/kubectl`, { recursive: true });
  for (const [name, mode] of [
    ["text", 0o644],
    ["program", 0o755],
  ] as const) {
    await mkdir(`${root}/${name}`);
    await writeFile(`${root}/${name}/kubectl`, "");
    await chmod(`${root}/${name}/kubectl`, mode);
  }
  return root;
}

test("finds the first executable file on PATH", async () => {
  const root = await path();
  const folders = ["folder", "text", "program"].map((name) => `${root}/${name}`);

  expect(findKubectl({ PATH: folders.join(":") }, "linux")).toBe(`${root}/program/kubectl`);
  expect(findKubectl({ PATH: folders.slice(0, 2).join(":") }, "linux")).toBeUndefined();
});

test("prefers the kubectl in KUBECTL_PATH when it is executable", async () => {
  const root = await path();
  const env = { PATH: `${root}/program` };

  expect(findKubectl({ ...env, KUBECTL_PATH: "/bin/sh" }, "linux")).toBe("/bin/sh");
  expect(findKubectl({ ...env, KUBECTL_PATH: `${root}/folder` }, "linux")).toBe(`${root}/program/kubectl`);
});

const flags = ["--context=prod", "--as=jane", "--as-group=a b"];

/** Prints each argument on a separate line, and waits. */
const waiting = "printf '%s\\n' \"$@\"\nexec sleep 60\n";

/** Starts a kubectl that is a shell script in a new temporary folder, and waits for its first output. */
async function launch(script: string, platform: NodeJS.Platform = "linux") {
  const folder = await newFolder();
  const file = join(folder, "kubectl");
  await writeFile(file, `#!/bin/sh\n${script}`);
  await chmod(file, 0o755);
  const launched = launchProxy({ file, flags, env: { PATH: process.env.PATH, TMPDIR: folder }, stdin: "ignore", platform });
  const [printed] = await once(launched.child.stdout ?? launched.child, "data");
  return { folder, launched, printed: String(printed) };
}

/** Whether a process exists and is not a zombie (Linux: /proc). */
const runs = (pid: string) =>
  readFile(`/proc/${pid}/stat`, "utf8")
    .then((stat) => !/\) [ZX] /.test(stat))
    .catch(() => false);

test("starts kubectl with every flag and a private socket, and removes both when it ends", async () => {
  const { folder, launched, printed } = await launch(waiting);
  const [socket = ""] = (await readdir(folder)).filter((name) => name !== "kubectl");
  expect(printed.trim().split("\n")).toEqual(["proxy", `--unix-socket=${folder}/${socket}/s`, "--append-server-path", ...flags]);

  end(launched.child);
  end(launched.child);

  await once(launched.child, "exit");
  expect(await readdir(folder)).toEqual(["kubectl"]);
});

test.for([
  { what: "a wrapper", script: "/bin/sh -c 'echo $$; exec sleep 60'\n" },
  { what: "a wrapper that restarts it", script: "while :; do /bin/sh -c 'echo $$; exec sleep 60'; done\n" },
  { what: "two wrappers", script: "/bin/sh -c '/bin/sh -c \"echo \\$\\$; exec sleep 60\"; true'\n" },
  { what: "a wrapper with sessions of its own", script: "setsid --wait /bin/sh -c 'echo $$; exec sleep 60'\n" },
])("ends a kubectl that was started by $what", async ({ script }) => {
  const { folder, launched, printed } = await launch(script);
  expect(await runs(printed.trim())).toBe(true);

  end(launched.child);

  await once(launched.child, "exit");
  await vi.waitFor(async () => expect(await runs(printed.trim())).toBe(false));
  expect(await readdir(folder)).toEqual(["kubectl"]);
});

test("ends kubectl while a wrapper starts it", { timeout: 120_000 }, async () => {
  for (let round = 0; round < 20; round++) {
    // The script prints its output right before it starts the program.
    const { launched } = await launch("echo now\nsleep 60\n");

    end(launched.child);

    await once(launched.child, "exit");
    // A remaining process would hold its end of the pipe open.
    if (!launched.child.stdout?.closed) await once(launched.child.stdout?.resume() ?? launched.child, "close");
  }
});

test("ends kubectl itself when there is no watchdog", async () => {
  const { folder, launched, printed } = await launch(waiting, "win32");
  expect(printed.trim().split("\n")).toEqual(["proxy", "--port=0", `--api-prefix=${launched.prefix}/`, "--append-server-path", ...flags]);
  expect(launched.prefix).toMatch(/^\/[0-9a-f]{32}$/);

  end(launched.child);

  expect(await once(launched.child, "exit")).toEqual([null, "SIGTERM"]);
  expect(await readdir(folder)).toEqual(["kubectl"]);
});

test("serves below a different random path each time when it uses a port", async () => {
  const [one, other] = [await launch(waiting, "win32"), await launch(waiting, "win32")];
  end(one.launched.child);
  end(other.launched.child);

  expect(one.launched.prefix).not.toBe(other.launched.prefix);
});

test("explains the shell when it is missing", () => {
  const error = Object.assign(new Error("spawn /bin/sh ENOENT"), { code: "ENOENT", path: "/bin/sh" });

  expect(startError(error)).toMatchObject({
    kind: "config",
    message: "/bin/sh cannot be started (ENOENT)",
    hint: "kubectl is started through /bin/sh. In a pod without kubectl, the plugin needs neither",
  });
});

test("rejects when the program cannot be started", async () => {
  const { failure } = launchProxy({ file: "/no/such/kubectl", flags: [], env: {}, stdin: "ignore", platform: "win32" });

  await expect(failure).rejects.toMatchObject({ kind: "config", message: "/no/such/kubectl cannot be started (ENOENT)" });
});

test("ends a program that has no pipes", () => {
  expect(() => end({ spawnfile: "/bin/sh" } as ChildProcess)).not.toThrow();
});

test("keeps a program running when the terminal is closed, which sends SIGHUP to each process", async () => {
  const args = ["-c", "kill -HUP $$; echo runs"];
  const child = watched({ file: "/bin/sh", args, env: process.env, stdin: "ignore", platform: "linux" });

  expect(child.stdout && (await text(child.stdout))).toBe("runs\n");
});
