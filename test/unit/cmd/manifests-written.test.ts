import { chmod, link, lstat, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { machineFiles } from "../../../cmd/files.ts";
import { Interrupted } from "../../../src/errors.ts";
import { config, folderOf, names, pod } from "../../support/manifests/folder.ts";

test("changes the files in place when --write, prints the result of each object, and changes nothing in a second run", async () => {
  const { folder, type, read, names: all } = await folderOf({ "pod.yaml": pod("web"), "other.yaml": config, "real/two.yaml": pod("two") });
  await chmod(join(folder, "pod.yaml"), 0o640);
  await symlink("real/two.yaml", join(folder, "link.yaml"));
  await symlink("real/two.yaml", join(folder, "link2.yaml"));

  const dry = "pod/two patched (@/link.yaml) (dry run)\npod/two patched (@/link2.yaml) (dry run)\npod/web patched (@/pod.yaml) (dry run)\n";
  expect(await type("attach acr -f @ --write --dry-run=client")).toEqual({ stdout: dry, stderr: "", code: 0 });
  expect(await read("pod.yaml")).toBe(pod("web"));

  expect(await type("attach acr -f @ --write")).toEqual({ stdout: dry.replaceAll(" (dry run)", ""), stderr: "", code: 0 });
  expect(await read("pod.yaml")).toBe(pod("web", names));
  expect(await read("real/two.yaml")).toBe(pod("two", names));
  expect((await stat(join(folder, "pod.yaml"))).mode & 0o777).toBe(0o640);
  expect((await lstat(join(folder, "link.yaml"))).isSymbolicLink()).toBe(true);
  expect(await all()).toEqual(["link.yaml", "link2.yaml", "other.yaml", "pod.yaml", "real"]);

  const { mtimeMs } = await stat(join(folder, "pod.yaml"));
  expect(await type("attach acr -f @/pod.yaml --write")).toEqual({ stdout: "pod/web unchanged (@/pod.yaml)\n", stderr: "", code: 0 });
  expect((await stat(join(folder, "pod.yaml"))).mtimeMs).toBe(mtimeMs);
  expect(await type("detach acr -f @/pod.yaml --write")).toMatchObject({ stdout: "pod/web patched (@/pod.yaml)\n" });
  expect(await read("pod.yaml")).toBe(pod("web"));
});

test("writes a file that has several hard links once, and keeps its links and its mode", async () => {
  const { folder, type, read, names: all } = await folderOf({ "a.yaml": pod("web"), "other.yaml": pod("other") });
  await chmod(join(folder, "a.yaml"), 0o640);
  await link(join(folder, "a.yaml"), join(folder, "b.yaml"));
  const before = await stat(join(folder, "a.yaml"));

  const { code } = await type("attach acr -f @/a.yaml -f @/b.yaml -f @/other.yaml --write");

  const after = await Promise.all(["a.yaml", "b.yaml"].map((name) => stat(join(folder, name))));
  expect({ code, links: after.map(({ ino, nlink, mode }) => ({ ino, nlink, mode })) }).toEqual({
    code: 0,
    links: Array(2).fill({ ino: before.ino, nlink: 2, mode: before.mode }),
  });
  expect([await read("a.yaml"), await read("b.yaml"), await read("other.yaml")]).toEqual([
    pod("web", names),
    pod("web", names),
    pod("other", names),
  ]);
  expect(await all()).toEqual(["a.yaml", "b.yaml", "other.yaml"]);

  expect(await type("detach acr -f @/b.yaml --write")).toMatchObject({ code: 0 });
  expect(await read("a.yaml")).toBe(pod("web"));
});

test("writes one of several hard links to all of them", async () => {
  const { folder, type, read } = await folderOf({ "a.yaml": pod("web") });
  await link(join(folder, "a.yaml"), join(folder, "b.yaml"));

  expect(await type("attach acr -f @/a.yaml --write")).toMatchObject({ code: 0 });

  expect(await read("b.yaml")).toBe(pod("web", names));
});

test("writes no file when one cannot be read", async () => {
  const { type, read } = await folderOf({ "a.yaml": pod("a"), "b.yaml": "a: {{ .Values.b }}\n" });
  expect(await type("attach acr -f @ --write")).toEqual({
    stdout: "",
    stderr: "error: @/b.yaml:1:4: this is a template: render it first\nhint: helm template CHART | kubectl acr-secret attach SECRET -f -\n",
    code: 1,
  });
  expect(await read("a.yaml")).toBe(pod("a"));
});

test("writes no file when one changed after it was read", async () => {
  const { folder, type, read, names: all } = await folderOf({ "a.yaml": pod("a"), "b.yaml": pod("b") });
  const disk = machineFiles(() => new AbortController().signal);
  const late = {
    ...disk,
    replace: async (files: Parameters<typeof disk.replace>[0]) => {
      await writeFile(join(folder, "b.yaml"), config);
      return disk.replace(files);
    },
  };
  expect(await type("attach acr -f @ --write", { disk: late })).toEqual({
    stdout: "",
    stderr: "error: @/b.yaml has changed since it was read; nothing was written\n",
    code: 1,
  });
  expect(await read("a.yaml")).toBe(pod("a"));
  expect(await all()).toEqual(["a.yaml", "b.yaml"]);
});

test("writes nothing and leaves no other file when it is interrupted", async () => {
  const { folder, read, names: all } = await folderOf({ "a.yaml": pod("a") });
  const disk = machineFiles(() => AbortSignal.abort());
  const path = join(folder, "a.yaml");
  const before = Buffer.from(pod("a"));
  await expect(disk.replace([{ path, before, after: Buffer.from("x") }])).rejects.toEqual(new Interrupted());
  expect(await read("a.yaml")).toBe(pod("a"));
  expect(await all()).toEqual(["a.yaml"]);
});
