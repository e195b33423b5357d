import { readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { machineFiles as files } from "../../../cmd/files.ts";
import { newFolder } from "../../support/new-folder.ts";

test("creates a file that only you can read, and removes it", async () => {
  const path = join(await newFolder(), "pod-demo-p.json");
  expect(await files.create(path, "hunter2\n")).toBe(true);
  expect(await readFile(path, "utf8")).toBe("hunter2\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await files.remove(path);
  await files.remove(path);
  expect(await files.look(path)).toBeUndefined();
});

test("creates no file when the path exists", async () => {
  const folder = await newFolder();
  const [path, link] = [join(folder, "a.json"), join(folder, "b.json")];
  await writeFile(path, "mine");
  await symlink(join(folder, "nowhere"), link);
  expect(await files.create(path, "other")).toBe(false);
  expect(await files.create(link, "other")).toBe(false);
  expect(await readFile(path, "utf8")).toBe("mine");
});

test("fails when a file cannot be created", async () => {
  const folder = await newFolder();
  await writeFile(join(folder, "file"), "");
  await expect(files.create(join(folder, "file", "a.json"), "x")).rejects.toMatchObject({
    kind: "config",
    message: `cannot write ${join(folder, "file", "a.json")}: ENOTDIR; nothing was written`,
  });
});
