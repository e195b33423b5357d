import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { binaries } from "../../sandbox/binaries.ts";
import { root } from "../../scripts/run.ts";

const folder = join(root, ".github/workflows");
const files = readdirSync(folder).map((name) => join(folder, name));

type Workflow = { jobs: Record<string, { steps: { uses?: string; run?: string }[] }> };
const steps = files.flatMap((file) => Object.values((load(readFileSync(file, "utf8")) as Workflow).jobs).flatMap((job) => job.steps));

test("passes actionlint with every workflow", async () => {
  const tools = await binaries({ need: ["actionlint"] });

  const { stdout } = await promisify(execFile)(tools.program("actionlint"), ["-shellcheck=", "-pyflakes=", ...files]);

  expect(stdout).toBe("");
});

test("pins every action by its commit, with the version in a comment", () => {
  const used = files.flatMap((file) => readFileSync(file, "utf8").split("\n")).filter((line) => /\buses:/.test(line));

  expect(used.length).toBeGreaterThan(5);
  expect(used.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

test("runs scripts of this checkout in every other step", () => {
  const lines = steps.flatMap(({ run }) => run ?? []);
  const scripts = lines.map((line) => /^npm run (\S+)/.exec(line)?.[1]);

  expect(scripts.filter(Boolean)).toEqual(expect.arrayContaining(["package", "krew", "release", "publish"]));
  for (const script of scripts) if (script) expect(Object.keys(packageJson.scripts)).toContain(script);
  expect(lines.filter((line) => !/^npm run |\.ci\/run(?: release)?$/.test(line))).toEqual([]);
});
