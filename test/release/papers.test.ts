import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { signingPrograms } from "../../sandbox/tools.ts";
import { dist } from "../../scripts/krew/generate.ts";
import { platforms } from "../../scripts/platforms.ts";

const run = promisify(execFile);
const stem = join(dist, `kubectl-acr_secret-v${packageJson.version}`);
const read = async (file: string) => JSON.parse(await readFile(file, "utf8"));

test("sha256sum finds every archive as SHA256SUMS says", async () => {
  const { stdout } = await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: dist });

  expect(stdout.trim().split("\n")).toEqual(platforms.map(({ name }) => `${stem.slice(dist.length + 1)}-${name}.tar.gz: OK`));
});

test("the bill of materials names Node, and whatever has its license in the archive", async () => {
  const { components } = await read(`${stem}.cdx.json`);
  const licenses = await readFile(join(dist, "linux-amd64", "THIRD_PARTY_LICENSES"), "utf8");
  const works = [...licenses.matchAll(/^=+\n(\S+ \S+)\n=+$/gm)].map(([, work]) => work);
  const named = components.map(({ name, version }: { name: string; version: string }) => `${name} ${version}`);

  expect(works.length).toBeGreaterThan(20);
  expect(named).toEqual(expect.arrayContaining(works.filter((work) => !work?.startsWith("Node.js "))));
  expect(named).toContain(`node ${works[0]?.split(" ")[1]}`);
  expect(named).toHaveLength(works.length + platforms.length);
});

test("cosign signs the provenance, verifies it without a network, and notices another archive", { timeout: 120_000 }, async () => {
  const folder = await guardedFolder("acr-secret-signing-");
  onTestFinished(() => folder.remove());
  const tools = await binaries({ need: signingPrograms });
  const env = { PATH: process.env["PATH"], HOME: folder.path, COSIGN_PASSWORD: "" };
  const cosign = (...args: string[]) => run(tools.program("cosign"), args, { cwd: folder.path, env });
  const archive = `${stem}-windows-arm64.tar.gz`;
  const bundle = ["--bundle", "provenance.sigstore.json"];
  const { predicateType } = await read(`${stem}.intoto.json`);

  await cosign("generate-key-pair");
  await cosign(
    "attest-blob",
    "--key",
    "cosign.key",
    "--statement",
    `${stem}.intoto.json`,
    ...bundle,
    "--use-signing-config=false",
    "--tlog-upload=false",
    "--yes",
  );
  const verify = (file: string) =>
    cosign("verify-blob-attestation", "--key", "cosign.pub", ...bundle, "--type", predicateType, "--insecure-ignore-tlog", file);

  expect((await verify(archive)).stderr).toContain("Verified OK");
  await expect(verify(join(dist, "SHA256SUMS"))).rejects.toThrow();
});
