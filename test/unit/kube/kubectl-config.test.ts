import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kubectlFacts } from "../../../src/kube/kubectl-config.ts";
import { newFolder } from "../../support/new-folder.ts";

/** Returns a kubectl that is a shell script. */
async function kubectl(script: string, ...flags: readonly string[]) {
  const file = join(await newFolder(), "kubectl");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return { file, flags, env: { PATH: process.env.PATH } };
}

const version = `echo '{"clientVersion":{"gitVersion":"v1.36.1"}}'`;

test("reads the version of kubectl and the context of its flags", async () => {
  expect(await kubectlFacts(await kubectl(version))).toEqual({ version: "v1.36.1", context: "" });
  expect(await kubectlFacts(await kubectl(version, "--context=test"))).toEqual({ version: "v1.36.1", context: "test" });
});

test("fails in kubectl's words when kubectl fails", async () => {
  await expect(kubectlFacts(await kubectl("echo 'no such plugin' >&2; exit 3"))).rejects.toMatchObject({
    kind: "config",
    message: "kubectl fails: no such plugin",
  });
});
