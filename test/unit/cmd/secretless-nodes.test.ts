import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { distributions } from "../../../src/secretless/node-files.ts";
import { type as line, type World } from "../../support/in-process.ts";
import { folderOf } from "../../support/manifests/folder.ts";

const nodeFiles = (words: string, world: World = {}) => line(`secretless node-files ${words}`, world);

test.for(distributions)("prints files for %s that --verify accepts, and says what to check on a node", async (distribution) => {
  const { stdout, code } = await nodeFiles(`--for ${distribution}`);
  expect(code).toBe(0);
  expect(parseAllDocuments(stdout).every(({ errors }) => errors.length === 0)).toBe(true);
  expect(stdout).toContain("# Try one node first");

  const verified = await nodeFiles("--verify -", { stdin: stdout });
  expect(verified).toMatchObject({ code: 0, stdout: "stdin is valid\n" });
  expect(verified.stderr).toContain("KubeletServiceAccountTokenForCredentialProviders");
});

test("prints every problem of an edited file with its position", async () => {
  const { stdout } = await nodeFiles("--for k3s");
  const { type } = await folderOf({ "nodes.yaml": stdout.replace("cacheType", "cachetype") });
  expect(await type("secretless node-files --verify @/nodes.yaml")).toEqual({
    stdout: "",
    stderr: expect.stringMatching(
      /^error: \S+nodes.yaml:\d+:\d+: unknown field "providers\[0\].tokenAttributes.cachetype"\nerror: \S+nodes.yaml:\d+:\d+: providers\[0\].tokenAttributes.cacheType is required\n$/,
    ),
    code: 1,
  });
});

test.for([
  { words: "", error: /specify --for kubeadm\|k3s\|rke2\|kind\|talos, or --verify FILE/ },
  { words: "--for kops", error: /--for/ },
  { words: "--for k3s --verify -", error: /--for and --verify cannot be used together/ },
  { words: "--for k3s web", error: /node-files accepts no arguments/ },
])("rejects node-files $words", async ({ words, error }) => {
  expect(await nodeFiles(words)).toMatchObject({ stdout: "", stderr: expect.stringMatching(error), code: 1 });
});
