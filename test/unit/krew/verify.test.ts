import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { verify } from "../../../scripts/krew/verify.ts";
import { address, type Release, release, rows } from "../../krew/broken.ts";
import { newFolder } from "../../support/new-folder.ts";

/** Checks a release with this project's rules. */
async function judge({ file, text, archive }: Release, there = true) {
  const folder = await newFolder();
  const dist = join(folder, "dist");
  await mkdir(dist);
  await writeFile(join(folder, file), text);
  if (there) await writeFile(join(dist, basename(address)), archive);
  return verify(join(folder, file), dist);
}

test("accepts a valid manifest", async () => {
  expect(await judge(release())).toEqual({ problems: [], unseen: [] });
});

test("accepts files that are moved, one by name and more by a pattern", async () => {
  const files = [
    { from: "LICENSE", to: "legal/COPYING" },
    { from: "kubectl-*", to: "." },
  ];
  expect(await judge(release({ platform: { files } }))).toEqual({ problems: [], unseen: [] });
});

test("reports an archive that does not exist", async () => {
  expect(await judge(release(), false)).toEqual({ problems: [], unseen: [basename(address)] });
});

test("refuses a missing manifest", async () => {
  const problems = async (text: string) => (await judge({ ...release(), text })).problems;
  expect(await problems("")).toEqual(["fields: the manifest is not a mapping"]);
  expect(await problems("a: [")).toEqual([expect.stringMatching(/^yaml: /)]);
});

test.for(rows)("refuses $what in one line", async (row) => {
  expect((await judge(release(row))).problems).toEqual([expect.stringMatching(row.ours)]);
});
