import { onTestFinished } from "vitest";
import { create, kubectl } from "./kubectl.ts";
import { until } from "./until.ts";

/** Adds the Secret `mine` to new pods of a namespace with the label `team=blue`. */
export async function adding(namespace: string): Promise<void> {
  const api = { apiVersion: "admissionregistration.k8s.io/v1" };
  const name = `add-${namespace}`;
  const value = 'Object.spec.imagePullSecrets{name: "mine"}';
  const expression = `has(object.spec.imagePullSecrets) ? [JSONPatch{op: "add", path: "/spec/imagePullSecrets/-", value: ${value}}] : [JSONPatch{op: "add", path: "/spec/imagePullSecrets", value: [${value}]}]`;
  const matchConstraints = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    objectSelector: { matchLabels: { team: "blue" } },
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
  };
  const mutations = [{ patchType: "JSONPatch", jsonPatch: { expression } }];
  const spec = { matchConstraints, failurePolicy: "Fail", reinvocationPolicy: "Never", mutations };
  await create([
    { ...api, kind: "MutatingAdmissionPolicy", metadata: { name }, spec },
    { ...api, kind: "MutatingAdmissionPolicyBinding", metadata: { name }, spec: { policyName: name } },
  ]);
  onTestFinished(async () => {
    await kubectl(["delete", "mutatingadmissionpolicies,mutatingadmissionpolicybindings", name]);
  });
  const probe = ["run", "probe", "-n", namespace, "--image", "x", "-l", "team=blue", "--dry-run=server", "-o", "yaml"];
  await until(async () => (await kubectl(probe)).includes("name: mine"));
}
