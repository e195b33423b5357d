import { expect, test } from "vitest";
import { config, folderOf, pod } from "../../support/manifests/folder.ts";

test.for(["", " --write"])("prints the changes of each file and writes none when --diff%s", async (how) => {
  const { type, read } = await folderOf({ "a.yaml": pod("a").trimEnd(), "b.yaml": config, "c.yaml": pod("c").replaceAll("\n", "\r\n") });
  const hunks = [
    "--- @/a.yaml",
    "+++ @/a.yaml",
    "@@ -3,5 +3,7 @@",
    " metadata:",
    "   name: a",
    " spec:",
    "+  imagePullSecrets:",
    "+  - name: acr",
    "   containers:",
    "   - {name: web, image: web}",
    "\\ No newline at end of file",
    "--- @/c.yaml",
    "+++ @/c.yaml",
    "@@ -3,5 +3,7 @@",
    " metadata:",
    "   name: c",
    " spec:",
    "+  imagePullSecrets:",
    "+  - name: acr",
    "   containers:",
    "   - {name: web, image: web}",
  ];

  expect(await type(`attach acr -f @ --diff${how}`)).toEqual({ stdout: hunks.map((line) => `${line}\n`).join(""), stderr: "", code: 1 });
  expect(await type(`detach acr -f @ --diff${how}`)).toEqual({ stdout: "", stderr: "", code: 0 });
  expect(await read("a.yaml")).toBe(pod("a").trimEnd());
});

test("exits with 2 when --diff fails", async () => {
  const { type } = await folderOf({ "a.yaml": "a: {{ .Values.b }}\n" });

  expect(await type("attach acr -f @ --diff")).toMatchObject({ stdout: "", code: 2 });
  expect(await type("attach acr -f @/nowhere --diff")).toMatchObject({
    stderr: expect.stringMatching(/^error: the path "@\/nowhere" does not exist\nhint: /),
    code: 2,
  });
});
