import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { proxyTransport, servingAt, withoutRequestLog } from "../../../src/kube/proxy.ts";
import { newFolder } from "../../support/new-folder.ts";

/** Returns the transport of a kubectl that is a shell script. The printed lines of its stderr are kept. */
async function transportOf(script: string) {
  const folder = await newFolder();
  const file = join(folder, "kubectl");
  await writeFile(file, `#!/bin/sh\n${script}`);
  await chmod(file, 0o755);
  const shown: string[] = [];
  const transport = proxyTransport({
    file,
    flags: [],
    env: { PATH: process.env.PATH, TMPDIR: folder },
    stdin: "ignore",
    platform: "linux",
    stderr: { write: (text) => shown.push(text) },
  });
  onTestFinished(() => transport.close());
  return { folder, transport, shown };
}

test("closes at once and leaves no process when kubectl does not serve", async () => {
  const { folder, transport } = await transportOf("sleep 60\n");
  const opening = transport.open();
  opening.catch(() => {});

  await transport.close();

  await expect(opening).rejects.toMatchObject({ kind: "cancelled" });
  await vi.waitFor(async () => expect(await readdir(folder)).toEqual(["kubectl"]), { timeout: 5000 });
});

test("prints the prompt of a kubectl that does not serve yet", async () => {
  const { transport, shown } = await transportOf("echo 'sign in at https://x' >&2; sleep 60\n");

  transport.open().catch(() => {});

  await vi.waitFor(() => expect(shown.join("")).toBe("sign in at https://x\n"), { timeout: 5000 });
});

test("reports the stderr of a kubectl that ends at once only as the error", async () => {
  const { transport, shown } = await transportOf('echo "error: no such thing" >&2; exit 1\n');

  await expect(transport.open()).rejects.toMatchObject({ kind: "config", message: "no such thing" });
  expect(shown).toEqual([]);
});

test.for([
  { stdout: "Starting to serve on /tmp/x/s\n", at: "/tmp/x/s" },
  { stdout: "Starting to serve on 127.0.0.1:40213\n", at: "127.0.0.1:40213" },
  { stdout: "Starting to serve on /tmp/x", at: undefined },
])("reads the address $at from $stdout", ({ stdout, at }) => {
  expect(servingAt(stdout)).toBe(at);
});

const failed = "E1124 16:01:20.424189   22796 proxy_server.go:147] Error while proxying request:";

test.for([
  { stderr: "To sign in, enter the code ABC\n", shows: "To sign in, enter the code ABC\n", what: "a credential plugin's words" },
  { stderr: "Password: ", shows: "Password: ", what: "a question without a line's end" },
  { stderr: `${failed} EOF\n`, shows: "", what: "nothing for a logged request" },
  {
    stderr: `plugin: no\n${failed} exec\n\nIt looks like\nyou are\n`,
    shows: "plugin: no\n",
    what: "the lines before a log entry of several lines",
  },
  { stderr: `${failed} EOF\nW1124 16:01:21 1 x.go:1] mind\n`, shows: "W1124 16:01:21 1 x.go:1] mind\n", what: "other log entries" },
])("passes on $what of stderr", ({ stderr, shows }) => {
  expect(withoutRequestLog(stderr)).toBe(shows);
});
