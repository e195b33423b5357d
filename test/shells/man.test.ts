import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { manPages } from "../../scripts/man.ts";

const folder = await mkdtemp(join(tmpdir(), "man-"));
afterAll(() => rm(folder, { recursive: true }));
const pages = manPages();
for (const [name, text] of pages) await writeFile(join(folder, name), text);

const mandoc = (...args: readonly string[]) => promisify(execFile)("mandoc", args);

/** Returns mandoc's messages about a page, including style. mandoc exits with a nonzero code for anything worse than style. */
const lint = (path: string) =>
  mandoc("-T", "lint", path).then(
    ({ stdout }) => stdout,
    ({ stdout }: { readonly stdout: string }) => stdout,
  );

test.for([...pages.keys()])("passes mandoc with %s", async (name) => {
  expect(await lint(join(folder, name))).toBe("");
});

test("fails mandoc with a broken page", async () => {
  const path = join(folder, "bad.1");
  await writeFile(path, `${pages.get("kubectl-acr-secret.1")}.SH EMPTY\n.nosuch\n`);

  expect(await lint(path)).toContain("unknown macro");
});

test("prints a page with the text of the help", async () => {
  const { stdout } = await mandoc("-T", "ascii", "-O", "width=80", join(folder, "kubectl-acr-secret-check.1"));
  // A bold letter is printed twice, with a backspace in between.
  const shown = stdout.replaceAll(/.\x08/g, "");

  expect(shown).toContain("NAME\n       kubectl-acr-secret-check - Check whether pods can pull their images\n");
  expect(shown).toContain("SYNOPSIS\n       kubectl acr-secret check [NAME] [TARGET...] [options]\n");
  expect(shown).toContain("       -o, --output json|yaml|jsonl|junit|openmetrics|html|wide\n              Output format.\n");
  expect(shown).toContain("       Check the pods of all namespaces:\n\n              kubectl acr-secret check -A\n");
});
