import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { guardedFolder } from "../../sandbox/guard.ts";
import { dist } from "../../scripts/krew/generate.ts";
import { archiveName } from "../../scripts/platforms.ts";

test("packs linux-amd64 into at most 40 MB", async () => {
  expect((await stat(join(dist, archiveName("linux-amd64", packageJson.version)))).size).toBeLessThanOrEqual(40e6);
});

test.for(["darwin-amd64", "darwin-arm64"])("signs each page of the program for %s, as Go's reader checks", async (name) => {
  const check = ["run", join(import.meta.dirname, "signature/main.go"), join(dist, name, "kubectl-acr_secret"), "kubectl-acr_secret"];

  expect((await promisify(execFile)("go", check)).stdout).toMatch(/^\d{5} pages, signed for kubectl-acr_secret\n$/);
});

test("rejects a page that was changed after it was signed", async () => {
  const folder = await guardedFolder("acr-secret-signed-");
  onTestFinished(() => folder.remove());
  const program = await readFile(join(dist, "darwin-arm64", "kubectl-acr_secret"));
  program.writeUInt8(program.readUInt8(5_000_000) ^ 1, 5_000_000);
  await writeFile(join(folder.path, "changed"), program);
  const check = ["run", join(import.meta.dirname, "signature/main.go"), join(folder.path, "changed"), "kubectl-acr_secret"];

  await expect(promisify(execFile)("go", check)).rejects.toThrow("page 1220 is not as it was signed");
});

test.for(["windows-amd64", "windows-arm64"])(
  "removes the signature of Node from the program for %s, because it is no longer valid",
  async (name) => {
    const program = await readFile(join(dist, name, "kubectl-acr_secret.exe"));
    const header = program.readUInt32LE(0x3c);

    expect(program.toString("latin1", header, header + 4)).toBe("PE\0\0");
    expect(program.readBigUInt64LE(header + 168)).toBe(0n);
  },
);
