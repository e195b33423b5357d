import { afterAll, expect, test } from "vitest";
import { manifest, objectOf } from "../../support/in-cluster-page.ts";
import { kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(async () => {
  await kubectl(["delete", "-f", "-", "--ignore-not-found", "--wait=false"], manifest);
  await shell.stop();
});

test("docs/in-cluster.md: applies the objects, and admission accepts the pod as restricted", async () => {
  await kubectl(["apply", "-f", "-"], manifest);
  const { template } = objectOf("CronJob").spec.jobTemplate.spec;
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "rotate", namespace: "acr-secret" }, spec: template.spec };

  expect(await kubectl(["create", "--dry-run=server", "-o", "name", "-f", "-"], JSON.stringify(pod))).toBe("pod/rotate\n");
});

test("docs/in-cluster.md: rotates with the rights of the ServiceAccount", { timeout: 60_000 }, async () => {
  await kubectl(["apply", "-f", "-"], manifest);
  const namespace = await newNamespace();
  const made = await shell.type(`kubectl acr-secret create --registry myregistry --repository app/web -n ${namespace}`);
  expect(made).toMatchObject({ code: 0 });

  const { code, stdout, stderr } = await shell.type(
    `kubectl acr-secret rotate --namespaces '${namespace}*' --older-than 0s --as system:serviceaccount:acr-secret:rotator`,
  );

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/forbidden|Warning/i) });
  expect(stdout).toMatch(/^secret\/acr-myregistry configured/m);
});
