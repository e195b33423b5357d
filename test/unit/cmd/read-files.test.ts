import { execFileSync } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readDesired } from "../../../cmd/apply/read-files.ts";
import { machineFiles } from "../../../cmd/files.ts";
import { newFolder } from "../../support/new-folder.ts";

const named = (name: string) =>
  `{name: ${name}, namespace: a, registry: myregistry, pullSecrets: [{name: ${name}, namespace: a, repositories: [a]}]}`;

const read = (paths: readonly string[], stdin = "") =>
  readDesired(paths, { files: machineFiles, stdin: { read: () => Promise.resolve(stdin) } });

test("reads files, the files of a folder in order, and standard input, each once", async () => {
  const folder = await newFolder({
    "one.txt": named("one"),
    "teams/b.yml": named("b"),
    "teams/a.yaml": named("a"),
    "teams/c.json":
      '{"name": "c", "namespace": "a", "registry": "myregistry", "pullSecrets": [{"name": "c", "namespace": "a", "repositories": ["a"]}]}',
    "teams/README.md": "no YAML: [",
    "teams/inside/d.yaml": named("d"),
  });
  const one = join(folder, "one.txt");
  const teams = join(folder, "teams");
  const found = await read([one, teams, join(teams, "a.yaml"), "-"], named("z"));

  expect(found.map(({ name, entries }) => [name, entries[0]?.at])).toEqual([
    ["one", `${one}:1`],
    ["a", `${teams}/a.yaml:1`],
    ["b", `${teams}/b.yml:1`],
    ["c", `${teams}/c.json:1`],
    ["z", "stdin:1"],
  ]);
});

test.for<{ what: string; files: Readonly<Record<string, string>>; path: string; kind: string }>([
  { what: "a path that does not exist", files: {}, path: "teams.yaml", kind: "config" },
  { what: "a folder without files", files: { "teams/README.md": "" }, path: "teams", kind: "config" },
  { what: "an empty file", files: { "teams.yaml": "" }, path: "teams.yaml", kind: "invalid" },
  { what: "two files with one name", files: { "teams/a.yaml": named("a"), "teams/b.yaml": named("a") }, path: "teams", kind: "invalid" },
])("rejects $what, and names it", async ({ files, path, kind }) => {
  const folder = await newFolder(files);
  const message = expect.stringContaining(join(folder, path));

  await expect(read([join(folder, path)])).rejects.toMatchObject({ kind, message });
});

test("reads a linked file of a folder when the file is in the folder", async () => {
  const folder = await newFolder({ "..2026/a.yaml": named("a") });
  await symlink("..2026", join(folder, "..data"));
  await symlink("..data/a.yaml", join(folder, "a.yaml"));
  await symlink(folder, `${folder}/mounted`);

  for (const path of [folder, join(folder, "mounted")]) expect(await read([path])).toMatchObject([{ name: "a" }]);
});

test("rejects a link when its file is not in the folder", async () => {
  const folder = await newFolder({ "teams/a.yaml": named("a"), "teams-secret/b.yaml": named("b") });
  const link = join(folder, "teams", "b.yaml");
  await symlink("../teams-secret/b.yaml", link);

  await expect(read([join(folder, "teams")])).rejects.toMatchObject({
    kind: "config",
    message: `cannot read ${link}: it is a link out of the folder`,
  });
  expect(await read([link])).toMatchObject([{ name: "b" }]);
});

test.skipIf(process.platform === "win32")("rejects a FIFO of a folder when nothing writes to it", async () => {
  const folder = await newFolder({ "a.yaml": named("a") });
  execFileSync("mkfifo", [join(folder, "b.yaml")]);

  const message = `cannot read ${join(folder, "b.yaml")}: it is not a regular file`;
  await expect(read([folder])).rejects.toMatchObject({ kind: "config", message });
});

test("rejects empty standard input", async () => {
  await expect(read(["-"])).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("stdin:1:1") });
});
