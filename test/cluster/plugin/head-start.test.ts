import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** Creates a kubectl that records its arguments and then runs the real one. */
async function recordingKubectl() {
  const folder = await mkdtemp(join(shell.folder, "noting-"));
  const [file, notes] = [join(folder, "kubectl"), join(folder, "notes")];
  await writeFile(file, `#!/bin/sh\necho "$1" >> "${notes}"\nexec "$(PATH="${shell.env["PATH"]}" command -v kubectl)" "$@"\n`);
  await chmod(file, 0o755);
  const asked = async () => (await readFile(notes, "utf8").catch(() => "")).trim().split("\n").filter(Boolean);
  // Runs the plugin directly, because kubectl would set itself as the plugin's kubectl.
  const type = (command: string, env: Record<string, string> = {}) =>
    shell.type(`kubectl-acr_secret ${command}`, { env: { KUBECTL_PATH: file, ...env } });
  return { asked, type };
}

test.for([
  { typed: "list -A", asked: ["proxy"] },
  { typed: "list -A --cache-dir=unused", asked: ["proxy"] },
  { typed: "detach gone --serviceaccount default", asked: ["proxy"] },
  { typed: "list --help", asked: [] },
  { typed: "version --client", asked: [] },
])("starts kubectl for $typed: $asked", async ({ typed, asked }) => {
  const kubectl = await recordingKubectl();

  const { stderr } = await kubectl.type(typed);

  expect({ asked: await kubectl.asked(), stderr }).toEqual({ asked, stderr: expect.not.stringContaining("defect") });
});

test.for(["list", "list --context=none"])("names the variable to set when %s cannot create a folder for its socket", async (typed) => {
  const { code, stdout, stderr } = await (await recordingKubectl()).type(typed, { TMPDIR: "/no/such/folder" });

  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe("error: cannot create a folder in /no/such/folder (ENOENT)\nhint: set TMPDIR to a writable folder\n");
});
