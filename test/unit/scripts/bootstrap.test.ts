import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder } from "../../support/new-folder.ts";

const lock = "{}";
const hash = createHash("sha256").update(lock).digest("hex");

/** Runs the script in a checkout whose node_modules is a symbolic link to the packages of another checkout. */
async function run(stamp: string) {
  const folder = await newFolder();
  const [checkout, packages] = [join(folder, "checkout"), join(folder, "packages")];
  for (const path of [join(checkout, "scripts"), packages]) mkdirSync(path, { recursive: true });
  cpSync("scripts/bootstrap.mjs", join(checkout, "scripts/bootstrap.mjs"));
  writeFileSync(join(checkout, "package-lock.json"), lock);
  writeFileSync(join(checkout, "hello.ts"), 'process.stdout.write("hello" satisfies string);');
  writeFileSync(join(packages, ".installed"), stamp);
  symlinkSync(packages, join(checkout, "node_modules"), "junction");
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, "scripts/bootstrap.mjs"), join(checkout, "hello.ts")], {
    encoding: "utf8",
    env: { ...process.env, npm_execpath: "", PATH: "" },
  });
  return { status, stdout, stderr, packages: readdirSync(packages) };
}

test("keeps the packages behind a symbolic link when they differ from the lock file", async () => {
  expect(await run("other packages\n")).toEqual({
    status: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: node_modules is a symbolic link .*\n$/),
    packages: [".installed"],
  });
});

test("runs the script through a symbolic link when the packages are those of the lock file", async () => {
  expect(await run(`${hash} ${process.platform}-${process.arch}\n`)).toMatchObject({ status: 0, stdout: "hello", stderr: "" });
});
