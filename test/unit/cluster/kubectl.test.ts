import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { findKubectl } from "../../../src/cluster/kubectl.ts";

/** Creates three folders for PATH: one contains a folder named like the program, one a file that is not executable, one the program. */
async function path(): Promise<string> {
  const root = await mkdtemp(`${tmpdir()}/path-`);
  onTestFinished(() => rm(root, { recursive: true }));
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

test("the first program of that name on PATH is taken, and no folder", async () => {
  const root = await path();
  const folders = ["folder", "text", "program"].map((name) => `${root}/${name}`);

  expect(findKubectl({ PATH: folders.join(":") }, "linux")).toBe(`${root}/program/kubectl`);
  expect(findKubectl({ PATH: folders.slice(0, 2).join(":") }, "linux")).toBeUndefined();
});

test("the kubectl that runs us comes first, if it is one", async () => {
  const root = await path();
  const env = { PATH: `${root}/program` };

  expect(findKubectl({ ...env, KUBECTL_PATH: "/bin/sh" }, "linux")).toBe("/bin/sh");
  expect(findKubectl({ ...env, KUBECTL_PATH: `${root}/folder` }, "linux")).toBe(`${root}/program/kubectl`);
});
