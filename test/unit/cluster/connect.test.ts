import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { connection } from "../../../src/cluster/connect.ts";

/** Returns the connection of a kubectl that hangs until a file `up` exists, and then prints a namespace. */
async function hanging({ requestTimeout = 0, signal }: { requestTimeout?: number; signal(): AbortSignal }) {
  const folder = await mkdtemp(`${tmpdir()}/connect-`);
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(`${folder}/kubectl`, `#!/bin/sh\n[ -e ${folder}/up ] || sleep 60\nprintf demo\n`, { mode: 0o755 });
  const link = connection({
    kube: { forward: [], requestTimeout },
    env: { PATH: process.env.PATH, KUBECTL_PATH: `${folder}/kubectl`, TMPDIR: folder },
    stdin: "ignore",
    stderr: { write: () => {} },
    platform: "linux",
    now: () => new Date(),
    signal,
  });
  onTestFinished(() => link.transport.close());
  return { link, comesUp: () => writeFile(`${folder}/up`, "") };
}

test("a namespace that kubectl does not tell is given up on", async () => {
  const { link } = await hanging({ requestTimeout: 50, signal: () => new AbortController().signal });

  await expect(link.namespace()).rejects.toMatchObject({ kind: "timeout" });
});

test("cancelling ends the wait for a namespace, and by another signal it is asked anew", async () => {
  let interrupt = new AbortController();
  const { link, comesUp } = await hanging({ signal: () => interrupt.signal });
  const asked = link.namespace();

  interrupt.abort();
  await expect(asked).rejects.toMatchObject({ kind: "cancelled" });

  interrupt = new AbortController();
  await comesUp();
  expect(await link.namespace()).toBe("demo");
});

test("closing a connection whose kubectl hangs waits for nothing", async () => {
  const { link } = await hanging({ signal: () => new AbortController().signal });
  const opening = link.transport.open();
  opening.catch(() => {});

  await link.transport.close();

  await expect(opening).rejects.toMatchObject({ kind: "cancelled" });
});
