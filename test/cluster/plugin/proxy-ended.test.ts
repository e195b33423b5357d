import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { kubectl } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** Starts the API server of another cluster, which records its requests. */
async function otherCluster() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const object = { kind: "Object", metadata: { name: "it", uid: "other", resourceVersion: "7" } };
    response.setHeader("content-type", "application/json").end(JSON.stringify(object));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Copies the kubeconfig, so that a test can edit it, and adds a second context `prod`. */
async function kubeconfigWith(prod: string) {
  const file = join(await mkdtemp(join(shell.folder, "kubeconfig-")), "config");
  await copyFile(shell.env["KUBECONFIG"] ?? "", file);
  const config = (...args: string[]) => kubectl(["config", ...args, `--kubeconfig=${file}`]);
  await config("set-cluster", "prod", `--server=${prod}`);
  await config("set-context", "prod", "--cluster=prod");
  return { file, config };
}

/** Ends the `kubectl proxy` that a process has started. It is a grandchild of that process. */
async function killProxyOf(pid: number): Promise<void> {
  const children = async (of: string) => (await promisify(execFile)("pgrep", ["-P", of]).catch(() => ({ stdout: "" }))).stdout.split("\n");
  const [shells, programs] = [await children(String(pid)), [] as string[]];
  for (const one of shells.filter(Boolean)) programs.push(...(await children(one)).filter(Boolean));
  expect(programs).toHaveLength(1);
  process.kill(Number(programs[0]), "SIGKILL");
}

test("ends with one error, and sends nothing to another cluster, when its proxy ends and another context is current", {
  timeout: 60_000,
}, async () => {
  const [namespace, prod] = [await newNamespace(), await otherCluster()];
  const { file, config } = await kubeconfigWith(prod.url);
  // Without pods, the run reads the namespace again every five seconds.
  const child = shell.start("kubectl-acr_secret", ["check", "--wait=1m", "-n", namespace], { env: { KUBECONFIG: file } });
  const run = ended(child);
  await new Promise((resolve) => setTimeout(resolve, 3000));

  await config("use-context", "prod");
  await killProxyOf(child.pid ?? 0);

  expect(await run).toEqual({ code: 2, stdout: "", stderr: "error: kubectl proxy ended\nhint: run the command again\n" });
  expect(prod.asked).toEqual([]);
});
