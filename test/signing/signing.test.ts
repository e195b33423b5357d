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

const run = promisify(execFile);
const stem = join(dist, `kubectl-acr_secret-v${packageJson.version}`);
const read = async (file: string) => JSON.parse(await readFile(file, "utf8"));

test("signs and verifies the provenance with cosign, and rejects another archive", { timeout: 120_000 }, async () => {
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
