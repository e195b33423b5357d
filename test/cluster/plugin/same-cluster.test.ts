import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
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

/** Starts a run that has attached its Secret and continues, with another cluster present. */
async function started() {
  const [namespace, prod] = [await newNamespace(), await otherCluster()];
  const { file, config } = await kubeconfigWith(prod.url);
  const child = shell.start("kubectl-acr_secret", [...words.split(" "), "-n", namespace], { env: { KUBECONFIG: file } });
  const run = ended(child);
  const kept = () => kubectl(["get", "serviceaccount", "app", "-n", namespace, "-o", "jsonpath={.imagePullSecrets}"]);
  await vi.waitUntil(async () => (await kept()).includes("acr-myregistry"), { interval: 100, timeout: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { namespace, prod, config, child, run };
}

const words = "create --registry myregistry.azurecr.io --repository app/web --serviceaccount app --entra --keep";

test("removes what it created from the cluster that it began with when its proxy ends and another context is current", {
  timeout: 60_000,
}, async () => {
  const { namespace, prod, config, child, run } = await started();

  await config("use-context", "prod");
  await killProxyOf(child.pid ?? 0);
  child.kill("SIGINT");

  expect(await run).toMatchObject({ code: 0, stdout: expect.stringContaining("secret/acr-myregistry deleted\n") });
  expect(prod.asked).toEqual([]);
  expect(await kubectl(["get", "secrets", "-n", namespace, "-o", "name"])).toBe("");
});

test("sends nothing to another server when the context is edited and the proxy ends, and names the Secret that is left", {
  timeout: 60_000,
}, async () => {
  const { prod, config, child, run } = await started();

  const current = (await config("current-context")).trim();
  await config("set-context", current, "--cluster=prod");
  await killProxyOf(child.pid ?? 0);
  child.kill("SIGINT");

  expect(await run).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/names another server[\s\S]*secret\/acr-myregistry was not deleted/),
  });
  expect(prod.asked).toEqual([]);
});
