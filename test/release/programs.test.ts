import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "pako";
import { expect, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { guardedFolder } from "../../sandbox/guard.ts";
import { tar } from "../../sandbox/tar.ts";
import { dist } from "../../scripts/krew/generate.ts";
import { baseOf } from "../../scripts/package/base.ts";
import { archiveName, platforms } from "../../scripts/platforms.ts";

/** The platform whose program also contains compiled code. The other programs have the same bundles. */
const largest = platforms.filter(({ name }) => name === "linux-amd64");

test.for(largest)("packs $name into at most 4 MB more than Node alone", { timeout: 240_000 }, async (platform) => {
  const node = await readFile((await baseOf(platform)).program);
  const alone = gzip(tar([{ name: platform.program, content: node, mode: 0o755 }]), { level: 9 });

  const { size } = await stat(join(dist, archiveName(platform.name, packageJson.version)));

  expect(size - alone.length).toBeLessThanOrEqual(4e6);
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
