import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { inCluster, inClusterTransport, podNamespace } from "../../../src/kube/in-cluster.ts";
import { newFolder } from "../../support/new-folder.ts";

const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

test("reads the token again for each request", async () => {
  const folder = await newFolder({ token: "first\n", "ca.crt": "" });
  const { headers } = await inClusterTransport(env, folder).open();

  expect(await headers()).toEqual({ authorization: "Bearer first" });
  await writeFile(`${folder}/token`, "second\n");
  expect(await headers()).toEqual({ authorization: "Bearer second" });
});

test("sends at most 16 requests at once", async () => {
  const folder = await newFolder({ token: "t", "ca.crt": "" });
  const { connect } = await inClusterTransport(env, folder).open();

  expect(connect.agent).toMatchObject({ maxSockets: 16 });
});

test("requires an address and a token of a pod", async () => {
  const folder = await newFolder({ token: "t" });

  expect(await inCluster(env, folder)).toBe(true);
  expect(await inCluster({}, folder)).toBe(false);
  expect(await inCluster(env, `${folder}/nope`)).toBe(false);
});

test("reads the namespace from POD_NAMESPACE, else from the mounted file", async () => {
  const folder = await newFolder({ namespace: "mounted" });

  expect(await podNamespace({ POD_NAMESPACE: "told" }, folder)).toBe("told");
  expect(await podNamespace({}, folder)).toBe("mounted");
  expect(await podNamespace({}, `${folder}/nope`)).toBeUndefined();
});
