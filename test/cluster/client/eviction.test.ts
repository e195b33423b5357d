import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Pod } from "../../../src/objects.ts";
import { create, kubectl, newNamespace, open, real } from "./opened.ts";

const labels = { app: "web" };

/** Creates a Deployment with one pod, which is running and ready according to its kubelet status. */
async function runningPod(namespace: string): Promise<string> {
  const spec = { nodeSelector: { nowhere: "true" }, containers: [{ name: "app", image: "registry.example/app" }] };
  const template = { metadata: { labels }, spec };
  const metadata = { name: "web", namespace };
  await create({ apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { selector: { matchLabels: labels }, template } });
  await kubectl(["wait", "--for=create", "pod", "-l", "app=web", "-n", namespace, "--timeout=20s"]);
  const name = await kubectl(["get", "pods", "-n", namespace, "-o", "jsonpath={.items[0].metadata.name}"]);
  const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  await kubectl(["patch", "pod", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status })]);
  return name;
}

test("evicts a pod only when no PodDisruptionBudget protects it", { timeout: 60_000 }, async () => {
  const namespace = await newNamespace();
  const name = await runningPod(namespace);
  const metadata = { name: "web", namespace };
  const budget = { minAvailable: 1, selector: { matchLabels: labels } };
  await create({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec: budget });
  await kubectl(["wait", "pdb/web", "--for=jsonpath={.status.currentHealthy}=1", "-n", namespace, "--timeout=20s"]);
  const cluster = open([], { sleep: async () => {} });
  const to = { kind: "pod", namespace, name } as const;
  const standing = async () => {
    const { uid = "", resourceVersion: version = "" } = ((await cluster.get(to)) as Pod).metadata;
    return { uid, version };
  };
  const before = await standing();

  const refused = await cluster.write(to, { evict: before }, real).catch((error: unknown) => error);

  expect(refused).toBeInstanceOf(CliError);
  expect((refused as CliError).message).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
  const after = await cluster.get(to);
  expect([after?.metadata.uid, after?.metadata.deletionTimestamp]).toEqual([before.uid, undefined]);

  await kubectl(["delete", "pdb", "web", "-n", namespace]);
  await cluster.write(to, { evict: await standing() }, real);
  expect((await cluster.get(to))?.metadata.uid).not.toBe(before.uid);
});
