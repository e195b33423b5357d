import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { inCluster, inClusterTransport, podNamespace } from "../../../src/cluster/in-cluster.ts";

const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

async function podFolder(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/pod-`);
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  return folder;
}

test("reads the token again for each request", async () => {
  const folder = await podFolder({ token: "first\n", "ca.crt": "" });
  const { headers } = await inClusterTransport(env, folder).open();

  expect(await headers()).toEqual({ authorization: "Bearer first" });
  await writeFile(`${folder}/token`, "second\n");
  expect(await headers()).toEqual({ authorization: "Bearer second" });
});

test("requires an address and a token of a pod", async () => {
  const folder = await podFolder({ token: "t" });

  expect(await inCluster(env, folder)).toBe(true);
  expect(await inCluster({}, folder)).toBe(false);
  expect(await inCluster(env, `${folder}/nope`)).toBe(false);
});

test("reads the namespace from POD_NAMESPACE, else from the mounted file", async () => {
  const folder = await podFolder({ namespace: "mounted" });

  expect(await podNamespace({ POD_NAMESPACE: "told" }, folder)).toBe("told");
  expect(await podNamespace({}, folder)).toBe("mounted");
  expect(await podNamespace({}, `${folder}/nope`)).toBeUndefined();
});
