import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { address, type Release, release, rows } from "./broken.ts";
import { openKrew } from "./krew.ts";

const user = await openKrew();
afterAll(() => user.stop());

/** Passes a release to Krew, or to the check of its index, which downloads the archive. */
async function give({ file, text, archive }: Release, to: string) {
  const folder = await mkdtemp(join(user.folder, "release-"));
  const manifest = join(folder, file);
  await writeFile(manifest, text);
  await writeFile(join(folder, "archive.tar.gz"), archive);
  user.releases.archives.set(address, archive);
  if (to === "validate-krew-manifest") return user.type(`validate-krew-manifest -manifest ${manifest}`);
  // Uses a new KREW_ROOT, so that nothing is installed yet.
  return user.type(`kubectl krew install --manifest ${manifest} --archive ${folder}/archive.tar.gz`, { KREW_ROOT: join(folder, "krew") });
}

test.for(["krew", "validate-krew-manifest"])("%s takes the manifest that nothing is broken in", async (to) => {
  expect(await give(release(), to)).toMatchObject({ code: 0 });
});

test.for(rows.filter(({ by }) => by !== "nobody"))("$by refuses $what", async (row) => {
  const { code, stderr } = await give(release(row), row.by);

  expect(stderr).toMatch(row.message ?? /^$/);
  expect(code).not.toBe(0);
});

test.for(rows.filter(({ by }) => by === "nobody"))("installs a manifest that Krew accepts: $what", async (row) => {
  expect(await give(release(row), row.by)).toMatchObject({ code: 0, stderr: expect.stringContaining("Installed plugin: ") });
});
