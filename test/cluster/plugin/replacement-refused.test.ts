import { afterAll, expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { until } from "../../support/until.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const command = (namespace: string, more = "") =>
  `kubectl acr-secret create -n ${namespace} --registry myregistry --repository app/web --serviceaccount app ${more}`;

test("keeps a Secret when the server would reject its replacement", { timeout: 60_000 }, async () => {
  const namespace = await newNamespace();
  await kubectl(["create", "secret", "generic", "acr-myregistry", "--from-literal=color=blue", "-n", namespace]);
  const policy = { name: `no-pull-secrets-${namespace}` };
  const admission = "admissionregistration.k8s.io/v1";
  await create([
    {
      apiVersion: admission,
      kind: "ValidatingAdmissionPolicy",
      metadata: policy,
      spec: {
        matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["secrets"] }] },
        validations: [{ expression: "object.type != 'kubernetes.io/dockerconfigjson'", message: "no pull secrets here" }],
      },
    },
    {
      apiVersion: admission,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: policy,
      spec: {
        policyName: policy.name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
  ]);
  try {
    // The policy takes effect a moment after its creation.
    const probe = ["create", "secret", "docker-registry", "probe", "--docker-username=u", "--docker-password=p", "--dry-run=server"];
    await until(async () =>
      kubectl([...probe, "-n", namespace]).then(
        () => false,
        () => true,
      ),
    );

    const { stdout, stderr, code } = await shell.type(command(namespace, "--force"));

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/no pull secrets here/);
    expect(await getJson<Secret>("secret", "acr-myregistry", "-n", namespace)).toMatchObject({
      type: "Opaque",
      data: { color: "Ymx1ZQ==" },
    });
    expect(shell.azure.world.registries.flatMap(({ tokens }) => tokens).filter(({ name }) => name.startsWith(namespace))).toEqual([]);
  } finally {
    await kubectl(["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", policy.name]);
  }
});
