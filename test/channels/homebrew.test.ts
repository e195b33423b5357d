import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guardedFolder } from "../../sandbox/guard.ts";
import { type Archive, formula } from "../../scripts/release/homebrew.ts";

const home = await guardedFolder("acr-secret-brew-");
afterAll(() => home.remove());
const file = join(home.path, "kubectl-acr-secret.rb");
const run = promisify(execFile);

const targets = (["macos", "linux"] as const).flatMap((platform) => (["arm64", "x64"] as const).map((arch) => ({ platform, arch })));
const archives: Archive[] = targets.map((target, at) => ({
  target,
  uri: `https://github.com/o/r/releases/download/v1.2.3/kubectl-acr_secret-v1.2.3-${target.platform}-${target.arch}.tar.gz`,
  sha256: `${at}`.repeat(64),
}));
const said = { version: "1.2.3", homepage: "https://github.com/o/r", synopsis: 'Pull secrets for "Azure" #{1} \\ Registry' };

beforeAll(() => writeFile(file, formula(said, archives)));

test("parses the formula in Ruby without a warning", async () => {
  expect(await run("ruby", ["-wc", file])).toEqual({ stdout: "Syntax OK\n", stderr: "" });
});

test.for(archives)("fetches the archive of $target.platform, $target.arch and installs both programs", async ({ target, uri, sha256 }) => {
  const { stdout } = await run("ruby", ["-w", join(import.meta.dirname, "homebrew.rb"), target.platform, target.arch, file]);

  expect(JSON.parse(stdout)).toEqual({
    desc: said.synopsis,
    homepage: said.homepage,
    version: "1.2.3",
    license: "MIT",
    depends_on: "kubernetes-cli",
    url: uri,
    sha256,
    installed: ["kubectl-acr_secret", "kubectl_complete-acr_secret"],
  });
});
