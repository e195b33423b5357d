import { onTestFinished } from "vitest";
import { create, kubectl } from "./kubectl.ts";
import { until } from "./until.ts";

/** Rewrites the image of the first container of each new pod of a namespace, with a policy of the API server. */
export async function rewriting(namespace: string, image: string): Promise<void> {
  const api = { apiVersion: "admissionregistration.k8s.io/v1" };
  const name = `rewrite-${namespace}`;
  const expression = `[JSONPatch{op: "replace", path: "/spec/containers/0/image", value: "${image}"}]`;
  await create([
    {
      ...api,
      kind: "MutatingAdmissionPolicy",
      metadata: { name },
      spec: {
        matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }] },
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        mutations: [{ patchType: "JSONPatch", jsonPatch: { expression } }],
      },
    },
    {
      ...api,
      kind: "MutatingAdmissionPolicyBinding",
      metadata: { name },
      spec: {
        policyName: name,
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
  ]);
  onTestFinished(async () => {
    await kubectl(["delete", "mutatingadmissionpolicies,mutatingadmissionpolicybindings", name]);
  });
  // The API server needs a moment until the policy applies
  await until(async () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "probe", namespace },
      spec: { containers: [{ name: "a", image: "before" }] },
    };
    const printed = await kubectl(
      ["create", "-f", "-", "--dry-run=server", "-o", "jsonpath={.spec.containers[0].image}"],
      JSON.stringify(pod),
    );
    return printed === image;
  });
}
