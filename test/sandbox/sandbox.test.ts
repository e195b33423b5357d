import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { guardedFolder } from "../../sandbox/guard.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { processesOf } from "../support/processes.ts";

test("gives kubectl and Azure's clients an environment when two sandboxes run", { timeout: 60_000 }, async () => {
  const lines: string[] = [];
  const started = performance.now();
  const [sandbox, other] = await Promise.all([startSandbox({ progress: (line) => lines.push(line) }), startSandbox()]);
  onTestFinished(sandbox.stop);
  onTestFinished(other.stop);
  console.log(`two sandboxes were ready after ${Math.round(performance.now() - started)} ms`);
  const sh = async ({ env }: Sandbox, command: string) => (await promisify(execFile)("sh", ["-c", command], { env })).stdout;

  expect(await sh(sandbox, "command -v kubectl")).toBe(`${sandbox.binaries.program("kubectl")}\n`);
  expect(await sh(sandbox, "kubectl auth whoami -o jsonpath={.status.userInfo.username}")).toBe("admin");
  expect(await sh(sandbox, "kubectl get serviceaccount default -o name")).toBe("serviceaccount/default\n");
  expect(await sh(other, "kubectl config view --minify -o jsonpath={.clusters[0].cluster.server}")).toBe(other.cluster.server);
  expect(Object.keys(sandbox.env)).toEqual(expect.arrayContaining(["HTTPS_PROXY", "SSL_CERT_FILE", "AZURE_CLIENT_ID"]));
  expect(`,${sandbox.env.NO_PROXY},`).toContain(",127.0.0.1,");
  expect(await sandbox.azure.push("myregistry.azurecr.io/app/web:1")).toMatch(/^sha256:/);
  expect(lines).toEqual(["starting Kubernetes, the registry and Azure"]);
});

test("leaves nothing when it is stopped, even twice", { timeout: 60_000 }, async () => {
  const sandbox = await startSandbox();
  await sandbox.azure.push("myregistry.azurecr.io/app/web:1");
  expect((await processesOf(sandbox.folder)).length).toBeGreaterThan(4);

  await sandbox.stop();
  await sandbox.stop();

  expect(existsSync(sandbox.folder)).toBe(false);
  expect(await processesOf(sandbox.folder)).toEqual([]);
});

test("leaves nothing when its start fails", { timeout: 60_000 }, async () => {
  const assets = await guardedFolder("sandbox-test-");
  onTestFinished(assets.remove);
  const broken = `#!/bin/sh\npwd >${assets.path}/cwd\necho 'no such flag'\nexit 1\n`;
  await writeFile(join(assets.path, "kube-apiserver"), broken, { mode: 0o755 });
  vi.stubEnv("KUBEBUILDER_ASSETS", assets.path);
  onTestFinished(() => void vi.unstubAllEnvs());

  await expect(startSandbox()).rejects.toThrow("kube-apiserver ended:\nno such flag");

  const folder = dirname((await readFile(join(assets.path, "cwd"), "utf8")).trim());
  expect(folder).toContain("acr-secret-sandbox-");
  expect(existsSync(folder)).toBe(false);
  expect(await processesOf(folder)).toEqual([]);
});
